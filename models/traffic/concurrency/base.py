"""What every concurrency limit answers to, and the counting that all of them share.

By Little's law a limit on calls under way bounds both rate and time: when calls get slower, fewer
of them are let in. A limit that learns moves with what it sees of each call: how long it took,
how many were under way when it began, and whether it was dropped.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

from models.base.errors import ConfigError, SimulationError
from models.base.time import DurationNs, TimeNs

REFUSED = 0
"""What ``try_acquire`` answers instead of a permit."""


@dataclass(frozen=True, slots=True)
class LimitRange:
    """Where a learnt limit starts, and between which bounds it stays."""

    initial: int = 20
    lowest: int = 1
    highest: int = 1000


class ConcurrencyLimit(Protocol):
    """Lets so many calls be under way. Its verbs are on the path of every call: positional."""

    @property
    def limit(self) -> int:
        """Calls that may be under way now."""
        ...

    @property
    def in_flight(self) -> int:
        """Calls that are under way."""
        ...

    def try_acquire(self, now: TimeNs, /) -> int:
        """``REFUSED`` (0), or a permit (>= 1): the calls under way, this one included."""
        ...

    def release(
        self, permit: int, now: TimeNs, duration_ns: DurationNs, is_dropped: bool, /
    ) -> None:
        """Hand a permit back and learn from the call. Dropped: timed out or refused below.

        Raises:
            SimulationError: more calls ended than began.
        """
        ...

    def ignore(self, permit: int, /) -> None:
        """Hand a permit back without learning anything.

        Raises:
            SimulationError: more calls ended than began.
        """
        ...


class CountingLimit(ABC):
    """Counts the calls under way; a subclass says what is learnt when one ends.

    Raises:
        ConfigError: not 1 <= lowest <= initial <= highest.
    """

    __slots__ = ("_highest", "_in_flight", "_limit", "_lowest")

    def __init__(self, bounds: LimitRange) -> None:
        if not 1 <= bounds.lowest <= bounds.initial <= bounds.highest:
            raise ConfigError("concurrency limit: needs 1 <= lowest <= initial <= highest")
        self._lowest = bounds.lowest
        self._highest = bounds.highest
        self._limit = bounds.initial
        self._in_flight = 0

    @property
    def limit(self) -> int:
        """Calls that may be under way now; those under way already are never recalled."""
        return self._limit

    @property
    def in_flight(self) -> int:
        """Calls that are under way."""
        return self._in_flight

    def try_acquire(self, _now: TimeNs, /) -> int:
        """A permit while fewer calls than the limit are under way."""
        if self._in_flight >= self._limit:
            return REFUSED
        self._in_flight += 1
        return self._in_flight

    def release(
        self, permit: int, now: TimeNs, duration_ns: DurationNs, is_dropped: bool, /
    ) -> None:
        """Hand a permit back and learn from the call."""
        self.ignore(permit)
        self._learn(permit, now, duration_ns, is_dropped)

    def ignore(self, _permit: int, /) -> None:
        """Hand a permit back without learning anything."""
        if not self._in_flight:
            raise SimulationError("concurrency limit: a call ended that never began")
        self._in_flight -= 1

    @abstractmethod
    def _learn(
        self, in_flight: int, now: TimeNs, duration_ns: DurationNs, is_dropped: bool
    ) -> None:
        """``in_flight`` were under way when the call began, itself included."""
