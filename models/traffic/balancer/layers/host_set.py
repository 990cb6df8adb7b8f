"""The members of one priority level and the policy that picks among them.

A host set knows who is available; its policy is told what it needs to pick from the right
ones. In panic the policy is shown every member as up, while the host set remembers the truth.
"""

from collections.abc import Iterable
from dataclasses import replace

from models.base.time import DurationNs, TimeNs
from models.traffic.balancer.base import Balancer, BalancerSnapshot
from models.traffic.balancer.facts import CallerFacts
from models.traffic.balancer.layers.priority_load import LevelCounts


def pick_from(policy: Balancer, now: TimeNs, avoid: int, key: int | None) -> int:
    """Pick with the key if the request has one."""
    if key is None:
        return policy.pick(now, avoid)
    return policy.pick_keyed(key, now, avoid)


class HostSet:
    """One priority level, balanced as a whole.

    A member keeps its zone for good. Membership verbs raise as those of
    :class:`~models.traffic.balancer.base.Balancer` do.
    """

    __slots__ = ("_down", "_policy", "_weights", "is_in_panic")

    def __init__(self, policy: Balancer) -> None:
        self._policy = policy
        self._weights: dict[int, int] = {}
        self._down: set[int] = set()
        self.is_in_panic = False

    @property
    def needs_key(self) -> bool:
        """True if the policy wants a request key."""
        return self._policy.needs_key

    @property
    def needs_time(self) -> bool:
        """True if the policy wants the time of an end."""
        return self._policy.needs_time

    @property
    def counts(self) -> LevelCounts:
        """Members in all, and those that are up."""
        return LevelCounts(len(self._weights), len(self._weights) - len(self._down))

    def add(self, member: int, weight: int, zone: str) -> None:
        """Let a member in, up; for a known one only its weight changes."""
        for policy in self._policies_at(zone):
            policy.add(member, weight)
        self._weights[member] = weight
        self._changed()

    def remove(self, member: int, zone: str) -> None:
        """Let a member go."""
        for policy in self._policies_at(zone):
            policy.remove(member)
        del self._weights[member]
        self._down.discard(member)
        self._changed()

    def mark_down(self, member: int, zone: str) -> None:
        """Count a member as unavailable; in panic it is picked all the same."""
        self._down.add(member)
        for policy in self._policies_at(zone):
            if policy is not self._policy or not self.is_in_panic:
                policy.mark_down(member)
        self._changed()

    def mark_up(self, member: int, zone: str) -> None:
        """Count a member as available again."""
        self._down.discard(member)
        for policy in self._policies_at(zone):
            policy.mark_up(member)
        self._changed()

    def set_panic(self, *, is_on: bool) -> None:
        """Ignore health from now on, or heed it again; repeating it changes nothing."""
        if is_on == self.is_in_panic:
            return
        self.is_in_panic = is_on
        show = self._policy.mark_up if is_on else self._policy.mark_down
        for member in self._weights:
            if member in self._down:
                show(member)

    def situate(self, caller: CallerFacts) -> None:
        """A level balanced as a whole does not care where its caller is."""

    def pick(self, now: TimeNs, avoid: int, key: int | None) -> int:
        """Pick as the policy does; ``key`` is what the request is about, None for nothing."""
        return pick_from(self._policy, now, avoid, key)

    def started(self, member: int, zone: str) -> None:
        """An attempt was sent to the member."""
        for policy in self._policies_at(zone):
            policy.started(member)

    def finished(self, member: int, outcome: int, duration_ns: DurationNs, zone: str) -> None:
        """An attempt at the member ended; it may have left since."""
        for policy in self._policies_at(zone):
            policy.finished(member, outcome, duration_ns)

    def finished_at(
        self, member: int, outcome: int, duration_ns: DurationNs, now: TimeNs, zone: str
    ) -> None:
        """An attempt at the member ended at ``now``; it may have left since."""
        for policy in self._policies_at(zone):
            policy.finished_at(member, outcome, duration_ns, now)

    def snapshot(self) -> BalancerSnapshot:
        """Members in the order they joined, with their true states."""
        return BalancerSnapshot(
            tuple(
                replace(entry, is_up=entry.member not in self._down)
                for entry in self._policy.snapshot().members
            )
        )

    def _policies_at(self, _zone: str) -> Iterable[Balancer]:
        """Every policy that knows the members of a zone; the policy of the whole leads."""
        return (self._policy,)

    def _changed(self) -> None:
        """Somebody came, went, or changed state or weight."""
