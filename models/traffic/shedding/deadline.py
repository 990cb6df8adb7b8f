"""Deadline-aware shedding: do not work on what will be too late.

Dropping only what has expired already is not enough under overload: what is left has nearly
expired, is worked on, and expires during the work. What rescues is to drop what *cannot finish*,
which needs an estimate of the time it takes.
"""

from enum import IntEnum

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.traffic.estimate import MovingAverage, RecentPercentile


class Fate(IntEnum):
    """What becomes of a request."""

    SERVE = 0
    EXPIRED = 1
    HOPELESS = 2


def is_expired(now: TimeNs, deadline: TimeNs) -> bool:
    """Nobody waits any more at the deadline itself: the remaining time is 0.

    Source: semantics 8.5 (when remaining <= 0, fail without calling; drop at dequeue).
    """
    return now >= deadline


class DeadlineShedder:
    """Judges requests when they arrive and when their turn comes.

    ``estimate`` is the service time that is expected of the next request: a moving average, or a
    percentile if being wrong late is worse than being wrong early. Until it has seen enough,
    only what has expired is dropped. Without an estimate likewise, for ever.

    Source: semantics 8.5, 8.7.

    Raises:
        ConfigError: fewer than one slot.
    """

    __slots__ = ("_estimate", "_slots")

    def __init__(
        self, estimate: MovingAverage | RecentPercentile | None = None, *, slots: int = 1
    ) -> None:
        if slots < 1:
            raise ConfigError(f"deadline shedding needs at least one slot, not {slots}")
        self._estimate = estimate
        self._slots = slots

    @property
    def service_ns(self) -> DurationNs:
        """Time the next request is expected to take; 0 while unknown."""
        value = None if self._estimate is None else self._estimate.value
        return 0 if value is None else int(value)

    def served(self, service_ns: DurationNs) -> None:
        """A request took so long from its turn to its end."""
        if self._estimate is not None:
            self._estimate.add(service_ns)

    def at_dequeue(self, now: TimeNs, deadline: TimeNs) -> Fate:
        """Judge a request whose turn has come. It may end exactly at its deadline. Hot path."""
        if now >= deadline:
            return Fate.EXPIRED
        return Fate.HOPELESS if now + self.service_ns > deadline else Fate.SERVE

    def at_arrival(
        self, now: TimeNs, deadline: TimeNs, ahead: int, *, is_idle: bool = False
    ) -> Fate:
        """Judge a request that would wait behind ``ahead`` others, for the first free slot.

        Its turn is expected when ``ahead // slots`` rounds of service are over. Where a slot
        ``is_idle`` it is served whatever is expected: who serves nothing learns nothing, and
        would go on refusing for ever what a stall has taught it to despair of.
        """
        if now >= deadline:
            return Fate.EXPIRED
        if is_idle:
            return Fate.SERVE
        service_ns = self.service_ns
        end = now + (ahead // self._slots + 1) * service_ns
        return Fate.HOPELESS if end > deadline else Fate.SERVE
