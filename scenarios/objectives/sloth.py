"""Sloth's ``prometheus/v1`` files: several objectives of one service.

Source: Sloth ``pkg/prometheus/api/v1``; semantics 5.3. SLI plug-ins are not run: they are code.
"""

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field

from models.alerting.objectives.burn import Severity
from models.alerting.objectives.objective import (
    Alerting,
    ErrorRatio,
    Objective,
    Pairs,
    SeverityAlert,
)
from models.base.time import NS_PER_DAY, DurationNs
from scenarios.document.shapes import Section

_NAME = Annotated[str, Field(pattern=r"^[A-Za-z0-9][-A-Za-z0-9_.]*$", max_length=128)]
_TEXTS = dict[str, str]


class _EventsDoc(Section):
    error_query: str
    total_query: str


class _RawDoc(Section):
    error_ratio_query: str


class _SliDoc(Section):
    events: _EventsDoc | None = None
    raw: _RawDoc | None = None
    plugin: dict[str, Any] | None = None


class _SeverityDoc(Section):
    disable: bool = False
    labels: _TEXTS = Field(default_factory=dict)
    annotations: _TEXTS = Field(default_factory=dict)


class _AlertingDoc(Section):
    name: str = ""
    labels: _TEXTS = Field(default_factory=dict)
    annotations: _TEXTS = Field(default_factory=dict)
    page_alert: _SeverityDoc = Field(default_factory=_SeverityDoc)
    ticket_alert: _SeverityDoc = Field(default_factory=_SeverityDoc)


class SlothObjectiveDoc(Section):
    """One entry of ``slos``."""

    name: _NAME
    objective: float | int = Field(gt=0, lt=100, description="Percent of events that are good.")
    description: str = ""
    labels: _TEXTS = Field(default_factory=dict)
    sli: _SliDoc
    alerting: _AlertingDoc = Field(default_factory=_AlertingDoc)
    plugins: dict[str, Any] | None = None


class SlothDoc(Section):
    """A whole file."""

    version: Literal["prometheus/v1"]
    service: _NAME
    labels: _TEXTS = Field(default_factory=dict)
    slos: list[SlothObjectiveDoc] = Field(min_length=1)
    slo_plugins: dict[str, Any] | None = None


def objectives_of(document: SlothDoc, *, period_days: int = 30) -> tuple[Objective, ...]:
    """The file's objectives, in its order.

    Raises:
        ConfigError: an indicator is none, or asks for a plug-in.
    """
    return tuple(_objective(document, one, period_days * NS_PER_DAY) for one in document.slos)


def _objective(document: SlothDoc, one: SlothObjectiveDoc, period_ns: DurationNs) -> Objective:
    return Objective(
        service=document.service,
        name=one.name,
        target_percent=Fraction(str(one.objective)),
        error_ratio=_error_ratio(one.sli),
        period_ns=period_ns,
        description=one.description,
        labels=_pairs({**document.labels, **one.labels}),
        alerting=Alerting(
            name=one.alerting.name,
            labels=_pairs(one.alerting.labels),
            annotations=_pairs(one.alerting.annotations),
            page=_severity(Severity.PAGE, one.alerting.page_alert),
            ticket=_severity(Severity.TICKET, one.alerting.ticket_alert),
        ),
    )


def _error_ratio(sli: _SliDoc) -> ErrorRatio:
    if sli.events is not None and sli.raw is None:
        return ErrorRatio(
            errors=sli.events.error_query.strip(), total=sli.events.total_query.strip()
        )
    if sli.raw is not None and sli.events is None:
        return ErrorRatio(raw=sli.raw.error_ratio_query.strip())
    return ErrorRatio()


def _severity(severity: Severity, document: _SeverityDoc) -> SeverityAlert:
    return SeverityAlert(
        severity, document.disable, _pairs(document.labels), _pairs(document.annotations)
    )


def _pairs(texts: _TEXTS) -> Pairs:
    return tuple(texts.items())
