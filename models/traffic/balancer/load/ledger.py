"""Attempts under way at each member: what all policies that look at load share."""

from collections import defaultdict
from typing import ClassVar

from models.base.errors import SimulationError
from models.base.time import DurationNs
from models.traffic.balancer.base import Balancer
from models.traffic.balancer.roster import Roster


class LoadLedger(Roster):
    """Membership with a count of active attempts for each member ever known.

    Counts belong to the member, not to its state: they survive going down, coming up, leaving
    and joining again, because the attempts behind them are still out there.

    Where ``only_counts`` is True, starts and ends need not be reported: the caller may count them
    in ``active`` by itself, which saves two calls an attempt.
    """

    __slots__ = ("_active",)

    tracks_load: ClassVar[bool] = True
    only_counts: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._active: dict[int, int] = {}

    @property
    def active(self) -> dict[int, int]:
        """Attempts under way by member, live: the policy's own book, not a copy."""
        return self._active

    def started(self, member: int, /) -> None:
        """Count an attempt sent to the member."""
        self._active[member] += 1

    def finished(self, member: int, _outcome: int, _duration_ns: DurationNs, /) -> None:
        """Count the attempt as ended, also if the member has left since.

        Raises:
            SimulationError: more ends than starts, which would make the member look idle.
        """
        active = self._active[member] - 1
        if active < 0:
            raise SimulationError(f"member {member} finished an attempt that never started")
        self._active[member] = active

    def _joined(self, position: int) -> None:
        self._active.setdefault(self._up[position], 0)

    def _active_of(self, member: int) -> int:
        return self._active[member]


def counts_of(balancer: Balancer) -> dict[int, int] | None:
    """Where a caller may count attempts under way by itself, instead of telling the balancer.

    None if the balancer must be told; a book that nobody reads if it does not want to know.
    """
    if not balancer.tracks_load:
        return defaultdict(int)
    return balancer.active if isinstance(balancer, LoadLedger) and balancer.only_counts else None
