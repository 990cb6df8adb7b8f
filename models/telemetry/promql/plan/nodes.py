"""The kinds of node that a compiled expression is made of."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from models.telemetry.labels import LabelSet
from models.telemetry.promql.plan.moment import Moment, Ranges, Vector

MEMO_MAX = 100_000

Derived = TypeVar("Derived")


class ScalarPlan(ABC):
    """Gives one number."""

    __slots__ = ()

    @abstractmethod
    def number(self, moment: Moment) -> float:
        """The number at that moment."""


class VectorPlan(ABC):
    """Gives an instant vector."""

    __slots__ = ()

    @property
    @abstractmethod
    def mixes_names(self) -> bool:
        """True when two elements may differ in nothing but the metric's name."""

    @abstractmethod
    def vector(self, moment: Moment) -> Vector:
        """The vector at that moment, with labels that all differ."""


class RangePlan(ABC):
    """Gives a range vector."""

    __slots__ = ()

    @property
    @abstractmethod
    def mixes_names(self) -> bool:
        """True when two elements may differ in nothing but the metric's name."""

    @abstractmethod
    def ranges(self, moment: Moment) -> Ranges:
        """The windows at that moment."""


@dataclass(frozen=True, slots=True)
class TextPlan:
    """A string literal."""

    text: str


Plan: TypeAlias = ScalarPlan | VectorPlan | RangePlan | TextPlan


class LabelMemo(dict[LabelSet, Derived]):
    """What becomes of a label set, computed once for each; forgets everything when it is full."""

    def __init__(self, derive: Callable[[LabelSet], Derived]) -> None:
        super().__init__()
        self._derive = derive

    def __missing__(self, labels: LabelSet) -> Derived:
        if len(self) >= MEMO_MAX:
            self.clear()
        derived = self[labels] = self._derive(labels)
        return derived
