"""A compiled expression, and its evaluation at an instant or over a range.

Source: semantics 1 and 2; prometheus promql/engine.go.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, TypeAlias

from models.base.errors import ConfigError
from models.base.time import NS_PER_MINUTE, DurationNs, TimeNs
from models.telemetry.labels import LabelSet
from models.telemetry.promql.compiler import compile_plan
from models.telemetry.promql.plan.moment import Moment
from models.telemetry.promql.plan.nodes import Plan, RangePlan, ScalarPlan, TextPlan, VectorPlan
from models.telemetry.series import LOOKBACK_NS, SeriesStore, VectorSample, Window

DEFAULT_STEP_NS = NS_PER_MINUTE
POINTS_MAX = 11_000


class ValueKind(Enum):
    """What an expression gives."""

    SCALAR = "scalar"
    TEXT = "string"
    VECTOR = "instant vector"
    RANGES = "range vector"


class RangeSeries(NamedTuple):
    """One line of a range query: the instants at which there was a value, and the values."""

    labels: LabelSet
    times: "array[int]"
    values: "array[float]"


Value: TypeAlias = float | str | tuple[VectorSample, ...] | tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """What a text says, ready to be evaluated any number of times on any store.

    Expressions of one text are equal, and a copy sent to another process is compiled there.

    ``reach_ns`` is how much older than the evaluation the oldest sample may be that it reads,
    with the default lookback; None when ``@`` pins an instant, so that every sample counts.
    """

    text: str
    plan: Plan = field(compare=False, repr=False)
    reach_ns: DurationNs | None = field(compare=False, repr=False)

    def __reduce__(self) -> tuple[Callable[[str], "Expression"], tuple[str]]:
        return compile_expression, (self.text,)

    @property
    def kind(self) -> ValueKind:
        """What it gives."""
        if isinstance(self.plan, ScalarPlan):
            return ValueKind.SCALAR
        if isinstance(self.plan, VectorPlan):
            return ValueKind.VECTOR
        return ValueKind.TEXT if isinstance(self.plan, TextPlan) else ValueKind.RANGES

    def instant(
        self,
        store: SeriesStore,
        *,
        now: TimeNs,
        lookback_ns: DurationNs = LOOKBACK_NS,
        step_ns: DurationNs = DEFAULT_STEP_NS,
    ) -> Value:
        """Evaluate at one instant; ``step_ns`` is the step of subqueries that name none.

        Vectors are in the order of their labels, except after ``sort``, ``topk`` and their kin.

        Raises:
            EvaluationError: the expression is not defined for the series that are there.
        """
        moment = Moment(store, now, now, now, lookback_ns, step_ns)
        plan = self.plan
        if isinstance(plan, VectorPlan):
            return tuple(plan.vector(moment))
        if isinstance(plan, ScalarPlan):
            return plan.number(moment)
        if isinstance(plan, RangePlan):
            return tuple(plan.ranges(moment).windows)
        return plan.text

    def vector(
        self,
        store: SeriesStore,
        *,
        now: TimeNs,
        lookback_ns: DurationNs = LOOKBACK_NS,
        step_ns: DurationNs = DEFAULT_STEP_NS,
    ) -> tuple[VectorSample, ...]:
        """Evaluate as a rule does: a number counts as one element without labels.

        Raises:
            ConfigError: the expression gives neither a vector nor a number.
            EvaluationError: the expression is not defined for the series that are there.
        """
        moment = Moment(store, now, now, now, lookback_ns, step_ns)
        plan = self.plan
        if isinstance(plan, VectorPlan):
            return tuple(plan.vector(moment))
        if isinstance(plan, ScalarPlan):
            return (VectorSample((), plan.number(moment)),)
        raise ConfigError(f"'{self.text}' gives a {self.kind.value}, no vector")

    def range(
        self,
        store: SeriesStore,
        *,
        start_ns: TimeNs,
        end_ns: TimeNs,
        step_ns: DurationNs,
        lookback_ns: DurationNs = LOOKBACK_NS,
        subquery_step_ns: DurationNs = DEFAULT_STEP_NS,
    ) -> tuple[RangeSeries, ...]:
        """Evaluate at ``start_ns`` and every step up to ``end_ns``; lines sorted by labels.

        Raises:
            ConfigError: the step is not positive, the end lies before the start, there would be
                more than 11,000 steps, or the expression gives neither a vector nor a number.
            EvaluationError: the expression is not defined for the series that are there.
        """
        if step_ns <= 0 or end_ns < start_ns:
            raise ConfigError("a range query needs a positive step and an end after its start")
        if (end_ns - start_ns) // step_ns >= POINTS_MAX:
            raise ConfigError(f"a range query has at most {POINTS_MAX} steps")
        plan = self.plan
        if not isinstance(plan, VectorPlan | ScalarPlan):
            raise ConfigError(f"'{self.text}' gives a {self.kind.value}, no vector")
        lines: dict[LabelSet, RangeSeries] = {}
        for time_ns in range(start_ns, end_ns + 1, step_ns):
            moment = Moment(store, time_ns, start_ns, end_ns, lookback_ns, subquery_step_ns)
            if isinstance(plan, VectorPlan):
                vector = plan.vector(moment)
            else:
                vector = [VectorSample((), plan.number(moment))]
            for labels, value in vector:
                line = lines.get(labels)
                if line is None:
                    line = lines[labels] = RangeSeries(labels, array("q"), array("d"))
                line.times.append(time_ns)
                line.values.append(value)
        return tuple(sorted(lines.values(), key=lambda line: line.labels))


def compile_expression(text: str) -> Expression:
    """Read an expression.

    Raises:
        ExpressionError: it is not valid PromQL, of wrong types, or uses what is not supported.
            Carries line, column and a caret.
    """
    plan, reach_ns = compile_plan(text)
    return Expression(text, plan, reach_ns)
