"""Least request: look at a few members at random, take the one with the least to do.

Two random choices already keep the longest queue exponentially shorter than one choice does
(Mitzenmacher 2001), without the herding of everyone running to the one shortest queue.
"""

from typing import ClassVar

from models.base.errors import ConfigError, SimulationError
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.deadline_queue import DeadlineQueue
from models.traffic.balancer.roster import Roster

PAIRS_UP_TO = 64
"""More members than that sample one by one, so that a change of view stays cheap."""


class LeastRequest(Roster):
    """Samples ``choices`` members with replacement, takes the one with fewest active attempts.

    On ties the one sampled first wins. With unequal weights the members that are up take turns
    by earliest deadline instead, at intervals (active + 1) / weight. Active counts belong to the
    member, not to its state: they survive going down, coming up, leaving and joining again,
    because the attempts behind them are still out there.

    Two choices among at most ``PAIRS_UP_TO`` members share one uniform, which picks one of all
    ordered pairs, with a bias below n * n / 2**53 among n members. A pick is O(choices), or
    O(log members) with unequal weights; a change of who is up is O(n * n).

    Source: Envoy ``least_request_lb.cc`` (active request bias 1); semantics 6.2.

    Raises:
        ConfigError: ``choices`` is below 1.
    """

    __slots__ = ("_active", "_choices", "_pair_count", "_pairs", "_turns", "_uniform")

    tracks_load: ClassVar[bool] = True

    def __init__(self, stream: Stream, choices: int = 2) -> None:
        if choices < 1:
            raise ConfigError(f"least_request needs at least one choice, not {choices}")
        super().__init__()
        self._uniform = stream.uniform
        self._choices = choices
        self._active: dict[int, int] = {}
        self._turns: DeadlineQueue | None = None
        self._pairs: tuple[tuple[int, int], ...] = ()
        self._pair_count = 0

    def pick(self, _now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the less loaded of the members sampled."""
        pairs = self._pairs
        if avoid != NO_MEMBER or not pairs:
            return self._pick_with_care(avoid)
        first, second = pairs[int(self._uniform() * self._pair_count)]
        active = self._active
        return second if active[second] < active[first] else first

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

    def _pick_with_care(self, avoid: int) -> int:
        up = self._up
        if not up:
            return NO_MEMBER
        if self._turns is not None:
            return self._pick_by_turn(self._turns, avoid)
        if avoid in up and len(up) > 1:
            up = [member for member in up if member != avoid]
        best = self._sample(up)
        for _ in range(self._choices - 1):
            candidate = self._sample(up)
            if self._active[candidate] < self._active[best]:
                best = candidate
        return best

    def _sample(self, members: list[int]) -> int:
        return members[int(self._uniform() * len(members))]

    def _pick_by_turn(self, turns: DeadlineQueue, avoid: int) -> int:
        member = turns.take(avoid)
        turns.put(member, self._interval(member))
        return member

    def _interval(self, member: int) -> float:
        return (self._active[member] + 1) / self._weights[member]

    def _joined(self, position: int) -> None:
        self._active.setdefault(self._up[position], 0)
        self._rearrange()

    def _left(self, _position: int) -> None:
        self._rearrange()

    def _reweighted(self) -> None:
        self._rearrange()

    def _rearrange(self) -> None:
        self._turns = None
        if len({self._weights[member] for member in self._up}) > 1:
            self._turns = DeadlineQueue()
            for member in self._up:
                self._turns.put(member, self._interval(member))
        self._pairs = ()
        if self._choices == 2 and self._turns is None and len(self._up) <= PAIRS_UP_TO:
            self._pairs = tuple((one, other) for one in self._up for other in self._up)
            self._pair_count = len(self._pairs)

    def _active_of(self, member: int) -> int:
        return self._active[member]
