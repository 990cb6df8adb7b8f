"""Pick first: everything to one member, until it goes; the others stand by."""

from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.roster import Roster


class PickFirst(Roster):
    """Stays with the first member that is up, in the order they joined.

    Who took over keeps everything when an earlier member comes back, as an open connection is
    kept. An avoided member is passed over for that one pick. A pick is O(1).

    Source: gRPC ``pick_first``; semantics 6.5. Addresses are tried as listed, without shuffling.
    """

    __slots__ = ("_chosen",)

    def __init__(self) -> None:
        super().__init__()
        self._chosen = NO_MEMBER

    def pick(self, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the member chosen, or the first other one if that is ``avoid``."""
        if self._chosen == avoid and len(self._up) > 1:
            return next(member for member in self._up if member != avoid)
        return self._chosen

    def _joined(self, position: int) -> None:
        if self._chosen == NO_MEMBER:
            self._chosen = self._up[position]

    def _left(self, _position: int) -> None:
        if self._chosen not in self._up:
            self._chosen = self._up[0] if self._up else NO_MEMBER
