"""Vegas: tell from the fastest call how many calls must be queueing, and keep them few."""

from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs
from models.traffic.concurrency.base import CountingLimit, LimitRange

_UNKNOWN = 0


@dataclass(frozen=True, slots=True)
class VegasConfig:
    """Queues of fewer than ``alpha`` let the limit grow, of more than ``beta`` make it shrink.

    Both, and the step, grow with the number of digits of the limit. The fastest call is measured
    anew after about ``probe_multiplier`` calls per unit of the limit.
    """

    bounds: LimitRange = LimitRange()
    alpha: int = 3
    beta: int = 6
    probe_multiplier: int = 30


class VegasLimit(CountingLimit):
    """queue = ceil(limit * (1 - fastest / duration)), in whole numbers.

    With d the digits of the limit less one, at least 1: a queue of at most d adds beta * d; one
    below alpha * d adds d; one above beta * d takes d off, as does a dropped call. Nothing
    changes while less than half of the limit is in use.

    Source: Netflix concurrency-limits ``VegasLimit``, smoothing 1; semantics 8.7.

    Raises:
        ConfigError: bounds out of order, not 1 <= alpha <= beta, or a multiplier below 1.
    """

    __slots__ = ("_config", "_fastest_ns", "_probe_from", "_since_probe", "_stream")

    def __init__(self, config: VegasConfig, stream: Stream) -> None:
        super().__init__(config.bounds)
        if not 1 <= config.alpha <= config.beta or config.probe_multiplier < 1:
            raise ConfigError("Vegas: needs 1 <= alpha <= beta and a probe multiplier")
        self._config = config
        self._stream = stream
        self._fastest_ns: DurationNs = _UNKNOWN
        self._since_probe = 0
        self._probe_from = self._draw_probe()

    @property
    def fastest_ns(self) -> DurationNs:
        """Time of a call that did not queue, as far as is known; 0 if nothing is."""
        return self._fastest_ns

    def _learn(
        self, in_flight: int, _now: TimeNs, duration_ns: DurationNs, is_dropped: bool
    ) -> None:
        self._since_probe += 1
        is_probe = self._probe_from * self._limit <= self._since_probe
        if is_probe:
            self._since_probe = 0
            self._probe_from = self._draw_probe()
        if is_probe or self._fastest_ns == _UNKNOWN or duration_ns < self._fastest_ns:
            self._fastest_ns = max(1, duration_ns)
            return
        step = self._step(in_flight, duration_ns, is_dropped)
        self._limit = max(self._lowest, min(self._highest, self._limit + step))

    def _step(self, in_flight: int, duration_ns: DurationNs, is_dropped: bool) -> int:
        limit, config = self._limit, self._config
        scale = max(1, len(str(limit)) - 1)
        queue = limit - limit * self._fastest_ns // duration_ns
        if is_dropped:
            return -scale
        if 2 * in_flight < limit:
            return 0
        if queue <= scale:
            return config.beta * scale
        if queue < config.alpha * scale:
            return scale
        return -scale if queue > config.beta * scale else 0

    def _draw_probe(self) -> float:
        """Between half and the whole multiplier, so that many clients do not probe together."""
        return (0.5 + 0.5 * self._stream.uniform()) * self._config.probe_multiplier
