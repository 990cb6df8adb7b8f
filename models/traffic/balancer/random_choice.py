"""Random: any member that is up, each as likely. It needs to know nothing, and herds nobody.

Weights are accepted and ignored; :mod:`models.traffic.balancer.weighted_random` honours them.
"""

from models.base.streams import Stream
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.roster import Roster


class RandomChoice(Roster):
    """Draws a member uniformly, with a bias below n / 2**53 among n members.

    A member to be avoided is drawn again, which leaves the others equally likely and takes at
    most two draws on average. A pick is O(1).

    Source: Envoy ``random_lb.cc``; semantics 6.2. With one choice least request does the same.
    """

    __slots__ = ("_uniform",)

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._uniform = stream.uniform

    def pick(self, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return any member that is up."""
        up = self._up
        count = len(up)
        if count < 2:
            return up[0] if count else NO_MEMBER
        member = up[int(self._uniform() * count)]
        while member == avoid:
            member = up[int(self._uniform() * count)]
        return member
