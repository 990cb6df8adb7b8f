"""Functions of range vectors."""

from collections.abc import Callable
from dataclasses import dataclass

from models.telemetry.promql.plan.moment import (
    EvaluationError,
    Moment,
    Place,
    Vector,
    refuse_same_labels,
)
from models.telemetry.promql.plan.nodes import RangePlan, ScalarPlan, VectorPlan
from models.telemetry.series import VectorSample


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
