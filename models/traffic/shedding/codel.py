"""CoDel: drop from a queue that stands, leave alone a queue that moves.

A burst makes any queue long for a moment. A queue in which even the luckiest request of a whole
interval waited longer than the target is a standing queue: it adds delay and no throughput. Then
requests are dropped at the head, ever faster until the queue moves again.
"""

from dataclasses import dataclass
from math import isqrt

from models.base.errors import ConfigError
from models.base.time import NS_PER_MS, DurationNs, TimeNs

_RECENTLY = 16
_NOT_ABOVE = -1


@dataclass(frozen=True, slots=True)
class CodelConfig:
    """Target wait and interval. A queue of at most ``kept`` behind the request is not dropped from.

    ``kept`` stands for the one full-size packet that the original leaves in the buffer.
    """

    target_ns: DurationNs = 5 * NS_PER_MS
    interval_ns: DurationNs = 100 * NS_PER_MS
    kept: int = 1


def next_drop(after: TimeNs, interval_ns: DurationNs, count: int) -> TimeNs:
    """Control law: ``after`` + interval / sqrt(count), rounded down to a nanosecond, exactly.

    floor(i / sqrt(c)) is the integer square root of floor(i * i / c); it is at least 1 while the
    count is at most the interval squared.
    """
    return after + isqrt(interval_ns * interval_ns // count)


class Codel:
    """Judges every request that is taken from the head of one queue.

    A caller that is told to drop takes the next one and asks again, at the same instant.

    Source: RFC 8289, section 5 (pseudocode), per request instead of per byte; semantics 8.7.

    Raises:
        ConfigError: a duration below 1 ns, or ``kept`` is negative.
    """

    __slots__ = ("_above_from", "_config", "_count", "_drop_at", "_is_dropping", "_last_count",
                 "_owes_step")  # fmt: skip

    def __init__(self, config: CodelConfig) -> None:
        if config.target_ns < 1 or config.interval_ns < 1 or config.kept < 0:
            raise ConfigError("CoDel: target and interval must be at least 1 ns, kept 0 or more")
        self._config = config
        self._above_from: TimeNs = _NOT_ABOVE
        self._is_dropping = False
        self._drop_at: TimeNs = 0
        self._count = 0
        self._last_count = 0
        self._owes_step = False

    @property
    def is_dropping(self) -> bool:
        """True while the queue is thought to stand."""
        return self._is_dropping

    @property
    def count(self) -> int:
        """Drops since the queue was found standing; sets the pace."""
        return self._count

    def drops(self, now: TimeNs, enqueued_at: TimeNs, left: int) -> bool:
        """Drop this request? ``left`` others are still in the queue behind it. Hot path."""
        is_late = self._is_late(now, enqueued_at, left)
        if not self._is_dropping:
            if is_late:
                self._start_dropping(now)
            return is_late
        if not is_late:
            self._is_dropping = False
            return False
        if self._owes_step:
            self._owes_step = False
            self._drop_at = next_drop(self._drop_at, self._config.interval_ns, self._count)
        if now < self._drop_at:
            return False
        self._count += 1
        self._owes_step = True
        return True

    def emptied(self) -> None:
        """The queue was found empty: it does not stand."""
        self._above_from = _NOT_ABOVE
        self._is_dropping = False

    def _is_late(self, now: TimeNs, enqueued_at: TimeNs, left: int) -> bool:
        """Has the wait been at or above the target for a whole interval?"""
        config = self._config
        if now - enqueued_at < config.target_ns or left <= config.kept:
            self._above_from = _NOT_ABOVE
            return False
        if self._above_from == _NOT_ABOVE:
            self._above_from = now + config.interval_ns
            return False
        return now >= self._above_from

    def _start_dropping(self, now: TimeNs) -> None:
        """Drop the first; if dropping ended only lately, go on nearly as fast as it was."""
        config = self._config
        self._is_dropping = True
        self._owes_step = False
        grown = self._count - self._last_count
        is_recent = now - self._drop_at < _RECENTLY * config.interval_ns
        self._count = grown if grown > 1 and is_recent else 1
        self._last_count = self._count
        self._drop_at = next_drop(now, config.interval_ns, self._count)
