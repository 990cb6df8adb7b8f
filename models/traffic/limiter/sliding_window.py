"""Sliding window: the span that is counted ends now, wherever now is.

The log remembers every call and is exact. The counter remembers two numbers and takes the calls
of the window before as spread evenly over it, which a caller can exploit up to twice the limit.
"""

from collections import deque

from models.base.time import DurationNs, TimeNs
from models.traffic.limiter.base import ADMITTED, NEVER, Rate


class SlidingLog:
    """At most ``rate.permits`` in every span (t - ``rate.per_ns``, t], exactly.

    Keeps one entry per call let through, so memory and the worst call are O(permits).

    Source: semantics 8.6.
    """

    __slots__ = ("_limit", "_log", "_taken", "_window_ns")

    def __init__(self, rate: Rate) -> None:
        self._limit = rate.permits
        self._window_ns = rate.per_ns
        self._log: deque[tuple[TimeNs, int]] = deque()
        self._taken = 0

    def try_acquire(self, now: TimeNs, cost: int = 1, /) -> DurationNs:
        """Take ``cost`` permits, or say when enough of those taken will be a window old."""
        log = self._log
        while log and log[0][0] <= now - self._window_ns:
            self._taken -= log.popleft()[1]
        if self._taken + cost <= self._limit:
            log.append((now, cost))
            self._taken += cost
            return ADMITTED
        return NEVER if cost > self._limit else self._wait(now, cost)

    def _wait(self, now: TimeNs, cost: int) -> DurationNs:
        missing = self._taken + cost - self._limit
        leaves_at = now
        for taken_at, taken in self._log:
            leaves_at = taken_at + self._window_ns
            missing -= taken
            if missing <= 0:
                break
        return leaves_at - now


class SlidingCounter:
    """Estimate of the calls in the last ``rate.per_ns`` from two counters.

    estimate = previous * (1 - f) + current, with f the share of the present window that has
    passed; a call is let through while the estimate is below ``rate.permits``. Over any span of
    a window's length less than twice the limit is let through.

    Source: semantics 8.6; Cloudflare, "How we built rate limiting".
    """

    __slots__ = ("_current", "_limit", "_number", "_previous", "_window_ns")

    def __init__(self, rate: Rate) -> None:
        self._limit = rate.permits
        self._window_ns = rate.per_ns
        self._number = 0
        self._previous = 0
        self._current = 0

    def try_acquire(self, now: TimeNs, cost: int = 1, /) -> DurationNs:
        """Take ``cost`` permits, or say when the estimate leaves room for them."""
        number = now // self._window_ns
        if number > self._number:
            self._previous = self._current if number == self._number + 1 else 0
            self._current = 0
            self._number = number
        passed = max(0, now - self._number * self._window_ns)
        spare = self._limit - self._current - cost + 1
        if self._previous * (self._window_ns - passed) < spare * self._window_ns:
            self._current += cost
            return ADMITTED
        if cost > self._limit:
            return NEVER
        return self._room_after(spare, cost) - passed

    def estimate(self, now: TimeNs) -> float:
        """Calls thought to be in the window that ends at ``now``, for reports. Changes nothing."""
        ahead = now // self._window_ns - self._number
        if ahead > 1:
            return 0.0
        before, present = (self._previous, self._current) if ahead < 1 else (self._current, 0)
        return before * (1.0 - now % self._window_ns / self._window_ns) + present

    def _room_after(self, spare: int, cost: int) -> DurationNs:
        """Nanoseconds from the present window's start until the estimate leaves room."""
        window_ns = self._window_ns
        if spare > 0:
            return window_ns - _below(spare * window_ns, self._previous)
        spare = self._limit - cost + 1
        return 2 * window_ns - _below(spare * window_ns, self._current)


def _below(product: int, factor: int) -> int:
    """The greatest n with n * ``factor`` < ``product``."""
    return (product - 1) // factor
