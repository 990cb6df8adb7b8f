"""Adaptive concurrency by measured minimum: from time to time let few calls in and see how fast.

What calls take when hardly any is under way is what they take without queueing. Compared with
that, the time they take now says how much queueing there is.
"""

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum

from models.base.errors import ConfigError
from models.base.percentile import nearest_rank
from models.base.streams import Stream
from models.base.time import NS_PER_MS, NS_PER_S, DurationNs, TimeNs
from models.traffic.concurrency.base import CountingLimit, LimitRange

_GRADIENT_MIN, _GRADIENT_MAX = 0.5, 2.0
_STUCK_AFTER = 5
_SAMPLES_MAX = 10_000


class RttPhase(Enum):
    """What the limit is doing: measuring the minimum, or following the samples."""

    MEASURING = "measuring"
    FOLLOWING = "following"


@dataclass(frozen=True, slots=True)
class MinRttConfig:
    """Sampling and measuring of the gradient controller.

    The minimum is measured at the start and every ``measure_ns``, up to ``jitter_ratio`` of that
    later, from ``measure_calls`` calls at the limit ``bounds.lowest``. In between the limit is
    set anew every ``sample_ns`` from the ``quantile`` of the calls that ended, and may be up to
    ``buffer_ratio`` slower than the minimum without being called queueing.
    """

    bounds: LimitRange = LimitRange(initial=3, lowest=3, highest=1000)
    sample_ns: DurationNs = 100 * NS_PER_MS
    measure_ns: DurationNs = 60 * NS_PER_S
    measure_calls: int = 50
    jitter_ratio: float = 0.15
    buffer_ratio: float = 0.25
    quantile: float = 0.5


class MinRttLimit(CountingLimit):
    """limit * gradient + sqrt(limit * gradient), gradient = (minimum + buffer) / sample.

    The gradient is kept in [0.5, 2]. After five samples in a row that leave the limit at its
    lowest, the minimum itself is doubted and measured anew. Calls that began before a
    measurement say nothing in it.

    A decider with timers: call :meth:`tick` at :meth:`next_deadline`. The square root is rounded
    exactly by IEEE 754, so limits are the same everywhere.

    Source: Envoy ``gradient_controller.cc`` (adaptive concurrency filter). Differs in taking the
    quantile exactly, of at most the last 10,000 calls.

    Raises:
        ConfigError: bounds out of order, a duration or a number of calls below 1, or a ratio
            out of range.
    """

    __slots__ = ("_at_lowest", "_began_ns", "_config", "_deferred", "_measure_at", "_minimum_ns",
                 "_phase", "_sample_at", "_samples", "_stream")  # fmt: skip

    def __init__(self, config: MinRttConfig, stream: Stream, *, now: TimeNs = 0) -> None:
        super().__init__(config.bounds)
        if min(config.sample_ns, config.measure_ns, config.measure_calls) < 1:
            raise ConfigError("minimum RTT: durations and number of calls must be at least 1")
        if config.jitter_ratio < 0.0 or config.buffer_ratio < 0.0:
            raise ConfigError("minimum RTT: ratios must not be negative")
        if not 0.0 <= config.quantile <= 1.0:
            raise ConfigError(f"minimum RTT: quantile {config.quantile} is not in [0, 1]")
        self._config = config
        self._stream = stream
        self._samples: deque[DurationNs] = deque(maxlen=_SAMPLES_MAX)
        self._minimum_ns: DurationNs | None = None
        self._at_lowest = 0
        self._phase = RttPhase.MEASURING
        self._began_ns: TimeNs = now
        self._deferred = self._limit
        self._limit = self._lowest
        self._measure_at: TimeNs = now
        self._sample_at: TimeNs = now + config.sample_ns

    @property
    def phase(self) -> RttPhase:
        """What the limit is doing."""
        return self._phase

    @property
    def minimum_ns(self) -> DurationNs | None:
        """What calls take without queueing; None until it was measured."""
        return self._minimum_ns

    def next_deadline(self) -> TimeNs | None:
        """When the next sample or measurement is due; None while calls are measured."""
        if self._phase is RttPhase.MEASURING:
            return None
        return min(self._sample_at, self._measure_at)

    def tick(self, *, now: TimeNs) -> None:
        """Set the limit anew, or start a measurement, if that is due."""
        if self._phase is RttPhase.MEASURING:
            return
        if now >= self._sample_at:
            self._sample_at = now + self._config.sample_ns
            if self._samples:
                self._follow(self._quantile(), now)
        if now >= self._measure_at:
            self._start_measuring(now)

    def _learn(
        self, _in_flight: int, now: TimeNs, duration_ns: DurationNs, _is_dropped: bool
    ) -> None:
        if now - duration_ns < self._began_ns:
            return
        self._samples.append(duration_ns)
        is_measuring = self._phase is RttPhase.MEASURING
        if is_measuring and len(self._samples) >= self._config.measure_calls:
            self._minimum_ns = self._quantile()
            self._phase = RttPhase.FOLLOWING
            self._limit = self._deferred
            wait_ns = self._config.measure_ns
            jitter = self._config.jitter_ratio * self._stream.uniform()
            self._measure_at = now + wait_ns + int(wait_ns * jitter)
            self._sample_at = now + self._config.sample_ns

    def _start_measuring(self, now: TimeNs) -> None:
        self._phase = RttPhase.MEASURING
        self._deferred = self._limit
        self._limit = self._lowest
        self._at_lowest = 0
        self._samples.clear()
        self._began_ns = now

    def _follow(self, sample_ns: DurationNs, now: TimeNs) -> None:
        assert self._minimum_ns is not None
        tolerated = self._minimum_ns * (1.0 + self._config.buffer_ratio)
        gradient = tolerated / max(1, sample_ns)
        scaled = self._limit * max(_GRADIENT_MIN, min(_GRADIENT_MAX, gradient))
        wanted = int(scaled + math.sqrt(scaled))
        was_lowest = self._limit == self._lowest
        self._limit = max(self._lowest, min(self._highest, wanted))
        self._at_lowest = self._at_lowest + 1 if was_lowest and self._limit == self._lowest else 0
        if self._at_lowest >= _STUCK_AFTER:
            self._measure_at = now

    def _quantile(self) -> DurationNs:
        value = nearest_rank(tuple(self._samples), self._config.quantile)
        assert value is not None
        self._samples.clear()
        return value
