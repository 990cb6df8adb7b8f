"""Prequal: send each request to the fastest member among those that are not too busy.

The caller probes a few random members with every request and keeps the answers for the requests
to come, so a pick waits for nobody and a probe is as fresh as the traffic is dense.
"""

from typing import ClassVar

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.prequal.config import PrequalConfig
from models.traffic.balancer.prequal.hot_threshold import HotThreshold
from models.traffic.balancer.prequal.pool import UNLIMITED, Probe, ProbePool
from models.traffic.balancer.prequal.probing import ProbeAnswer
from models.traffic.balancer.roster import Roster

_POOL_MIN = 2


def uses_of_a_probe(config: PrequalConfig, member_count: int) -> float | None:
    """How often one probe may be used among so many members (at least 1); None for no limit.

    (1 + delta) / ((1 - m / n) * probes - removals), at least 1, for a pool of m and n members.
    Where probing brings no more new answers than are removed, the formula has no answer and
    age alone limits the use; so it is for every n up to m.
    """
    fresh_ratio = 1.0 - config.pool_size / member_count
    surplus = fresh_ratio * config.probes_per_pick - config.removals_per_pick
    if surplus <= 0.0:
        return None
    return max(1.0, (1.0 + config.reuse_slack) / surplus)


class Prequal(Roster):
    """Picks by probes: hot-cold lexicographic rule over a pool, asynchronous mode.

    Weights are accepted and ignored. A pick forgets what is too old, then takes the best probe
    of the pool, or, with fewer than two in it, a member at random; then it removes probes, the
    oldest and the worst in turn, and asks for new ones through :meth:`probes`. A fractional
    number of uses is rounded at random, by the fraction. A pick is O(pool); so is an answer, and
    O(quantile window).

    Source: Wydrowski et al. 2024; semantics 6.6. Differs in not probing an idle pool.

    Raises:
        ConfigError: an answer with a negative number.
    """

    __slots__ = (
        "_config", "_hot", "_pool", "_probe_credit", "_removal_credit", "_removes_worst", "_stream",
        "_uses",
    )  # fmt: skip

    tracks_load: ClassVar[bool] = False

    def __init__(self, config: PrequalConfig, stream: Stream) -> None:
        super().__init__()
        self._config = config
        self._stream = stream
        self._pool = ProbePool(config.pool_size, config.age_ns_max)
        self._hot = HotThreshold(config.hot_quantile, config.quantile_window)
        self._probe_credit = 0.0
        self._removal_credit = 0.0
        self._removes_worst = False
        self._uses: float | None = None

    @property
    def hot_above(self) -> int:
        """A member with more requests in flight than this is hot."""
        return self._hot.value

    def pooled(self) -> tuple[Probe, ...]:
        """The probes in the pool, the oldest first. Changes nothing."""
        return self._pool.probes()

    def mark_down(self, member: int) -> None:
        """Stop picking a member and forget what it said; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        super().mark_down(member)
        self._pool.drop(member)

    def pick(self, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Return the member of the best probe, or a random one."""
        if not self._up:
            return NO_MEMBER
        pool = self._pool
        pool.expire(now)
        probe = pool.best(self._hot.value, avoid) if len(pool) >= _POOL_MIN else None
        if probe is None:
            member = self._pick_at_random(avoid)
        else:
            member = probe.member
            pool.use(probe)
        self._remove()
        self._probe_credit += self._config.probes_per_pick
        return member

    def probes(self) -> tuple[int, ...]:
        """Members to be probed for the picks so far: distinct, random, at most all that are up."""
        wanted = int(self._probe_credit)
        self._probe_credit -= wanted
        rest = self._up.copy()
        chosen = []
        for _ in range(min(wanted, len(rest))):
            place = self._stream.below(len(rest))
            chosen.append(rest[place])
            rest[place] = rest[-1]
            rest.pop()
        return tuple(chosen)

    def probe_answered(
        self, member: int, sent_at: TimeNs, answer: ProbeAnswer, now: TimeNs, /
    ) -> None:
        """Take in an answer, unless it took longer than the time-out or its member is not up.

        An answer that was asked for no later than the one in the pool is a duplicate or has been
        overtaken, and is dropped.

        Raises:
            ConfigError: the answer holds a negative number.
        """
        if answer.in_flight < 0 or (answer.latency_ns is not None and answer.latency_ns < 0):
            raise ConfigError(f"member {member} answered a probe with a negative number")
        if now - sent_at > self._config.timeout_ns:
            return
        if member not in self._weights or member in self._down:
            return
        probe = Probe(member, answer, sent_at=sent_at, received_at=now, uses_left=UNLIMITED)
        if self._pool.put(probe):
            self._hot.note(answer.in_flight)
            probe.uses_left = self._draw_uses()

    def _draw_uses(self) -> int:
        if self._uses is None:
            return UNLIMITED
        whole = int(self._uses)
        fraction = self._uses - whole
        if fraction > 0.0 and self._stream.uniform() < fraction:
            whole += 1
        return whole

    def _remove(self) -> None:
        self._removal_credit += self._config.removals_per_pick
        while self._removal_credit >= 1.0:
            self._removal_credit -= 1.0
            if self._removes_worst:
                self._pool.remove_worst(self._hot.value)
            else:
                self._pool.remove_oldest()
            self._removes_worst = not self._removes_worst

    def _pick_at_random(self, avoid: int) -> int:
        up = self._up
        if avoid in up and len(up) > 1:
            up = [member for member in up if member != avoid]
        return up[self._stream.below(len(up))]

    def _joined(self, _position: int) -> None:
        self._uses = uses_of_a_probe(self._config, len(self._up))

    def _left(self, _position: int) -> None:
        self._uses = uses_of_a_probe(self._config, len(self._up)) if self._up else None
