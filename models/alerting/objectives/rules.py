"""The rules that watch an objective: recordings of ratios and budgets, and burn-rate alerts.

Recorded are the error ratio over every window, the budget, how fast it burns and what is left.
Metric and label names are those of Sloth, so dashboards and routes made for it go on working.

Source: Sloth ``prometheus/v1``, its generated rules; semantics 5.3. Differs in the
``sloth_version`` and ``sloth_mode`` labels, which say who generated them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from models.alerting.objectives.burn import BurnWindow
from models.alerting.objectives.objective import Objective, Pairs, SeverityAlert
from models.alerting.prometheus_duration import format_prometheus_duration
from models.base.time import NS_PER_DAY, DurationNs

SPEC = "prometheus/v1"
GENERATOR = "foreshock"
_RATIO = "slo:sli_error:ratio_rate"
_SAME_OBJECTIVE = "on(sloth_id, sloth_slo, sloth_service) group_left"
_TITLE = (
    "({severity}) {{{{$labels.sloth_service}}}} {{{{$labels.sloth_slo}}}} SLO error budget burn"
    " rate is too fast."
)
_SUMMARY = (
    "{{{{$labels.sloth_service}}}} {{{{$labels.sloth_slo}}}} SLO error budget burn rate is over"
    " expected."
)


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule of a Prometheus rule file: ``record`` or ``alert`` is its ``kind``."""

    kind: str
    name: str
    expression: str
    labels: Pairs
    annotations: Pairs = ()


@dataclass(frozen=True, slots=True)
class RuleGroupText:
    """A named group of rules, as it is written to a file."""

    name: str
    rules: tuple[RuleText, ...]


def rule_groups(objective: Objective) -> tuple[RuleGroupText, ...]:
    """All groups of an objective; the one with alerts only if an alert is wanted."""
    groups = [
        RuleGroupText(f"sloth-slo-sli-recordings-{objective.id}", _ratios(objective)),
        RuleGroupText(f"sloth-slo-meta-recordings-{objective.id}", _metadata(objective)),
    ]
    alerts = _alerts(objective)
    if alerts:
        groups.append(RuleGroupText(f"sloth-slo-alerts-{objective.id}", alerts))
    return tuple(groups)


def _ratios(objective: Objective) -> tuple[RuleText, ...]:
    lengths = sorted(
        {length for window in objective.windows for length in (window.short_ns, window.long_ns)}
    )
    rules = []
    for length_ns in lengths:
        window = format_prometheus_duration(length_ns)
        expression = objective.error_ratio.over(window)
        labels = _labels(objective, sloth_window=window)
        rules.append(RuleText("record", f"{_RATIO}{window}", expression, labels))
    return (*rules, _ratio_of_period(objective, lengths[0]))


def _ratio_of_period(objective: Objective, shortest_ns: DurationNs) -> RuleText:
    """Averages the shortest window's recordings: a range as long as the period costs too much."""
    period = _days(objective.period_ns)
    shortest = f"{_RATIO}{format_prometheus_duration(shortest_ns)}{_selector(objective)}[{period}]"
    expression = (
        f"sum_over_time({shortest})\n/ ignoring (sloth_window)\ncount_over_time({shortest})"
    )
    labels = _labels(objective, sloth_window=period)
    return RuleText("record", f"{_RATIO}{period}", expression, labels)


def _metadata(objective: Objective) -> tuple[RuleText, ...]:
    selector, labels = _selector(objective), _labels(objective)
    target = _number(objective.target)
    shortest = format_prometheus_duration(min(window.short_ns for window in objective.windows))
    budget = f"/ {_SAME_OBJECTIVE}\nslo:error_budget:ratio{selector}"
    period = _days(objective.period_ns)
    recordings = (
        ("slo:objective:ratio", f"vector({target})"),
        ("slo:error_budget:ratio", f"vector(1-{target})"),
        ("slo:time_period:days", f"vector({objective.period_ns // NS_PER_DAY})"),
        ("slo:current_burn_rate:ratio", f"{_RATIO}{shortest}{selector}\n{budget}"),
        ("slo:period_burn_rate:ratio", f"{_RATIO}{period}{selector}\n{budget}"),
        (
            "slo:period_error_budget_remaining:ratio",
            f"1 - slo:period_burn_rate:ratio{selector}",
        ),
    )
    info = _labels(
        objective,
        sloth_mode=GENERATOR,
        sloth_objective=_number(objective.target_percent),
        sloth_spec=SPEC,
        sloth_version=GENERATOR,
    )
    return (
        *(RuleText("record", name, expression, labels) for name, expression in recordings),
        RuleText("record", "sloth_slo_info", "vector(1)", info),
    )


def _alerts(objective: Objective) -> tuple[RuleText, ...]:
    alerting = objective.alerting
    rules = []
    for alert in (alerting.page, alerting.ticket):
        windows = [one for one in objective.windows if one.severity is alert.severity]
        if alert.is_disabled or not windows:
            continue
        expression = "\nor\n".join(_burns(objective, window) for window in windows)
        name = alerting.name or f"{objective.id}-burns"
        rules.append(
            RuleText(
                "alert",
                name,
                expression,
                _merged(alerting.labels, alert.labels, sloth_severity=str(alert.severity)),
                _annotations(objective, alert),
            )
        )
    return tuple(rules)


def _burns(objective: Objective, window: BurnWindow) -> str:
    """Both windows above the threshold, strictly."""
    selector = _selector(objective)
    threshold = _number(window.threshold(objective.period_ns))
    limit = f"({threshold} * {_number(objective.budget)})"
    sides = [
        f"    max({_RATIO}{format_prometheus_duration(length)}{selector} > {limit})"
        " without (sloth_window)"
        for length in (window.short_ns, window.long_ns)
    ]
    return "(\n" + "\n    and\n".join(sides) + "\n)"


def _annotations(objective: Objective, alert: SeverityAlert) -> Pairs:
    shared: Mapping[str, str] = {
        "summary": _SUMMARY.format(),
        "title": _TITLE.format(severity=alert.severity),
    }
    return _merged(tuple(shared.items()), objective.alerting.annotations, alert.annotations)


def _labels(objective: Objective, **more: str) -> Pairs:
    return _merged(
        objective.labels,
        sloth_id=objective.id,
        sloth_service=objective.service,
        sloth_slo=objective.name,
        **more,
    )


def _merged(*pairs: Pairs, **more: str) -> Pairs:
    """Sorted by name; what comes later wins."""
    merged: dict[str, str] = {}
    for some in pairs:
        merged.update(some)
    merged.update(more)
    return tuple(sorted(merged.items()))


def _selector(objective: Objective) -> str:
    return (
        f'{{sloth_id="{objective.id}", sloth_service="{objective.service}",'
        f' sloth_slo="{objective.name}"}}'
    )


def _days(period_ns: DurationNs) -> str:
    return f"{period_ns // NS_PER_DAY}d"


def _number(value: Fraction) -> str:
    """Shortest decimal that a float reads back, without an exponent where that is short."""
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)
