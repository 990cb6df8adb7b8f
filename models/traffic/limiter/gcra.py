"""Generic cell rate algorithm: one instant of memory.

It keeps the theoretical arrival time (TAT), when the next call would be on schedule if calls came
evenly, and refuses calls that come earlier than that by more than the tolerance.
"""

from models.base.time import DurationNs, TimeNs
from models.traffic.limiter.base import ADMITTED, NEVER, Rate, refuse_below_one


class Gcra:
    """Lets ``burst`` calls through at one instant, then one per emission interval T.

    T is ``per_ns / permits`` and the tolerance (``burst`` - 1) * T; instants are kept in units
    of 1 / ``permits`` of a nanosecond, in which T is whole. Over any span at most
    burst + rate * span are let through.

    Source: ITU-T I.371, virtual scheduling: refuse if t < TAT - tolerance, else
    TAT = max(t, TAT) + T; semantics 8.6. A call of ``cost`` n is n calls at once or none.

    Raises:
        ConfigError: the burst is below 1.
    """

    __slots__ = ("_interval", "_scale", "_tat", "_tolerance")

    def __init__(self, rate: Rate, burst: int = 1) -> None:
        refuse_below_one("burst", burst)
        self._scale = rate.permits
        self._interval = rate.per_ns
        self._tolerance = burst * rate.per_ns
        self._tat = 0

    def try_acquire(self, now: TimeNs, cost: int = 1, /) -> DurationNs:
        """Move the schedule on by ``cost`` intervals, or say when that would be tolerated."""
        instant = now * self._scale
        after = max(instant, self._tat) + cost * self._interval
        early = after - self._tolerance - instant
        if early <= 0:
            self._tat = after
            return ADMITTED
        if cost * self._interval > self._tolerance:
            return NEVER
        return -(-early // self._scale)
