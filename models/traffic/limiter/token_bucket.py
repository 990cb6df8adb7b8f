"""Token bucket: permits flow in at a rate, up to a capacity; a call takes what it costs.

A caller that was silent may burst by the capacity. Over any span, what is let through is at most
capacity + rate * span.
"""

from models.base.time import DurationNs, TimeNs
from models.traffic.limiter.base import ADMITTED, NEVER, Rate, refuse_below_one


class TokenBucket:
    """Bucket that starts full, with continuous refill.

    The level is kept in units of 1 / ``per_ns`` of a permit, of which every nanosecond brings
    ``permits``.

    Source: Turner 1986; semantics 8.6.

    Raises:
        ConfigError: the capacity is below 1.
    """

    __slots__ = ("_as_of", "_capacity", "_gain", "_level", "_unit")

    def __init__(self, rate: Rate, capacity: int) -> None:
        refuse_below_one("capacity", capacity)
        self._gain = rate.permits
        self._unit = rate.per_ns
        self._capacity = capacity * rate.per_ns
        self._level = self._capacity
        self._as_of: TimeNs = 0

    def try_acquire(self, now: TimeNs, cost: int = 1, /) -> DurationNs:
        """Take ``cost`` tokens, or say how long until they are there."""
        level = self._level
        if now > self._as_of:
            level = min(self._capacity, level + (now - self._as_of) * self._gain)
            self._as_of = now
        need = cost * self._unit
        if level >= need:
            self._level = level - need
            return ADMITTED
        self._level = level
        if need > self._capacity:
            return NEVER
        return -((level - need) // self._gain)

    def tokens(self, now: TimeNs) -> float:
        """What is in the bucket, in tokens, for reports. Changes nothing."""
        earned = max(0, now - self._as_of) * self._gain
        return min(self._capacity, self._level + earned) / self._unit
