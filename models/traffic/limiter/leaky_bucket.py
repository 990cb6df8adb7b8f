"""Leaky bucket: calls pour in, the bucket leaks at a rate, and what would overflow is refused.

As a meter it lets everything through at once that fits; as a shaper it gives each call the delay
after which it leaks out, so that what leaves is spaced evenly.
"""

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.traffic.limiter.base import ADMITTED, NEVER, Rate

OVERFLOW = -1
"""The answer of :meth:`LeakyBucket.delay` to a call that does not fit."""


class LeakyBucket:
    """Bucket with room for ``burst`` calls beyond the one that is leaking out.

    The first call of a burst does not wait, so ``burst + 1`` fit at one instant; over any span
    at most burst + 1 + rate * span are let through. A call of ``cost`` n counts as n at once.

    Source: nginx ``ngx_http_limit_req_module.c``: excess = max(0, excess - rate * dt + 1), 0 for
    the first call, refused if above burst, delayed by excess / rate. Semantics 8.6 writes the +1
    outside the maximum, which would refuse even the first call without a burst. Counts in
    nanoseconds, where nginx counts in milliseconds and thousandths.

    Raises:
        ConfigError: the burst is negative.
    """

    __slots__ = ("_as_of", "_leak", "_room", "_unit", "_water")

    def __init__(self, rate: Rate, burst: int = 0) -> None:
        if burst < 0:
            raise ConfigError(f"rate limit: burst must not be negative, but is {burst}")
        self._leak = rate.permits
        self._unit = rate.per_ns
        self._room = (burst + 1) * rate.per_ns
        self._water = 0
        self._as_of: TimeNs = 0

    def try_acquire(self, now: TimeNs, cost: int = 1, /) -> DurationNs:
        """Pour in ``cost`` calls and let them through at once, or say when they would fit."""
        before = self._water_at(now)
        after = before + cost * self._unit
        if after <= self._room:
            self._water = after
            self._as_of = now
            return ADMITTED
        if cost * self._unit > self._room:
            return NEVER
        return -((self._room - after) // self._leak)

    def delay(self, now: TimeNs, cost: int = 1, /) -> DurationNs:
        """Pour in ``cost`` calls; their delay in nanoseconds, or ``OVERFLOW`` (-1)."""
        before = self._water_at(now)
        if self.try_acquire(now, cost) != ADMITTED:
            return OVERFLOW
        return -(-before // self._leak)

    def _water_at(self, now: TimeNs) -> int:
        return max(0, self._water - max(0, now - self._as_of) * self._leak)
