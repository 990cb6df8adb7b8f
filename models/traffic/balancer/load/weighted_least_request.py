"""Weighted least request: turns by weight, which active attempts make rarer.

Nothing is sampled: a member with half the weight, or with one attempt under way, comes up half
as often. :mod:`models.traffic.balancer.load.least_request` falls back on the same turns when its
weights differ; this policy takes them always, so equal weights rotate.
"""

from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.load.ledger import LoadLedger
from models.traffic.balancer.load.schedule import LoadSchedule


class WeightedLeastRequest(LoadLedger):
    """Members take turns by earliest deadline, at intervals (active + 1) ** bias / weight.

    With ``bias`` 0, or without load, this is weighted round robin: in any W = sum(weights) picks
    from the start each member has exactly its weight. Members that stay keep their places when
    others come and go; who comes, or comes back, waits one interval of its own, so flapping earns
    nothing. A new weight or another load counts from the member's next turn on. An avoided member
    keeps its place and is due again at once. A pick is O(log members), a change O(members).

    Source: Envoy ``least_request_lb.cc``, its schedule for unequal weights; semantics 6.2. Differs
    in keeping the schedule when members change, where Envoy lays out a new one.

    Raises:
        ConfigError: the bias is outside [0, 16].
    """

    __slots__ = ("_turns",)

    def __init__(self, bias: float = 1.0) -> None:
        super().__init__()
        self._turns = LoadSchedule(self._weights, self._active, bias)

    def pick(self, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the member whose turn it is, or the next one if that is ``avoid``."""
        return self._turns.take(avoid)

    def _joined(self, position: int) -> None:
        super()._joined(position)
        self._turns.join(self._up[position])

    def _left(self, _position: int) -> None:
        self._turns.keep(self._up)
