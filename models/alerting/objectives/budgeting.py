"""Three ways to count how well an objective was met.

Source: OpenSLO v1 ``budgetingMethod``; semantics 5.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.base.errors import ConfigError


class Budgeting(StrEnum):
    """What is counted: events, slices of time that were good enough, or how good slices were."""

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


@dataclass(frozen=True, slots=True)
class Slice:
    """Events of one slice of time.

    Raises:
        ConfigError: more good events than events, or fewer than none.
    """

    good: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.good <= self.total:
            raise ConfigError(f"a slice cannot have {self.good} good events of {self.total}")

    @property
    def ratio(self) -> float:
        """Share of good events; a slice without events is good."""
        return self.good / self.total if self.total else 1.0


def attainment(
    method: Budgeting, slices: Sequence[Slice], *, slice_target: float = 1.0
) -> float | None:
    """The ratio to be held against the objective's target; None if nothing was seen.

    ``slice_target`` in [0, 1] is what makes a slice good, for ``TIMESLICES``.
    """
    if not slices:
        return None
    if method is Budgeting.OCCURRENCES:
        total = sum(each.total for each in slices)
        return sum(each.good for each in slices) / total if total else None
    if method is Budgeting.TIMESLICES:
        return sum(each.ratio >= slice_target for each in slices) / len(slices)
    return sum(each.ratio for each in slices) / len(slices)
