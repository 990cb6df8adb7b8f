"""Fixed window: so many permits between two strokes of the clock.

The cheapest limiter to share, one counter, and the least fair: a caller that empties one window
at its end and the next at its start gets twice the limit within an instant.
"""

from models.base.time import DurationNs, TimeNs
from models.traffic.limiter.base import ADMITTED, NEVER, Rate, refuse_below_one


class FixedWindow:
    """At most ``rate.permits`` in each span [k, k + 1) * ``rate.per_ns``.

    Over any span of that length at most twice the limit is let through.

    Source: semantics 8.6; resilience4j ``RateLimiter`` without reservations.
    """

    __slots__ = ("_limit", "_number", "_taken", "_window_ns")

    def __init__(self, rate: Rate) -> None:
        self._limit = rate.permits
        self._window_ns = rate.per_ns
        self._number = 0
        self._taken = 0

    def try_acquire(self, now: TimeNs, cost: int = 1, /) -> DurationNs:
        """Take ``cost`` of this window's permits, or say when the next window begins."""
        number = now // self._window_ns
        if number > self._number:
            self._number = number
            self._taken = 0
        if self._taken + cost <= self._limit:
            self._taken += cost
            return ADMITTED
        if cost > self._limit:
            return NEVER
        return (self._number + 1) * self._window_ns - now


class ReservedWindow:
    """Fixed window whose callers may take permits of windows to come, and wait for them.

    Asked for a permit that the present window no longer has, it books one of a later window if
    the wait for it is at most ``wait_ns_max``.

    Source: resilience4j ``AtomicRateLimiter`` (limitForPeriod, limitRefreshPeriod,
    timeoutDuration); semantics 7.4.

    Raises:
        ConfigError: the longest wait is negative.
    """

    __slots__ = ("_left", "_limit", "_number", "_wait_ns_max", "_window_ns")

    def __init__(self, rate: Rate, wait_ns_max: DurationNs) -> None:
        refuse_below_one("wait_ns_max + 1", wait_ns_max + 1)
        self._limit = rate.permits
        self._window_ns = rate.per_ns
        self._wait_ns_max = wait_ns_max
        self._number = 0
        self._left = rate.permits

    def reserve(self, now: TimeNs, cost: int = 1, /) -> DurationNs:
        """Book ``cost`` permits: nanoseconds to wait before using them, ``NEVER`` if refused."""
        number = now // self._window_ns
        if number > self._number:
            earned = (number - self._number) * self._limit
            self._left = min(self._limit, self._left + earned)
            self._number = number
        left = self._left - cost
        wait = 0
        if left < 0:
            windows = -(left // self._limit)
            wait = (self._number + windows) * self._window_ns - now
        if wait > self._wait_ns_max:
            return NEVER
        self._left = left
        return wait
