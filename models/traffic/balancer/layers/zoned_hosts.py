"""A priority level whose members are also kept by zone, each zone with a policy of its own.

Every policy hears of every attempt, so the whole and the zones agree on who is busy. Which
zone a pick goes to is left to the kinds of this level; in panic, and when the chosen zone has
nobody else to offer, the level is balanced as a whole.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable

from models.base.time import TimeNs
from models.traffic.balancer.base import NO_MEMBER, Balancer
from models.traffic.balancer.layers.host_set import HostSet, pick_from


class Zone:
    """Members of one zone: their policy, how many there are and how many are up."""

    __slots__ = ("available", "down", "members", "policies", "policy")

    def __init__(self, whole: Balancer, policy: Balancer) -> None:
        self.policy = policy
        self.policies = (whole, policy)
        self.members: set[int] = set()
        self.down: set[int] = set()
        self.available = 0


class ZonedHosts(HostSet):
    """Common part of levels that choose a zone first. ``make_policy`` makes empty policies.

    A pick costs what choosing the zone and the zone's policy cost; a change of membership is
    O(zones).
    """

    __slots__ = ("_make_policy", "_zones")

    def __init__(self, make_policy: Callable[[], Balancer]) -> None:
        super().__init__(make_policy())
        self._make_policy = make_policy
        self._zones: dict[str, Zone] = {}

    def add(self, member: int, weight: int, zone: str) -> None:
        """Let a member in, up; for a known one only its weight changes."""
        if zone not in self._zones:
            self._zones[zone] = Zone(self._policy, self._make_policy())
        self._zones[zone].members.add(member)
        super().add(member, weight, zone)

    def remove(self, member: int, zone: str) -> None:
        """Let a member go. Its zone stays known, for the attempts still under way."""
        self._zones[zone].members.discard(member)
        self._zones[zone].down.discard(member)
        super().remove(member, zone)

    def mark_down(self, member: int, zone: str) -> None:
        """Count a member as unavailable; in panic it is picked all the same."""
        self._zones[zone].down.add(member)
        super().mark_down(member, zone)

    def mark_up(self, member: int, zone: str) -> None:
        """Count a member as available again."""
        self._zones[zone].down.discard(member)
        super().mark_up(member, zone)

    def pick(self, now: TimeNs, avoid: int, key: int | None) -> int:
        """Pick in the zone chosen, or in the whole where that cannot serve."""
        if not self.is_in_panic:
            zone = self._choose_zone()
            if zone is not None:
                member = pick_from(zone.policy, now, avoid, key)
                if member not in (NO_MEMBER, avoid):
                    return member
        return pick_from(self._policy, now, avoid, key)

    def _policies_at(self, zone: str) -> Iterable[Balancer]:
        return self._zones[zone].policies

    def _changed(self) -> None:
        for zone in self._zones.values():
            zone.available = len(zone.members) - len(zone.down)
        self._rearrange()

    @abstractmethod
    def _choose_zone(self) -> Zone | None:
        """The zone of this pick, or None to balance the level as a whole."""

    @abstractmethod
    def _rearrange(self) -> None:
        """Counts of the zones have changed."""
