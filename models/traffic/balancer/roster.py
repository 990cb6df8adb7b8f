"""Who belongs to a balancer and who is up: the part that all policies share.

The members that are up stand in one list in the order they joined, however often they went
down and came back, so a policy's state depends on who is up and not on how that came about.
Policies hear of each change of that list exactly once, through the three hooks.
"""

from typing import ClassVar

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.traffic.balancer.base import NO_MEMBER, Balancer, BalancerSnapshot, MemberSnapshot


class Roster:
    """Membership of one balancer. Changes cost O(members); they are rare beside picks."""

    __slots__ = ("_down", "_up", "_weights")

    tracks_load: ClassVar[bool] = False
    needs_key: ClassVar[bool] = False
    needs_time: ClassVar[bool] = False

    def __init__(self) -> None:
        self._weights: dict[int, int] = {}
        self._down: set[int] = set()
        self._up: list[int] = []

    def add(self, member: int, weight: int = 1) -> None:
        """Let a member in, up. For a known member only its weight changes.

        Raises:
            ConfigError: the member is negative or the weight below 1.
        """
        if member < 0:
            raise ConfigError(f"member {member} must not be negative")
        if weight < 1:
            raise ConfigError(f"member {member}: weight {weight} must be at least 1")
        known_weight = self._weights.get(member)
        self._weights[member] = weight
        if known_weight is None:
            self._up.append(member)
            self._joined(len(self._up) - 1)
        elif known_weight != weight:
            self._reweighted()

    def remove(self, member: int) -> None:
        """Let a member go.

        Raises:
            ConfigError: the member is not known.
        """
        self.mark_down(member)
        self._down.remove(member)
        del self._weights[member]

    def mark_down(self, member: int) -> None:
        """Stop picking a member; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        self._require(member)
        if member in self._down:
            return
        self._down.add(member)
        position = self._up.index(member)
        del self._up[position]
        self._left(position)

    def mark_up(self, member: int) -> None:
        """Pick a member again; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        self._require(member)
        if member not in self._down:
            return
        self._down.remove(member)
        self._up = [known for known in self._weights if known not in self._down]
        self._joined(self._up.index(member))

    def pick_keyed(self: Balancer, _key: int, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Policies that do not need a key pick without it."""
        return self.pick(now, avoid)

    def started(self, _member: int, /) -> None:
        """Policies that do not track load have nothing to note."""

    def finished(self, _member: int, _outcome: int, _duration_ns: DurationNs, /) -> None:
        """Policies that do not track load have nothing to note."""

    def finished_at(
        self, member: int, outcome: int, duration_ns: DurationNs, _now: TimeNs, /
    ) -> None:
        """Policies that do not need the time note an end without it."""
        self.finished(member, outcome, duration_ns)

    def snapshot(self) -> BalancerSnapshot:
        """Members in the order they joined, with their states."""
        return BalancerSnapshot(
            tuple(
                MemberSnapshot(member, weight, member not in self._down, self._active_of(member))
                for member, weight in self._weights.items()
            )
        )

    def _require(self, member: int) -> None:
        if member not in self._weights:
            raise ConfigError(f"member {member} was never added to this balancer")

    def _joined(self, position: int) -> None:
        """The member now at ``position`` of the list came up."""

    def _left(self, position: int) -> None:
        """The member that stood at ``position`` of the list went down or away."""

    def _reweighted(self) -> None:
        """A known member's weight changed."""

    def _active_of(self, _member: int) -> int | None:
        return None
