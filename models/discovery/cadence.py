"""Periodic work at ``start + k * period``: late ticks neither drift nor pile up."""

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs


class Cadence:
    """The instants ``start + k * period`` (ns, k >= 0), each taken at most once."""

    __slots__ = ("_next_ns", "_period_ns")

    def __init__(self, start_ns: TimeNs, period_ns: DurationNs) -> None:
        if period_ns <= 0:
            raise ConfigError(f"a period must be longer than 0, not {period_ns} ns")
        self._next_ns = start_ns
        self._period_ns = period_ns

    @property
    def next_ns(self) -> TimeNs:
        """The next instant at which work is due."""
        return self._next_ns

    def take(self, *, now: TimeNs) -> bool:
        """Whether work is due at ``now``; if so, the next instant is the first one after it."""
        if now < self._next_ns:
            return False
        missed = (now - self._next_ns) // self._period_ns
        self._next_ns += (missed + 1) * self._period_ns
        return True
