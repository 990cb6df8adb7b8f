"""Least request: look at a few members at random, take the one with the least to do.

Two random choices already keep the longest queue exponentially shorter than one choice does
(Mitzenmacher 2001), without the herding of everyone running to the one shortest queue.
"""

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.load.ledger import LoadLedger
from models.traffic.balancer.load.pair_draws import Pair, PairDraws
from models.traffic.balancer.load.schedule import LoadSchedule

PAIRS_UP_TO = 64
"""More members than that sample one by one, so that a change of view stays cheap."""


class LeastRequest(LoadLedger):
    """Samples ``choices`` members with replacement, takes the one with fewest active attempts.

    On ties the one sampled first wins. With ``scans_all`` nothing is sampled: every member that
    is up is looked at, and one of those with fewest active attempts is drawn, all as likely.
    With unequal weights the members that are up take turns by earliest deadline instead, at
    intervals (active + 1) ** ``bias`` / weight; without them the bias has no say.

    Two choices among at most ``PAIRS_UP_TO`` members share one uniform, which picks one of all
    ordered pairs, with a bias below n * n / 2**53 among n members. A pick is O(choices), or
    O(log members) with unequal weights, or O(members) for a full scan; a change of who is up is
    O(n * n).

    Source: Envoy ``least_request_lb.cc``; semantics 6.2.

    Raises:
        ConfigError: ``choices`` is below 1, or the bias outside [0, 16].
    """

    __slots__ = ("_bias", "_choices", "_draws", "_is_sampling_pairs", "_scans_all", "_turns")

    def __init__(
        self, stream: Stream, choices: int = 2, *, bias: float = 1.0, scans_all: bool = False
    ) -> None:
        if choices < 1:
            raise ConfigError(f"least_request needs at least one choice, not {choices}")
        super().__init__()
        self._draws = PairDraws(stream)
        self._choices = choices
        self._bias = bias
        self._scans_all = scans_all
        self._turns: LoadSchedule | None = None
        self._is_sampling_pairs = False
        self._rearrange()

    def pick(self, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the less loaded of the members sampled."""
        drawn = self._draws.drawn
        if avoid != NO_MEMBER or not drawn:
            return self._pick_with_care(avoid)
        first, second = drawn.pop()
        active = self._active
        return second if active[second] < active[first] else first

    def _pick_with_care(self, avoid: int) -> int:
        if avoid == NO_MEMBER and self._is_sampling_pairs:
            self._draws.fetch()
            return self.pick(0)
        up = self._up
        if not up:
            return NO_MEMBER
        if self._turns is not None:
            return self._turns.take(avoid)
        if avoid in up and len(up) > 1:
            up = [member for member in up if member != avoid]
        if self._scans_all:
            return self._scan(up)
        best = self._sample(up)
        for _ in range(self._choices - 1):
            candidate = self._sample(up)
            if self._active[candidate] < self._active[best]:
                best = candidate
        return best

    def _sample(self, members: list[int]) -> int:
        return members[int(self._draws.uniform() * len(members))]

    def _scan(self, members: list[int]) -> int:
        active = self._active
        least = min(map(active.__getitem__, members))
        return self._sample([member for member in members if active[member] == least])

    def _joined(self, position: int) -> None:
        super()._joined(position)
        self._rearrange()

    def _left(self, _position: int) -> None:
        self._rearrange()

    def _reweighted(self) -> None:
        self._rearrange()

    def _rearrange(self) -> None:
        self._turns = None
        turns = LoadSchedule(self._weights, self._active, self._bias)
        if len({self._weights[member] for member in self._up}) > 1:
            for member in self._up:
                turns.join(member)
            self._turns = turns
        pairs: tuple[Pair, ...] = ()
        is_sampling = self._turns is None and not self._scans_all
        if is_sampling and self._choices == 2 and len(self._up) <= PAIRS_UP_TO:
            pairs = tuple((one, other) for one in self._up for other in self._up)
        self._is_sampling_pairs = bool(pairs)
        self._draws.lay_out(pairs)
