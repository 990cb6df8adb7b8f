"""Gradient: compare how long calls take now with how long they usually take."""

from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.traffic.concurrency.base import CountingLimit, LimitRange

_WARM_UP = 10
_STEEPEST = 0.5
_RECOVERING_FROM = 2.0
_RECOVERY = 0.95


@dataclass(frozen=True, slots=True)
class GradientConfig:
    """``long_window``: calls over which the usual time is averaged.

    The limit may grow by ``headroom`` while calls take at most ``tolerance`` times the usual
    time; each new limit counts ``smoothing``, the old one the rest.
    """

    bounds: LimitRange = LimitRange(initial=20, lowest=20, highest=200)
    headroom: int = 4
    smoothing: float = 0.2
    tolerance: float = 1.5
    long_window: int = 600


class GradientLimit(CountingLimit):
    """limit * gradient + headroom, smoothed, with gradient = tolerance * usual / now.

    The gradient is kept in [0.5, 1]. Nothing changes while less than half of the limit is in
    use. When the usual time is more than twice the present one, an overload is over, and it is
    brought down by 5 % a call instead of waiting for the average. Whether a call was dropped is
    not looked at.

    Source: Netflix concurrency-limits ``Gradient2Limit`` and ``ExpAvgMeasurement``;
    semantics 8.7.

    Raises:
        ConfigError: bounds out of order, smoothing outside (0, 1], tolerance below 1, a negative
            headroom, or a window below 1.
    """

    __slots__ = ("_config", "_count", "_estimate", "_factor", "_sum", "_usual_ns")

    def __init__(self, config: GradientConfig) -> None:
        super().__init__(config.bounds)
        if not 0.0 < config.smoothing <= 1.0 or config.tolerance < 1.0:
            raise ConfigError("gradient: smoothing must be in (0, 1] and tolerance at least 1")
        if config.headroom < 0 or config.long_window < 1:
            raise ConfigError("gradient: headroom must not be negative, the window at least 1")
        self._config = config
        self._estimate = float(config.bounds.initial)
        self._factor = 2.0 / (config.long_window + 1)
        self._count = 0
        self._sum = 0.0
        self._usual_ns = 0.0

    @property
    def usual_ns(self) -> float:
        """The long-term average of a call's time, in nanoseconds; 0 before the first call."""
        return self._usual_ns

    def _learn(
        self, in_flight: int, _now: TimeNs, duration_ns: DurationNs, _is_dropped: bool
    ) -> None:
        present = float(max(1, duration_ns))
        self._average(present)
        usual = self._usual_ns
        if usual / present > _RECOVERING_FROM:
            self._usual_ns = usual * _RECOVERY
        if in_flight < self._estimate / 2:
            return
        config = self._config
        gradient = max(_STEEPEST, min(1.0, config.tolerance * usual / present))
        wanted = self._estimate * gradient + config.headroom
        smoothed = self._estimate * (1.0 - config.smoothing) + wanted * config.smoothing
        self._estimate = max(float(self._lowest), min(float(self._highest), smoothed))
        self._limit = int(self._estimate)

    def _average(self, present: float) -> None:
        """Plain mean of the first ten calls, exponential from then on."""
        if self._count < _WARM_UP:
            self._count += 1
            self._sum += present
            self._usual_ns = self._sum / self._count
        else:
            self._usual_ns = self._usual_ns * (1.0 - self._factor) + present * self._factor
