"""Subqueries: an instant vector evaluated at every multiple of a step within a range."""

from array import array
from dataclasses import dataclass

from models.base.time import DurationNs
from models.telemetry.labels import LabelSet, without_metric_name
from models.telemetry.promql.plan.leaves import Shift
from models.telemetry.promql.plan.moment import EvaluationError, Moment, Place, Ranges, Span
from models.telemetry.promql.plan.nodes import RangePlan, VectorPlan
from models.telemetry.series import Window

STEPS_MAX = 11_000


@dataclass(frozen=True, slots=True)
class Subquery(RangePlan):
    """``expr[R:S]``. Steps are multiples of S since the epoch, whatever the evaluation's instant.

    A step of None is the default of the query. At most 11,000 steps, as many as Prometheus allows
    to a query over its interface.

    Source: semantics 1.3.
    """

    source: VectorPlan
    range_ns: DurationNs
    step_ns: DurationNs | None
    shift: Shift
    place: Place

    @property
    def mixes_names(self) -> bool:
        """As its expression."""
        return self.source.mixes_names

    def ranges(self, moment: Moment) -> Ranges:
        """The results of the steps, collected by label set.

        Raises:
            EvaluationError: there would be too many steps.
        """
        until_ns = self.shift.applied(moment)
        after_ns = until_ns - self.range_ns
        step_ns = moment.step_ns if self.step_ns is None else self.step_ns
        first_ns = (after_ns // step_ns + 1) * step_ns
        if (until_ns - first_ns) // step_ns >= STEPS_MAX:
            raise EvaluationError(f"the subquery has more than {STEPS_MAX} steps", self.place)
        collected: dict[LabelSet, tuple[array[int], array[float]]] = {}
        for time_ns in range(first_ns, until_ns + 1, step_ns):
            for labels, value in self.source.vector(moment.moved_to(time_ns)):
                columns = collected.get(labels)
                if columns is None:
                    columns = collected[labels] = (array("q"), array("d"))
                columns[0].append(time_ns)
                columns[1].append(value)
        windows = [
            Window(labels, without_metric_name(labels), times, values)
            for labels, (times, values) in sorted(collected.items(), key=lambda item: item[0])
        ]
        return Ranges(Span(after_ns, until_ns, moment.time_ns), windows)
