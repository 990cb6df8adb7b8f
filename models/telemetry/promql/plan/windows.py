"""Functions of range vectors."""

from collections.abc import Callable
from dataclasses import dataclass

from models.telemetry.promql.functions.rates import edges_of
from models.telemetry.promql.plan.leaves import RangeSelector
from models.telemetry.promql.plan.moment import (
    EvaluationError,
    Moment,
    Place,
    Span,
    Vector,
    refuse_same_labels,
)
from models.telemetry.promql.plan.nodes import RangePlan, ScalarPlan, VectorPlan
from models.telemetry.series import Edges, VectorSample


@dataclass(frozen=True, slots=True)
class BetweenEdges(VectorPlan):
    """``rate``, ``increase`` and ``delta``: a function of the ends of each window; names go.

    Series tell the ends of a range without reading what lies between them.
    """

    function: Callable[[Edges, Span], float]
    source: RangePlan
    place: Place

    @property
    def mixes_names(self) -> bool:
        """Names are gone."""
        return False

    def vector(self, moment: Moment) -> Vector:
        """One element for each window of at least two samples.

        Raises:
            EvaluationError: without their names two elements have the same labels.
        """
        source, function = self.source, self.function
        results = []
        if isinstance(source, RangeSelector):
            span = source.span(moment)
            after_ns, until_ns, _ = span
            for series in moment.store.select(source.selector):
                edges = series.edges(after_ns, until_ns)
                if edges is not None:
                    results.append(VectorSample(series.unnamed, function(edges, span)))
        else:
            span, windows = source.ranges(moment)
            for window in windows:
                edges = edges_of(window)
                if edges is not None:
                    results.append(VectorSample(window.unnamed, function(edges, span)))
        return refuse_same_labels(results, self.place) if source.mixes_names else results


@dataclass(frozen=True, slots=True)
class OverWindows(VectorPlan):
    """A function of each window; windows for which it is None give no element.

    The function gets the window, the span and the parameters. Names go unless ``keeps_name``.
    """

    function: Callable[..., float | None]
    source: RangePlan
    parameters: tuple[ScalarPlan, ...]
    keeps_name: bool
    place: Place

    @property
    def mixes_names(self) -> bool:
        """As the range vector, if names are kept."""
        return self.keeps_name and self.source.mixes_names

    def vector(self, moment: Moment) -> Vector:
        """One element for each window.

        Raises:
            EvaluationError: without their names two elements have the same labels, or the
                function refuses its parameters.
        """
        parameters = [parameter.number(moment) for parameter in self.parameters]
        function, keeps_name = self.function, self.keeps_name
        span, windows = self.source.ranges(moment)
        results = []
        try:
            for window in windows:
                value = function(window, span, *parameters)
                if value is not None:
                    labels = window.labels if keeps_name else window.unnamed
                    results.append(VectorSample(labels, value))
        except EvaluationError as error:
            raise EvaluationError(error.reason, self.place) from error
        if keeps_name or not self.source.mixes_names:
            return results
        return refuse_same_labels(results, self.place)
