"""Nodes that treat the elements of a vector one by one, or make a vector of a number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.telemetry.labels import without_metric_name
from models.telemetry.promql.plan.leaves import InstantSelector
from models.telemetry.promql.plan.moment import Moment, Place, Vector, refuse_same_labels
from models.telemetry.promql.plan.nodes import ScalarPlan, VectorPlan
from models.telemetry.series import VectorSample


@dataclass(frozen=True, slots=True)
class VectorOf(VectorPlan):
    """``vector()``: one element without labels."""

    source: ScalarPlan

    @property
    def mixes_names(self) -> bool:
        """There is but one element."""
        return False

    def vector(self, moment: Moment) -> Vector:
        """The number as a vector."""
        return [VectorSample((), self.source.number(moment))]


@dataclass(frozen=True, slots=True)
class Mapped(VectorPlan):
    """A function of each value; names go, and elements for which it is None.

    ``parameters`` are evaluated once for all elements and follow the value.
    """

    function: Callable[..., float | None]
    source: VectorPlan
    parameters: tuple[ScalarPlan, ...]
    place: Place

    @property
    def mixes_names(self) -> bool:
        """Names are gone."""
        return False

    def vector(self, moment: Moment) -> Vector:
        """The elements with new values.

        Raises:
            EvaluationError: without their names two elements have the same labels.
        """
        parameters = [parameter.number(moment) for parameter in self.parameters]
        function = self.function
        mapped = []
        for labels, value in self.source.vector(moment):
            result = function(value, *parameters)
            if result is not None:
                mapped.append(VectorSample(without_metric_name(labels), result))
        return refuse_same_labels(mapped, self.place) if self.source.mixes_names else mapped


@dataclass(frozen=True, slots=True)
class WithNumber(VectorPlan):
    """Arithmetic of a vector and a number, or a comparison with ``bool``; names go.

    ``number_first`` says that the number stands on the left.
    """

    operation: Callable[[float, float], float]
    source: VectorPlan
    operand: ScalarPlan
    number_first: bool
    place: Place

    @property
    def mixes_names(self) -> bool:
        """Names are gone."""
        return False

    def vector(self, moment: Moment) -> Vector:
        """The elements with new values.

        Raises:
            EvaluationError: without their names two elements have the same labels.
        """
        operation, number = self.operation, self.operand.number(moment)
        vector = self.source.vector(moment)
        if self.number_first:
            values = [float(operation(number, value)) for _, value in vector]
        else:
            values = [float(operation(value, number)) for _, value in vector]
        mapped = [
            VectorSample(without_metric_name(sample.labels), value)
            for sample, value in zip(vector, values, strict=True)
        ]
        return refuse_same_labels(mapped, self.place) if self.source.mixes_names else mapped


@dataclass(frozen=True, slots=True)
class Filtered(VectorPlan):
    """A comparison with a number: elements for which it holds stay as they are, name included."""

    holds: Callable[[float, float], bool]
    source: VectorPlan
    operand: ScalarPlan
    number_first: bool

    @property
    def mixes_names(self) -> bool:
        """As the vector."""
        return self.source.mixes_names

    def vector(self, moment: Moment) -> Vector:
        """The elements that stay."""
        holds, number = self.holds, self.operand.number(moment)
        vector = self.source.vector(moment)
        if self.number_first:
            return [sample for sample in vector if holds(number, sample[1])]
        return [sample for sample in vector if holds(sample[1], number)]


@dataclass(frozen=True, slots=True)
class Timestamps(VectorPlan):
    """``timestamp()`` of a selector: when each sample was taken, in seconds; names go."""

    source: InstantSelector
    place: Place

    @property
    def mixes_names(self) -> bool:
        """Names are gone."""
        return False

    def vector(self, moment: Moment) -> Vector:
        """The instants of the samples.

        Raises:
            EvaluationError: without their names two elements have the same labels.
        """
        instants = self.source.instants(moment)
        return refuse_same_labels(instants, self.place) if self.source.mixes_names else instants


@dataclass(frozen=True, slots=True)
class Sorted(VectorPlan):
    """The elements in another order; equal ones keep theirs."""

    key: Callable[[VectorSample], tuple[Any, ...]]
    source: VectorPlan
    reverse: bool = False

    @property
    def mixes_names(self) -> bool:
        """As the vector."""
        return self.source.mixes_names

    def vector(self, moment: Moment) -> Vector:
        """The elements in order."""
        return sorted(self.source.vector(moment), key=self.key, reverse=self.reverse)
