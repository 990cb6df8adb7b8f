"""Function calls as nodes."""

from math import pi
from typing import NamedTuple

from models.base.errors import ValueSyntaxError
from models.telemetry.labels import METRIC_NAME, LabelSet, label_set, label_value
from models.telemetry.matchers import MatchOp, Selector
from models.telemetry.promql.catalogue import (
    BETWEEN_EDGES,
    CALENDAR,
    ELEMENTWISE,
    KEEP_NAMES,
    OVER_WINDOWS,
)
from models.telemetry.promql.functions.texts import natural_order
from models.telemetry.promql.plan.aggregation import greatest_first, least_first
from models.telemetry.promql.plan.elements import Mapped, Sorted, Timestamps, VectorOf
from models.telemetry.promql.plan.leaves import (
    EvaluationTime,
    InstantSelector,
    Number,
    RangeSelector,
)
from models.telemetry.promql.plan.moment import Place
from models.telemetry.promql.plan.nodes import Plan, RangePlan, ScalarPlan, TextPlan, VectorPlan
from models.telemetry.promql.plan.scalars import OnlyElement
from models.telemetry.promql.plan.special import (
    Absent,
    HistogramQuantile,
    LabelJoined,
    LabelReplaced,
)
from models.telemetry.promql.plan.windows import BetweenEdges, OverWindows
from models.telemetry.promql.syntax.cursor import Cursor
from models.telemetry.promql.syntax.tokens import Token
from models.telemetry.regex import compile_anchored
from models.telemetry.series import VectorSample

_SORTS = {"sort": least_first, "sort_desc": greatest_first}


class Argument(NamedTuple):
    """A compiled argument and the token it begins with."""

    plan: Plan
    token: Token


class Call(NamedTuple):
    """A call whose arguments are compiled; types and numbers of them are as they should be."""

    name: str
    arguments: tuple[Argument, ...]
    place: Place
    cursor: Cursor

    @property
    def scalars(self) -> tuple[ScalarPlan, ...]:
        """The arguments that are numbers."""
        plans = (argument.plan for argument in self.arguments)
        return tuple(plan for plan in plans if isinstance(plan, ScalarPlan))

    @property
    def texts(self) -> tuple[str, ...]:
        """The arguments that are strings."""
        plans = (argument.plan for argument in self.arguments)
        return tuple(plan.text for plan in plans if isinstance(plan, TextPlan))

    @property
    def vectors(self) -> tuple[VectorPlan, ...]:
        """The arguments that are instant vectors."""
        plans = (argument.plan for argument in self.arguments)
        return tuple(plan for plan in plans if isinstance(plan, VectorPlan))

    @property
    def ranges(self) -> tuple[RangePlan, ...]:
        """The arguments that are range vectors."""
        plans = (argument.plan for argument in self.arguments)
        return tuple(plan for plan in plans if isinstance(plan, RangePlan))


def build_call(call: Call) -> Plan | None:
    """The node of a call, None if the function is not supported.

    Raises:
        ExpressionError: an argument is a text that the function cannot use.
    """
    name = call.name
    if name in BETWEEN_EDGES:
        return BetweenEdges(BETWEEN_EDGES[name], call.ranges[0], call.place)
    if name in OVER_WINDOWS:
        function, keeps_name = OVER_WINDOWS[name], name in KEEP_NAMES
        return OverWindows(function, call.ranges[0], call.scalars, keeps_name, call.place)
    if name in ELEMENTWISE:
        return Mapped(ELEMENTWISE[name], call.vectors[0], call.scalars, call.place)
    if name in CALENDAR:
        source = call.vectors[0] if call.vectors else VectorOf(EvaluationTime())
        return Mapped(CALENDAR[name], source, (), call.place)
    return _of_scalars(call) or _of_labels(call) or _of_vectors(call)


def _of_scalars(call: Call) -> Plan | None:
    match call.name:
        case "time":
            return EvaluationTime()
        case "pi":
            return Number(pi)
        case "scalar":
            return OnlyElement(call.vectors[0])
        case "vector":
            return VectorOf(call.scalars[0])
        case _:
            return None


def _of_vectors(call: Call) -> Plan | None:
    if call.name in _SORTS:
        return Sorted(_SORTS[call.name], call.vectors[0])
    match call.name:
        case "timestamp":
            return _timestamps(call)
        case "histogram_quantile":
            return HistogramQuantile(call.scalars[0], call.vectors[0], call.place)
        case "absent" | "absent_over_time":
            source: VectorPlan | RangePlan = call.vectors[0] if call.vectors else call.ranges[0]
            return Absent(source, _missing(source))
        case _:
            return None


def _of_labels(call: Call) -> Plan | None:
    match call.name:
        case "label_replace":
            return _label_replace(call)
        case "label_join":
            target, separator, *origins = call.texts
            _check_label(target, call)
            return LabelJoined(call.vectors[0], target, separator, tuple(origins), call.place)
        case "sort_by_label" | "sort_by_label_desc":
            return _sorted_by_label(call)
        case _:
            return None


def _timestamps(call: Call) -> VectorPlan:
    source = call.vectors[0]
    if isinstance(source, InstantSelector):
        return Timestamps(source, call.place)
    return Mapped(lambda _value, now_s: now_s, source, (EvaluationTime(),), call.place)


def _label_replace(call: Call) -> VectorPlan:
    target, replacement, origin, regex = call.texts
    _check_label(target, call)
    try:
        pattern = compile_anchored(regex)
    except ValueSyntaxError as refusal:
        raise call.cursor.refusal(str(refusal), call.arguments[-1].token) from refusal
    return LabelReplaced(call.vectors[0], target, replacement, origin, pattern, call.place)


def _check_label(target: str, call: Call) -> None:
    if not target:
        reason = f"invalid destination label name in {call.name}(): {target}"
        raise call.cursor.refusal(reason, call.arguments[1].token)


def _sorted_by_label(call: Call) -> VectorPlan:
    names = call.texts

    def key(sample: VectorSample) -> tuple[object, LabelSet]:
        values = tuple(natural_order(label_value(sample.labels, name)) for name in names)
        return values, sample.labels

    return Sorted(key, call.vectors[0], reverse=call.name.endswith("_desc"))


def _missing(source: VectorPlan | RangePlan) -> LabelSet:
    """What the matchers say about series that are not there.

    Only ``=`` says something, and nothing does about a label that has a second matcher.
    """
    if not isinstance(source, InstantSelector | RangeSelector):
        return ()
    return _told_by(source.selector)


def _told_by(selector: Selector) -> LabelSet:
    told: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in selector.matchers:
        if matcher.name == METRIC_NAME:
            continue
        if matcher.op is MatchOp.EQUAL and matcher.name not in seen:
            told[matcher.name] = matcher.value
            seen.add(matcher.name)
        else:
            told.pop(matcher.name, None)
    return label_set(told)
