"""Nodes that give one number."""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

from models.telemetry.promql.plan.moment import Moment
from models.telemetry.promql.plan.nodes import ScalarPlan, VectorPlan


@dataclass(frozen=True, slots=True)
class ScalarOperation(ScalarPlan):
    """Two numbers combined; a comparison gives 0 or 1."""

    operation: Callable[[float, float], float]
    left: ScalarPlan
    right: ScalarPlan

    def number(self, moment: Moment) -> float:
        """The combination at that moment."""
        return float(self.operation(self.left.number(moment), self.right.number(moment)))


@dataclass(frozen=True, slots=True)
class Negated(ScalarPlan):
    """A number with the other sign."""

    source: ScalarPlan

    def number(self, moment: Moment) -> float:
        """The negative at that moment."""
        return -self.source.number(moment)


@dataclass(frozen=True, slots=True)
class OnlyElement(ScalarPlan):
    """``scalar()``: the value of a vector's only element, NaN unless there is exactly one."""

    source: VectorPlan

    def number(self, moment: Moment) -> float:
        """The value at that moment."""
        vector = self.source.vector(moment)
        return vector[0].value if len(vector) == 1 else nan
