"""A detector: is this value unusual, and should someone be told?

A deviation is unusual beyond the worst percent of the series' own recent deviations, times a
factor that sensitivity sets: what is wild for one series is a normal Tuesday for another.
"""

from dataclasses import dataclass
from typing import assert_never

from models.alerting.anomaly.config import (
    AnomalyConfig,
    ChangeConfig,
    Direction,
    EwmaConfig,
    SeasonalConfig,
)
from models.alerting.anomaly.history import History
from models.alerting.anomaly.scores import EwmaScorer, Expectation, Scorer, SeasonalScorer
from models.base.time import TimeNs

DEVIATION_MIN = 4.0
"""Fewer spreads than this are never unusual."""

USUAL_SHARE = 0.99
_LEARNING_DEVIATIONS = 50


@dataclass(frozen=True, slots=True)
class Judgement:
    """One value judged.

    ``deviation`` is in spreads for methods that have a spread, and a share of the old value for a
    change; unusual is what lies beyond ``limit``. Both are None while the method still learns.
    """

    value: float
    expected: float | None
    deviation: float | None
    limit: float | None
    is_unusual: bool
    is_firing: bool


class AnomalyDetector:
    """Judges the values of one series in order of time; NaN is not for it.

    Values are learned after they were judged. ``observe`` is the only verb that changes anything.
    """

    __slots__ = ("_calm_at", "_change", "_config", "_in_a_row", "_scorer", "_usual", "is_firing")

    def __init__(self, config: AnomalyConfig) -> None:
        self._config = config
        self._scorer: Scorer | None = None
        self._change: History | None = None
        match config.method:
            case SeasonalConfig() as method:
                self._scorer = SeasonalScorer(method)
                self._usual = History(method.memory_ns)
            case EwmaConfig() as method:
                self._scorer = EwmaScorer(method)
                self._usual = History(method.memory_ns)
            case ChangeConfig() as method:
                self._change = History(2 * method.window_ns)
                self._usual = History(0)
            case _:
                assert_never(config.method)
        self._in_a_row = 0
        self._calm_at: TimeNs = 0
        self.is_firing = False

    def observe(self, value: float, *, now: TimeNs) -> Judgement:
        """Judge the value at ``now`` (wall time, ns), then learn it."""
        if self._change is not None:
            expected, deviation, limit = self._judge_change(self._change, value, now)
        else:
            expected, deviation, limit = self._judge_level(value, now)
        is_unusual = deviation is not None and limit is not None and self._counts(deviation) > limit
        self._move(is_unusual=is_unusual, now=now)
        return Judgement(value, expected, deviation, limit, is_unusual, self.is_firing)

    def _judge_change(
        self, history: History, value: float, now: TimeNs
    ) -> tuple[float | None, float | None, float | None]:
        method = self._config.method
        assert isinstance(method, ChangeConfig)
        before = history.before(now - method.window_ns)
        history.add(value, now)
        if before is None:
            return None, None, None
        return before, (value - before) / max(abs(before), method.floor), method.ratio

    def _judge_level(
        self, value: float, now: TimeNs
    ) -> tuple[float | None, float | None, float | None]:
        assert self._scorer is not None
        expectation: Expectation | None = self._scorer.expect(now)
        self._scorer.learn(value, now)
        if expectation is None:
            return None, None, None
        deviation = expectation.deviation(value)
        limit = None
        if len(self._usual) >= _LEARNING_DEVIATIONS:
            worst = self._usual.quantile(USUAL_SHARE)
            limit = max(DEVIATION_MIN, self._config.sensitivity.value * worst)
        self._usual.add(self._counts(deviation), now)
        return expectation.value, deviation, limit

    def _counts(self, deviation: float) -> float:
        match self._config.direction:
            case Direction.ABOVE:
                return deviation
            case Direction.BELOW:
                return -deviation
            case Direction.BOTH:
                return abs(deviation)

    def _move(self, *, is_unusual: bool, now: TimeNs) -> None:
        if is_unusual:
            self._in_a_row += 1
            self._calm_at = now + self._config.calm_ns
            if self._in_a_row >= self._config.in_a_row:
                self.is_firing = True
        else:
            self._in_a_row = 0
            if now >= self._calm_at:
                self.is_firing = False
