"""Round robin: each member that is up in turn, in the order they joined.

Weights are accepted and ignored; :mod:`models.traffic.balancer.smooth_weighted` honours them.
"""

from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.roster import Roster


class RoundRobin(Roster):
    """Rotates over the members that are up.

    While nobody comes or goes, any k * n picks over k members give each exactly n. A change
    keeps the turn of the member that was due; who comes up at that very place waits a full
    turn, so going down and up again never earns extra picks. A member that is avoided loses
    its turn. A pick is O(1).

    Source: semantics 6.2 (rotation at equal weights).
    """

    __slots__ = ("_due",)

    def __init__(self) -> None:
        super().__init__()
        self._due = 0

    def pick(self, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the member whose turn it is, or the next one if that is ``avoid``."""
        up = self._up
        if not up:
            return NO_MEMBER
        due = self._due
        member = up[due]
        due += 1
        if due == len(up):
            due = 0
        if member == avoid and len(up) > 1:
            member = up[due]
            due = (due + 1) % len(up)
        self._due = due
        return member

    def _joined(self, position: int) -> None:
        if position <= self._due and len(self._up) > 1:
            self._due += 1

    def _left(self, position: int) -> None:
        if position < self._due:
            self._due -= 1
        elif self._due == len(self._up):
            self._due = 0
