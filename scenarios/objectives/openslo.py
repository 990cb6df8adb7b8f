"""OpenSLO v1 documents: SLOs with their indicators, in one file of several documents.

Understood are the kinds SLO and SLI with ratio and threshold metrics on a Prometheus source,
rolling windows of whole days, and objectives by occurrences. The other kinds are read past:
whom to tell is the affair of the alert router.

Source: OpenSLO specification v1; semantics 5.4.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field

from models.alerting.objectives.budgeting import Budgeting
from models.alerting.objectives.objective import WINDOW_PLACEHOLDER, ErrorRatio, Objective
from models.base.errors import ConfigError
from models.base.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, DurationNs
from scenarios.document.shapes import Section

_NAME = Annotated[str, Field(pattern=r"^[A-Za-z0-9][-A-Za-z0-9_.]*$", max_length=128)]
_UNITS = {
    "m": NS_PER_MINUTE,
    "h": NS_PER_HOUR,
    "d": NS_PER_DAY,
    "w": 7 * NS_PER_DAY,
    "M": 30 * NS_PER_DAY,
    "Q": 90 * NS_PER_DAY,
    "Y": 365 * NS_PER_DAY,
}
_OPERATORS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


class MetadataDoc(Section):
    """What every document says of itself."""

    name: _NAME
    displayName: str = ""  # noqa: N815 - OpenSLO's own spelling
    labels: dict[str, Any] = Field(default_factory=dict)
    annotations: dict[str, Any] = Field(default_factory=dict)


class MetricSourceDoc(Section):
    """Where a number comes from: PromQL in ``spec.query``."""

    metricSourceRef: str = ""  # noqa: N815
    type: str = "Prometheus"
    spec: dict[str, Any]


class MetricDoc(Section):
    """One number."""

    metricSource: MetricSourceDoc  # noqa: N815


class RatioDoc(Section):
    """Good or bad events of all, or the ratio itself."""

    counter: bool = True
    good: MetricDoc | None = None
    bad: MetricDoc | None = None
    total: MetricDoc | None = None
    raw: MetricDoc | None = None
    rawType: Literal["success", "failure"] | None = None  # noqa: N815


class IndicatorSpecDoc(Section):
    """What is measured."""

    description: str = ""
    ratioMetric: RatioDoc | None = None  # noqa: N815
    thresholdMetric: MetricDoc | None = None  # noqa: N815


class IndicatorDoc(Section):
    """A document of kind SLI, or an indicator written inside an SLO."""

    apiVersion: Literal["openslo/v1"] = "openslo/v1"  # noqa: N815
    kind: Literal["SLI"] = "SLI"
    metadata: MetadataDoc
    spec: IndicatorSpecDoc


class WindowDoc(Section):
    """Over what time the budget is counted."""

    duration: str
    isRolling: bool = True  # noqa: N815
    calendar: dict[str, Any] | None = None


class TargetDoc(Section):
    """One target; with a threshold metric also what is good: ``op`` and ``value``."""

    displayName: str = ""  # noqa: N815
    op: Literal["lt", "lte", "gt", "gte"] | None = None
    value: float | int | None = None
    target: float | int | None = Field(default=None, ge=0, lt=1)
    targetPercent: float | int | None = Field(default=None, ge=0, lt=100)  # noqa: N815
    timeSliceTarget: float | int | None = Field(default=None, gt=0, le=1)  # noqa: N815
    timeSliceWindow: str | int | None = None  # noqa: N815
    compositeWeight: float | int = 1  # noqa: N815
    indicator: dict[str, Any] | None = None
    indicatorRef: str | None = None  # noqa: N815


class ObjectiveSpecDoc(Section):
    """What must be good, how much of it, over what time."""

    description: str = ""
    service: _NAME
    indicator: IndicatorDoc | None = None
    indicatorRef: str | None = None  # noqa: N815
    timeWindow: list[WindowDoc] = Field(min_length=1, max_length=1)  # noqa: N815
    budgetingMethod: Budgeting = Field(strict=False)  # noqa: N815
    objectives: list[TargetDoc] = Field(min_length=1)
    alertPolicies: list[Any] = Field(default_factory=list)  # noqa: N815


class ObjectiveDoc(Section):
    """A document of kind SLO."""

    apiVersion: Literal["openslo/v1"]  # noqa: N815
    kind: Literal["SLO"]
    metadata: MetadataDoc
    spec: ObjectiveSpecDoc


def objectives_of(
    document: ObjectiveDoc, indicators: Mapping[str, IndicatorDoc]
) -> tuple[Objective, ...]:
    """One objective for each target of the document; ``indicators`` are the file's by name.

    Raises:
        ConfigError: something is missing, or of a sort that rules cannot watch; says which.
    """
    spec, name = document.spec, document.metadata.name
    if spec.budgetingMethod is not Budgeting.OCCURRENCES:
        raise ConfigError(f"{name}: rules can watch Occurrences, not {spec.budgetingMethod}")
    period_ns = _period(name, spec.timeWindow[0])
    indicator = _indicator(name, spec, indicators)
    return tuple(
        Objective(
            service=spec.service,
            name=name if len(spec.objectives) == 1 else f"{name}-{number}",
            target_percent=_percent(name, target),
            error_ratio=_error_ratio(name, indicator, target),
            period_ns=period_ns,
            description=spec.description,
        )
        for number, target in enumerate(spec.objectives)
    )


def _indicator(
    name: str, spec: ObjectiveSpecDoc, indicators: Mapping[str, IndicatorDoc]
) -> IndicatorSpecDoc:
    if (spec.indicator is None) == (spec.indicatorRef is None):
        raise ConfigError(f"{name}: give an indicator or an indicatorRef")
    if spec.indicator is not None:
        return spec.indicator.spec
    assert spec.indicatorRef is not None
    if spec.indicatorRef not in indicators:
        raise ConfigError(f"{name}: no SLI named '{spec.indicatorRef}' in this file")
    return indicators[spec.indicatorRef].spec


def _percent(name: str, target: TargetDoc) -> Fraction:
    if (target.target is None) == (target.targetPercent is None):
        raise ConfigError(f"{name}: give a target or a targetPercent")
    if target.target is not None:
        return Fraction(str(target.target)) * 100
    return Fraction(str(target.targetPercent))


def _period(name: str, window: WindowDoc) -> DurationNs:
    if not window.isRolling or window.calendar is not None:
        raise ConfigError(f"{name}: rules can watch rolling windows, not calendar ones")
    count, unit = window.duration[:-1], window.duration[-1:]
    if not count.isascii() or not count.isdigit() or unit not in _UNITS:
        raise ConfigError(f"{name}: '{window.duration}' is no duration such as 30d or 4w")
    return int(count) * _UNITS[unit]


def _error_ratio(name: str, indicator: IndicatorSpecDoc, target: TargetDoc) -> ErrorRatio:
    ratio, threshold = indicator.ratioMetric, indicator.thresholdMetric
    if (ratio is None) == (threshold is None):
        raise ConfigError(f"{name}: an indicator has a ratioMetric or a thresholdMetric")
    if ratio is not None:
        return _of_events(name, ratio)
    assert threshold is not None
    if target.op is None or target.value is None:
        raise ConfigError(f"{name}: with a thresholdMetric the objective needs op and value")
    query = _query(name, threshold)
    is_bad = f"({query}) {_OPERATORS[target.op]} bool {float(target.value)!r}"
    return ErrorRatio(raw=f"1 - avg_over_time(({is_bad})[{WINDOW_PLACEHOLDER}:])")


def _of_events(name: str, ratio: RatioDoc) -> ErrorRatio:
    if ratio.raw is not None:
        query = _query(name, ratio.raw)
        averaged = f"avg_over_time(({query})[{WINDOW_PLACEHOLDER}:])"
        return ErrorRatio(raw=averaged if ratio.rawType == "failure" else f"1 - {averaged}")
    if ratio.total is None or (ratio.good is None) == (ratio.bad is None):
        raise ConfigError(f"{name}: a ratioMetric needs total, and good or bad")
    total = _counted(_query(name, ratio.total), is_counter=ratio.counter)
    if ratio.bad is not None:
        bad = _counted(_query(name, ratio.bad), is_counter=ratio.counter)
        return ErrorRatio(errors=bad, total=total)
    assert ratio.good is not None
    good = _counted(_query(name, ratio.good), is_counter=ratio.counter)
    return ErrorRatio(errors=f"({total})\n-\n({good})", total=total)


def _counted(query: str, *, is_counter: bool) -> str:
    """Events in the window; a query that has the placeholder says itself how they are counted."""
    if WINDOW_PLACEHOLDER in query:
        return query
    verb = "increase" if is_counter else "sum_over_time"
    is_selector = query.replace("_", "").replace(":", "").isalnum() or query.endswith("}")
    inner = query if is_selector else f"({query})"
    colon = "" if is_selector else ":"
    return f"sum({verb}({inner}[{WINDOW_PLACEHOLDER}{colon}]))"


def _query(name: str, metric: MetricDoc) -> str:
    source = metric.metricSource
    if source.type.casefold() != "prometheus":
        raise ConfigError(f"{name}: metrics come from Prometheus, not from {source.type}")
    query = source.spec.get("query", source.spec.get("promql"))
    if not isinstance(query, str) or not query.strip():
        raise ConfigError(f"{name}: the metric source has no query")
    return query.strip()
