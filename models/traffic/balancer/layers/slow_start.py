"""Slow start: a member that comes up earns its share of the traffic over a window.

A cold cache, an empty connection pool or an interpreter that has not compiled yet makes a new
member slow. Policies that look for the idle one would send it everything at once.
"""

from typing import ClassVar

from models.base.portable import power
from models.base.time import DurationNs, TimeNs
from models.traffic.balancer.base import NO_MEMBER, Balancer, BalancerSnapshot
from models.traffic.balancer.deadline_queue import DeadlineQueue
from models.traffic.balancer.layers.config import SlowStartConfig


def warmth(age_ns: DurationNs, config: SlowStartConfig) -> float:
    """Share of its weight that a member of this age (>= 0) has, in (0, 1].

    1 from the end of the window on.

    Source: semantics 6.2; portable power, the same bits everywhere.
    """
    if age_ns >= config.window_ns:
        return 1.0
    if age_ns <= 0:
        return config.weight_ratio_min
    ramp = age_ns / config.window_ns
    if config.aggression != 1.0:
        ramp = power(ramp, 1.0 / config.aggression)
    return max(config.weight_ratio_min, ramp)


class SlowStart:
    """Lays slow start around a policy.

    A member is new from the first pick after it joined or came up, because only picks tell the
    time. While members are unequally warm, all that are up take turns by earliest deadline, at
    intervals load / (weight x warmth); load is active + 1 where the policy tracks load, else 1.
    When all are warm, or all came at once, the policy picks. A pick is the policy's own and one
    comparison, or O(log members) while somebody warms up.

    Source: Envoy ``EdfLoadBalancerBase``; semantics 6.2. Differs in leaving the pick to the
    policy when all members are equally warm, which gives the same shares.
    """

    __slots__ = (
        "_active", "_config", "_down", "_is_settled", "_newcomers", "_policy", "_since", "_turns",
        "_warm_at", "_weights",
    )  # fmt: skip

    tracks_load: ClassVar[bool] = True

    def __init__(self, config: SlowStartConfig, policy: Balancer) -> None:
        self._config = config
        self._policy = policy
        self._weights: dict[int, int] = {}
        self._down: set[int] = set()
        self._since: dict[int, TimeNs] = {}
        self._newcomers: set[int] = set()
        self._active: dict[int, int] = {}
        self._turns: DeadlineQueue | None = None
        self._warm_at: TimeNs = 0
        self._is_settled = True

    @property
    def needs_key(self) -> bool:
        """True if the policy wants a request key."""
        return self._policy.needs_key

    @property
    def needs_time(self) -> bool:
        """True if the policy wants the time of an end."""
        return self._policy.needs_time

    def add(self, member: int, weight: int = 1) -> None:
        """Let a member in, up and cold. For a known member only its weight changes.

        Raises:
            ConfigError: the member is negative or the weight below 1.
        """
        self._policy.add(member, weight)
        if member not in self._weights:
            self._newcomers.add(member)
            self._active.setdefault(member, 0)
        self._weights[member] = weight
        self._is_settled = False

    def remove(self, member: int) -> None:
        """Let a member go.

        Raises:
            ConfigError: the member is not known.
        """
        self._policy.remove(member)
        del self._weights[member]
        self._forget(member)
        self._down.discard(member)

    def mark_down(self, member: int) -> None:
        """Stop picking a member; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        self._policy.mark_down(member)
        self._forget(member)
        self._down.add(member)

    def mark_up(self, member: int) -> None:
        """Pick a member again, cold if it was down; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        self._policy.mark_up(member)
        if member in self._down:
            self._down.remove(member)
            self._newcomers.add(member)
            self._is_settled = False

    def pick(self, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Pick by turns while somebody warms up, else as the policy does."""
        if not self._is_settled:
            self._settle(now)
        turns = self._turns
        if turns is not None and now < self._warm_at:
            member = turns.take(avoid)
            turns.put(member, self._interval(member, now))
            return member
        return self._policy.pick(now, avoid)

    def pick_keyed(self, _key: int, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Keys have no say in who warms up, so they have none here."""
        return self.pick(now, avoid)

    def started(self, member: int, /) -> None:
        """An attempt was sent to the member."""
        self._policy.started(member)
        self._active[member] += 1

    def finished(self, member: int, outcome: int, duration_ns: DurationNs, /) -> None:
        """An attempt at the member ended; it may have left since."""
        self._policy.finished(member, outcome, duration_ns)
        self._active[member] -= 1

    def finished_at(
        self, member: int, outcome: int, duration_ns: DurationNs, now: TimeNs, /
    ) -> None:
        """An attempt at the member ended at ``now``; it may have left since."""
        self._policy.finished_at(member, outcome, duration_ns, now)
        self._active[member] -= 1

    def snapshot(self) -> BalancerSnapshot:
        """Members as the policy sees them, with their full weights."""
        return self._policy.snapshot()

    def warmth_of(self, member: int, now: TimeNs) -> float | None:
        """Share of its weight that a member has at ``now``; None if it is not up.

        A member that no pick has met yet is as cold as can be.
        """
        if member in self._newcomers:
            return warmth(0, self._config)
        since = self._since.get(member)
        return None if since is None else warmth(now - since, self._config)

    def _forget(self, member: int) -> None:
        self._newcomers.discard(member)
        self._since.pop(member, None)
        self._is_settled = False

    def _settle(self, now: TimeNs) -> None:
        """Date the newcomers, and start taking turns if members are unequally warm."""
        self._is_settled = True
        for member in self._newcomers:
            self._since[member] = now
        self._newcomers.clear()
        window = self._config.window_ns
        starts = {max(since, now - window) for since in self._since.values()}
        self._turns = None
        if len(starts) > 1:
            self._warm_at = max(starts) + window
            self._turns = DeadlineQueue()
            for member in self._weights:
                if member in self._since:
                    self._turns.put(member, self._interval(member, now))

    def _interval(self, member: int, now: TimeNs) -> float:
        load = self._active[member] + 1 if self._policy.tracks_load else 1
        return load / (self._weights[member] * warmth(now - self._since[member], self._config))
