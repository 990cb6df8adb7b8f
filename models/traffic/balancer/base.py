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

    Picks and reports of starts and ends are on the path of every attempt and take positional
    arguments. A policy whose ``tracks_load`` is False need not be told of starts and ends.

    A caller asks two questions once, when it is wired, and binds the verbs that answer them:
    where ``needs_key`` is True it picks by ``pick_keyed`` and hands in what the request is
    about; where ``needs_time`` is True it reports ends by ``finished_at``. The plain verbs work
    with every policy all the same: a keyed policy then draws a key, a policy that needs the
    time takes the instant it heard last. Policies that ask for neither pay nothing for it.
    """

    tracks_load: ClassVar[bool]

    @property
    def needs_key(self) -> bool:
        """True if the policy sends requests with the same key to the same member."""
        ...

    @property
    def needs_time(self) -> bool:
        """True if the policy learns from when an attempt ended, not only how."""
        ...

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

    def pick_keyed(self, key: int, now: TimeNs, /, avoid: int = NO_MEMBER) -> int:
        """Choose as ``pick`` does, for a request about ``key``.

        The key is any integer; its lowest 64 bits count. Keys need not be spread evenly: who
        hashes, hashes them. :func:`models.traffic.balancer.hashing.key_of` makes one of a text.
        """
        ...

    def started(self, member: int, /) -> None:
        """An attempt was sent to the member."""
        ...

    def finished(self, member: int, outcome: int, duration_ns: DurationNs, /) -> None:
        """An attempt at the member ended so; the member may have left since."""
        ...

    def finished_at(
        self, member: int, outcome: int, duration_ns: DurationNs, now: TimeNs, /
    ) -> None:
        """An attempt at the member ended so at ``now``; to be called instead of ``finished``."""
        ...

    def snapshot(self) -> BalancerSnapshot:
        """Members and their states, for reports. Changes nothing."""
        ...
