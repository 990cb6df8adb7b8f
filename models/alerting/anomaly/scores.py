"""What to expect of a value, and by how many spreads it misses that.

A spread is what a standard deviation is for a normal law, but robust: a few wild values do not
move it. It is never below a hundredth of what is expected, so a series that stood still for a
week may move by a few percent.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Protocol

from models.alerting.anomaly.config import EwmaConfig, SeasonalConfig
from models.alerting.anomaly.history import History, median
from models.base.portable import power
from models.base.time import TimeNs

MAD_TO_SPREAD = 1.4826
IQR_TO_SPREAD = 1.0 / 1.349
SPREAD_OF_ALL = 0.25
SPREAD_OF_LEVEL = 0.01
SPREAD_MIN = 1e-9
_WINSOR = 3.0
_HALF_LIVES_TO_LEARN = 3


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a value was expected to be, give or take ``spread`` (> 0)."""

    value: float
    spread: float

    def deviation(self, value: float) -> float:
        """How many spreads ``value`` lies above (or, negative, below) what was expected."""
        return (value - self.value) / self.spread


class Scorer(Protocol):
    """Learns a series and says what comes next."""

    def expect(self, now: TimeNs) -> Expectation | None:
        """What the value at ``now`` should be; None while too little is known. Changes nothing."""
        ...

    def learn(self, value: float, now: TimeNs) -> None:
        """Take in the value at ``now``, later than all before."""
        ...


class SeasonalScorer:
    """Median of what was at the same phase of earlier periods, and the median distance from it.

    The spread is at least a quarter of the whole series' (from its interquartile range): a phase
    that happened to be calm does not make an ordinary value an outlier.

    Source: robust z-score by median absolute deviation (Iglewicz and Hoaglin 1993).
    """

    __slots__ = ("_config", "_history")

    def __init__(self, config: SeasonalConfig) -> None:
        self._config = config
        self._history = History(config.memory_ns + config.period_ns)

    def expect(self, now: TimeNs) -> Expectation | None:
        """What was usual at this phase; None before ``periods_min`` periods are known."""
        config, history = self._config, self._history
        alike: list[float] = []
        found = 0
        for back in range(1, config.periods + 1):
            around = history.around(now - back * config.period_ns, config.neighbours)
            if not around:
                break
            alike.extend(around)
            found += 1
        if found < config.periods_min:
            return None
        centre = median(alike)
        distance = median([abs(value - centre) for value in alike])
        quartiles = history.quantile(0.75) - history.quantile(0.25)
        spread = max(
            MAD_TO_SPREAD * distance,
            SPREAD_OF_ALL * IQR_TO_SPREAD * quartiles,
            SPREAD_OF_LEVEL * abs(centre),
            SPREAD_MIN,
        )
        return Expectation(centre, spread)

    def learn(self, value: float, now: TimeNs) -> None:
        """Remember the value."""
        self._history.add(value, now)


class EwmaScorer:
    """Average and variance that forget with a half-life in time, whatever the sampling.

    A wild value is taken in as if it lay three spreads off, so that an incident does not teach
    the detector that incidents are normal.

    Source: exponentially weighted moving average and variance (Finch 2009), winsorised.
    """

    __slots__ = ("_average", "_began_at", "_config", "_latest", "_variance")

    def __init__(self, config: EwmaConfig) -> None:
        self._config = config
        self._average = 0.0
        self._variance = 0.0
        self._began_at: TimeNs | None = None
        self._latest: TimeNs = 0

    def expect(self, now: TimeNs) -> Expectation | None:
        """The average so far; None in the first three half-lives."""
        if self._began_at is None:
            return None
        if now - self._began_at < _HALF_LIVES_TO_LEARN * self._config.half_life_ns:
            return None
        return self._expectation()

    def learn(self, value: float, now: TimeNs) -> None:
        """Move the average towards the value by what was forgotten since the last one."""
        if self._began_at is None:
            self._began_at, self._latest, self._average = now, now, value
            return
        if self.expect(now) is not None:
            usual = self._expectation()
            reach = _WINSOR * usual.spread
            value = min(max(value, usual.value - reach), usual.value + reach)
        gain = 1.0 - power(0.5, (now - self._latest) / self._config.half_life_ns)
        step = value - self._average
        self._average += gain * step
        self._variance = (1.0 - gain) * (self._variance + gain * step * step)
        self._latest = now

    def _expectation(self) -> Expectation:
        level = SPREAD_OF_LEVEL * abs(self._average)
        return Expectation(self._average, max(sqrt(self._variance), level, SPREAD_MIN))
