"""Least latency: of two members, the one that answers sooner, counting what it has under way.

Latency is a moving average that jumps up to a peak at once and comes down slowly. It tells a
member that is slow from one that is merely busy, which a count of active attempts cannot.

Averages decay by the clock, so two of them could only be compared by computing both decays.
Instead each is kept times e ** (time / decay): that never changes while nothing is observed, and
puts all members on one scale. A pick then multiplies twice and computes no exponential.
"""

import math
from typing import ClassVar

from models.base.errors import ConfigError
from models.base.outcome import Outcome
from models.base.portable import exp
from models.base.streams import Stream
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.load.ledger import LoadLedger

DECAY_NS = 10 * NS_PER_S

_EXPONENT_MAX = 500.0


class PeakEwma(LoadLedger):
    """Of two different members drawn at random, takes the lower latency * (active + 1).

    A duration above the average as of its last observation replaces it; another one moves it
    there by 1 - e ** (-gap / decay), where the gap is the time since that observation. While
    nothing is observed the average decays towards zero, so a slow member is tried again. A
    member never measured counts as zero while idle, and as worse than any measured one as soon
    as it has an attempt under way: one attempt explores it. On ties fewer active attempts win,
    then the first drawn. Averages belong to the member and survive its going and coming.

    Every end counts, so a member that fails fast looks quick: pair this with outlier ejection.
    An attempt that the caller gave up (``CALLER_GONE``) only bounds its duration from below, and
    so may raise the average but never lower it. Weights are accepted and ignored.

    A pick is O(1), or O(members) while avoiding one.

    Source: Finagle ``PeakEwma.scala`` and its aperture-free ``P2C``. Differs in that picking
    decays nothing for good (there each look stores the decay, so the average depends on who
    looked how often), in ``CALLER_GONE``, and in a penalty without bound instead of 39 hours.

    Raises:
        ConfigError: ``decay_ns`` is not above 0.
    """

    __slots__ = ("_decay_ns", "_landmark", "_latest", "_scaled", "_scales", "_uniform")

    needs_time: ClassVar[bool] = True
    only_counts: ClassVar[bool] = False

    def __init__(self, stream: Stream, decay_ns: DurationNs = DECAY_NS) -> None:
        if decay_ns <= 0:
            raise ConfigError(f"latency must decay in more than 0 ns, not {decay_ns}")
        super().__init__()
        self._uniform = stream.uniform
        self._decay_ns = decay_ns
        self._landmark: TimeNs = 0
        self._latest: TimeNs = 0
        # Average times scale, and scale as of the last observation: e ** (its time / decay).
        self._scaled: dict[int, float] = {}
        self._scales: dict[int, float] = {}

    def pick(self, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the member of two that will probably answer sooner."""
        self._latest = now
        up = self._up
        if avoid != NO_MEMBER:
            up = [member for member in up if member != avoid] or up
        count = len(up)
        if count < 2:
            return up[0] if count else NO_MEMBER
        drawn = int(self._uniform() * (count * (count - 1)))
        first, second = divmod(drawn, count - 1)
        one, other = up[first], up[second + (second >= first)]
        score, other_score = self._score(one), self._score(other)
        if score == other_score:
            return other if self._active[other] < self._active[one] else one
        return other if other_score < score else one

    def finished(self, member: int, outcome: int, duration_ns: DurationNs, /) -> None:
        """Note an end as of the instant heard last.

        Raises:
            SimulationError: more ends than starts, which would make the member look idle.
        """
        self.finished_at(member, outcome, duration_ns, self._latest)

    def finished_at(
        self, member: int, outcome: int, duration_ns: DurationNs, now: TimeNs, /
    ) -> None:
        """Note an end and what it tells of the member's latency.

        Raises:
            SimulationError: more ends than starts, which would make the member look idle.
        """
        super().finished(member, outcome, duration_ns)
        self._latest = now
        scale = self._scale_at(now)
        scaled, scale_then = self._scaled[member], self._scales[member]
        if duration_ns * scale_then > scaled:
            scaled = duration_ns * scale
        elif outcome == Outcome.CALLER_GONE:
            return
        else:
            scaled += duration_ns * (scale - scale_then)
        self._scaled[member] = scaled
        self._scales[member] = scale

    def latency_ns(self, member: int, *, now: TimeNs) -> float | None:
        """Return a member's average as of ``now``, None if it was never measured.

        Raises:
            ConfigError: the member is not known.
        """
        self._require(member)
        scaled = self._scaled[member]
        if scaled == 0.0:
            return None
        return scaled * exp((self._landmark - now) / self._decay_ns)

    def _score(self, member: int) -> float:
        scaled, active = self._scaled[member], self._active[member]
        if scaled == 0.0 and active:
            return math.inf
        return scaled * (active + 1)

    def _scale_at(self, now: TimeNs) -> float:
        exponent = (now - self._landmark) / self._decay_ns
        if exponent <= _EXPONENT_MAX:
            return exp(exponent)
        self._move_landmark(now, exp(-exponent))
        return 1.0

    def _move_landmark(self, now: TimeNs, shrink: float) -> None:
        """Start the scale afresh, before its numbers outgrow floats.

        What would vanish, after some 700 decay times of silence, counts as never measured.
        """
        self._landmark = now
        for member in self._scaled:
            self._scaled[member] *= shrink
            self._scales[member] = self._scales[member] * shrink or 1.0

    def _joined(self, position: int) -> None:
        super()._joined(position)
        member = self._up[position]
        self._scaled.setdefault(member, 0.0)
        self._scales.setdefault(member, 1.0)
