"""Weighted random: any member that is up, as likely as its weight says."""

from bisect import bisect_right
from itertools import accumulate

from models.base.streams import Stream
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.roster import Roster


class WeightedRandom(Roster):
    """Draws a member with chance weight / sum(weights), exactly: weights are whole numbers.

    Members stand side by side on a line, each as wide as its weight, and a draw is a point of
    that line. A member to be avoided is taken out of the line, so the others keep their
    proportions. Draws are independent: unlike smooth weighted round robin it brings bursts, but
    callers that never talk to each other do not fall into step. A pick is O(log members).

    Source: weighted clusters of Envoy and nginx ``random``; semantics 6.2.

    Raises:
        ConfigError: from a pick, if the weights sum to more than 2**53.
    """

    __slots__ = ("_below", "_ends", "_starts", "_total")

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._below = stream.below
        self._ends: list[int] = []
        self._starts: dict[int, int] = {}
        self._total = 0

    def pick(self, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return a member as likely as its weight says."""
        up = self._up
        if len(up) < 2:
            return up[0] if up else NO_MEMBER
        point = self._point_beside(avoid) if avoid in self._starts else self._below(self._total)
        return up[bisect_right(self._ends, point)]

    def _point_beside(self, avoided: int) -> int:
        width = self._weights[avoided]
        point = self._below(self._total - width)
        return point if point < self._starts[avoided] else point + width

    def _joined(self, _position: int) -> None:
        self._line_up()

    def _left(self, _position: int) -> None:
        self._line_up()

    def _reweighted(self) -> None:
        self._line_up()

    def _line_up(self) -> None:
        self._ends = list(accumulate(self._weights[member] for member in self._up))
        self._total = self._ends[-1] if self._ends else 0
        self._starts = dict(zip(self._up, [0, *self._ends], strict=False))
