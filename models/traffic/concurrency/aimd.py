"""AIMD: one more while it goes well, a tenth less when something is dropped."""

from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.traffic.concurrency.base import CountingLimit, LimitRange


@dataclass(frozen=True, slots=True)
class AimdConfig:
    """``backoff_ratio`` is what a drop leaves of the limit; slower than ``slow_ns`` is a drop.

    The limit changes at most once in ``window_ns``; 0 means with every call.
    """

    bounds: LimitRange = LimitRange()
    backoff_ratio: float = 0.9
    slow_ns: DurationNs = 5 * NS_PER_S
    window_ns: DurationNs = 0


class AimdLimit(CountingLimit):
    """Additive increase, multiplicative decrease.

    A window in which a call was dropped makes the limit min(limit - 1, floor(limit * ratio)). One
    without makes it limit + 1 if half of it was in use at some time: a limit that nobody comes
    near must not grow without end. The window is closed by the first call that ends after it.

    Source: Netflix concurrency-limits ``AIMDLimit`` (per call) and ``WindowedLimit``;
    semantics 8.7 (+1 per window, x 0.9 on drop).

    Raises:
        ConfigError: bounds out of order, a ratio outside (0, 1), or a negative duration.
    """

    __slots__ = ("_config", "_is_dropped", "_peak", "_window_ends")

    def __init__(self, config: AimdConfig) -> None:
        super().__init__(config.bounds)
        if not 0.0 < config.backoff_ratio < 1.0:
            raise ConfigError(f"AIMD: backoff_ratio {config.backoff_ratio} is not in (0, 1)")
        if config.slow_ns < 0 or config.window_ns < 0:
            raise ConfigError("AIMD: durations must not be negative")
        self._config = config
        self._window_ends: TimeNs = config.window_ns
        self._peak = 0
        self._is_dropped = False

    def _learn(
        self, in_flight: int, now: TimeNs, duration_ns: DurationNs, is_dropped: bool
    ) -> None:
        config = self._config
        self._peak = max(in_flight, self._peak)
        self._is_dropped |= is_dropped or duration_ns > config.slow_ns
        if now < self._window_ends:
            return
        limit = self._limit
        if self._is_dropped:
            limit = min(limit - 1, int(limit * config.backoff_ratio))
        elif 2 * self._peak >= limit:
            limit += 1
        self._limit = max(self._lowest, min(self._highest, limit))
        self._peak = 0
        self._is_dropped = False
        self._window_ends = now + config.window_ns
