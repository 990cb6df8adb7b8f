"""Monitoring, alert rules and paging, as written."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from scenarios.document.anomalies import AnomalyDoc, LabelName
from scenarios.document.distributions import DistributionDoc
from scenarios.document.quantities import Duration, PositiveDuration, Ratio, mistake
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


class ObjectiveDoc(Section):
    """The share of requests that is to complete over ``window``; the rest is the error budget."""

    target: Annotated[Ratio, Field(ge=0, lt=1)] = 0.999
    window: PositiveDuration = 2_592_000_000_000_000


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


class OutageDoc(Section):
    """A time in which a receiver turns messages away; ``at`` counts from the start of measure."""

    at: Duration
    for_: PositiveDuration = Field(alias="for")


class ReceiverDoc(Section):
    """How a receiver's own system behaves: ``latency`` until it answers, outages, failures."""

    latency: DistributionDoc | None = None
    down: Several[OutageDoc] = ()
    fails: Annotated[Ratio, Field(le=1)] = 0.0


class SilenceDoc(Section):
    """Alerts that nobody wants to hear of for a while; ``at`` counts from the start of measure."""

    matchers: Annotated[Several[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    at: Duration = 0
    for_: PositiveDuration = Field(alias="for")
    comment: str = ""


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
    objective: ObjectiveDoc = ObjectiveDoc()
    external_labels: Annotated[
        dict[LabelName, str], Field(description="what templates know as $externalLabels")
    ] = Field(default_factory=dict)
    external_url: Annotated[str, Field(description="what templates know as externalURL")] = ""
    alertmanager: Annotated[
        str | None,
        Field(
            min_length=1, description="Alertmanager's own configuration file, in place of notify"
        ),
    ] = None
    alertmanager_zone: Annotated[
        Name | None,
        Field(description="Alertmanager has a node of its own there, and is sent alerts"),
    ] = None
    receivers: dict[str, ReceiverDoc] = Field(default_factory=dict)
    silences: Several[SilenceDoc] = ()
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
