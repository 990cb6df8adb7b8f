"""Where members and their caller stand: facts that only some balancers ask for.

A plain policy knows members by number and weight and pays nothing for this. A balancer that
routes by zone or by priority is a :class:`PlacedBalancer`; who feeds it from discovery checks
that once, and tells it each member's facts before the member is added.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from models.base.errors import ConfigError
from models.traffic.balancer.base import Balancer

PRIORITY_MAX = 127


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """Where a member stands. ``priority`` 0 is served first, higher ones take the overflow.

    Raises:
        ConfigError: ``priority`` is not in [0, ``PRIORITY_MAX``].
    """

    zone: str = ""
    priority: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.priority <= PRIORITY_MAX:
            raise ConfigError(f"priority {self.priority} is not in [0, {PRIORITY_MAX}]")


@dataclass(frozen=True, slots=True)
class CallerFacts:
    """Who picks: its zone, its number among the callers of its service, and where those are.

    ``callers_by_zone`` counts the healthy callers of each zone, this one among them. ``index``
    counts from 0 and tells the callers of one service apart.

    Raises:
        ConfigError: a negative number, or a zone counted twice.
    """

    zone: str = ""
    index: int = 0
    callers_by_zone: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if self.index < 0 or any(count < 0 for _, count in self.callers_by_zone):
            raise ConfigError("a caller's index and the counts of callers must not be negative")
        if len(dict(self.callers_by_zone)) != len(self.callers_by_zone):
            raise ConfigError("callers of one zone are counted twice")


@runtime_checkable
class PlacedBalancer(Balancer, Protocol):
    """A balancer that wants to know where members and its caller stand."""

    def place(self, member: int, facts: MemberFacts) -> None:
        """Say where a member stands, before it is added. Without it the defaults hold.

        Raises:
            ConfigError: the member has already been added, or told of, elsewhere: a member
                never moves, another place is another member.
        """
        ...

    def situate(self, caller: CallerFacts) -> None:
        """Say where the caller stands, and again whenever its peers come or go."""
        ...
