"""What every balancing policy answers to, whether built in or a user's own.

A balancer sees members as small integers chosen by its caller (instance indices). It learns who
belongs and who is up from its caller's view of the world, which may be stale: no policy here
asks anyone anything.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from models.base.time import DurationNs, TimeNs

NO_MEMBER = -1
"""The answer when no member is up, and the ``avoid`` that avoids nobody."""


@dataclass(frozen=True, slots=True)
class MemberSnapshot:
    """One member as the balancer sees it.

    ``active`` counts attempts started and not finished; None if the policy does not count.
    """

    member: int
    weight: int
    is_up: bool
    active: int | None


@dataclass(frozen=True, slots=True)
class BalancerSnapshot:
    """Members in the order they joined."""

    members: tuple[MemberSnapshot, ...]


class Balancer(Protocol):
    """Picks a member for each attempt.

    ``pick``, ``started`` and ``finished`` are on the path of every attempt and take positional
    arguments. A policy whose ``tracks_load`` is False need not be told of starts and ends.
    """

    tracks_load: ClassVar[bool]

    def add(self, member: int, weight: int = 1) -> None:
        """Let a member in, up. For a known member only its weight changes.

        Raises:
            ConfigError: the member is negative or the weight below 1.
        """
        ...

    def remove(self, member: int) -> None:
        """Let a member go.

        Raises:
            ConfigError: the member is not known.
        """
        ...

    def mark_down(self, member: int) -> None:
        """Stop picking a member; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        ...

    def mark_up(self, member: int) -> None:
        """Pick a member again; repeating it changes nothing.

        Raises:
            ConfigError: the member is not known.
        """
        ...

    def pick(self, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Choose a member that is up, or ``NO_MEMBER`` when none is.

        ``avoid`` is the target that was tried last: another one is chosen if another is up.
        """
        ...

    def started(self, member: int, /) -> None:
        """An attempt was sent to the member."""
        ...

    def finished(self, member: int, outcome: int, duration_ns: DurationNs, /) -> None:
        """An attempt at the member ended so; the member may have left since."""
        ...

    def snapshot(self) -> BalancerSnapshot:
        """Members and their states, for reports. Changes nothing."""
        ...
