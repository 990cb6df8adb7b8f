"""Interval bucket: tokens are put in by the handful, at ticks.

Cheaper to keep than continuous refill, and coarser: calls wait for the next tick and then come
together.
"""

from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.time import NS_PER_MS, DurationNs, TimeNs
from models.traffic.limiter.base import ADMITTED, NEVER, refuse_below_one

FILL_INTERVAL_NS_MIN = 50 * NS_PER_MS


@dataclass(frozen=True, slots=True)
class IntervalBucketConfig:
    """At most ``tokens_max`` tokens, ``tokens_per_fill`` more at every ``fill_interval_ns``."""

    tokens_max: int
    fill_interval_ns: DurationNs
    tokens_per_fill: int = 1


class IntervalBucket:
    """Bucket that starts full and is filled at ``start_ns + k * fill_interval_ns`` only.

    Source: Envoy local rate limit filter; semantics 8.6.

    Raises:
        ConfigError: a count below 1, or an interval below 50 ms.
    """

    __slots__ = ("_config", "_start_ns", "_ticks", "_tokens")

    def __init__(self, config: IntervalBucketConfig, *, start_ns: TimeNs = 0) -> None:
        refuse_below_one("tokens_max", config.tokens_max)
        refuse_below_one("tokens_per_fill", config.tokens_per_fill)
        if config.fill_interval_ns < FILL_INTERVAL_NS_MIN:
            raise ConfigError("rate limit: fill_interval_ns must be at least 50 ms")
        self._config = config
        self._start_ns = start_ns
        self._ticks = 0
        self._tokens = config.tokens_max

    def try_acquire(self, now: TimeNs, cost: int = 1, /) -> DurationNs:
        """Take ``cost`` tokens, or say how long until the tick that brings them."""
        config = self._config
        ticks = (now - self._start_ns) // config.fill_interval_ns
        if ticks > self._ticks:
            filled = self._tokens + (ticks - self._ticks) * config.tokens_per_fill
            self._tokens = min(config.tokens_max, filled)
            self._ticks = ticks
        missing = cost - self._tokens
        if missing <= 0:
            self._tokens -= cost
            return ADMITTED
        if cost > config.tokens_max:
            return NEVER
        fills = -(-missing // config.tokens_per_fill)
        return self._start_ns + (self._ticks + fills) * config.fill_interval_ns - now
