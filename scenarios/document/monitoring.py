"""Monitoring, alert rules and paging, as written."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from scenarios.document.anomalies import AnomalyDoc
from scenarios.document.quantities import Duration, PositiveDuration, mistake
from scenarios.document.shapes import Name, Section, Several
from scenarios.source.problems import quoted


class ScrapeDoc(Section):
    """How often every instance is asked for its metrics, and how long the answer may take."""

    interval: PositiveDuration = 15_000_000_000
    timeout: PositiveDuration = 10_000_000_000


class NotifyDoc(Section):
    """Who is paged, and how alerts are bundled."""

    receiver: Annotated[str, Field(min_length=1)] = "on-call"
    group_by: Several[Annotated[str, Field(min_length=1)]] = ()
    group_wait: Duration = 30_000_000_000
    group_interval: PositiveDuration = 300_000_000_000
    repeat_interval: PositiveDuration = 14_400_000_000_000
    send_resolved: bool = True
    resolve_timeout: PositiveDuration = 300_000_000_000


def _rules(value: object) -> object:
    if isinstance(value, str | dict):
        return value
    raise mistake(f"expected a file such as rules/*.yml or a rule group, got {quoted(value)}")


RulesDoc = Annotated[
    Any,
    BeforeValidator(_rules),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "description": "rule files, * and ? match"},
                {
                    "type": "object",
                    "description": "a Prometheus rule group",
                    "required": ["name", "rules"],
                    "properties": {
                        "name": {"type": "string"},
                        "interval": {"type": "string"},
                        "rules": {"type": "array", "items": {"type": "object"}},
                    },
                },
            ]
        }
    ),
]


class AlertingDoc(Section):
    """Where monitoring sits, how often it looks, its rules and whom it pages.

    The fields of one inline rule group are checked by the reader of rule files, as they would be
    in a file of their own. ``present_as`` shows the metrics of the world under other names too.
    """

    zone: Name
    scrape: ScrapeDoc = ScrapeDoc()
    evaluation: PositiveDuration = 15_000_000_000
    lookback: PositiveDuration = 300_000_000_000
    resend_delay: PositiveDuration = 60_000_000_000
    rules: Several[RulesDoc] = ()
    anomalies: Several[AnomalyDoc] = ()
    notify: NotifyDoc = NotifyDoc()
    alertmanager: Annotated[
        str | None,
        Field(
            min_length=1, description="Alertmanager's own configuration file, in place of notify"
        ),
    ] = None
    present_as: Several[
        Annotated[
            str,
            Field(
                min_length=1,
                description="istio, envoy, haproxy, node-exporter, kube-state-metrics,"
                " or a mapping file such as ./metrics.yml",
            ),
        ]
    ] = ()
