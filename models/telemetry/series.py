"""Series in memory, and the instant vector that a selector reads from them.

At instant T a series shows its newest sample in the half-open interval (T - lookback, T]; it
shows nothing when there is none, or when that sample is a staleness marker. What is kept is
bounded twice: samples by age, series by number.

Left out: range selectors, ``offset`` and ``@``.
Source: semantics 1.2; prometheus promql/engine.go.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from math import isnan

from models.base.errors import ConfigError
from models.base.time import NS_PER_MINUTE, DurationNs, TimeNs
from models.telemetry.labels import METRIC_NAME, LabelSet, label_value
from models.telemetry.matchers import Selector

SERIES_MAX = 100_000
LOOKBACK_NS = 5 * NS_PER_MINUTE
RETENTION_NS = 15 * NS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class VectorSample:
    """One element of an instant vector: the labels of a series and its value."""

    labels: LabelSet
    value: float


class Appended(Enum):
    """What became of a sample that was offered to the store."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out of order"
    TOO_MANY_SERIES = "too many series"


@dataclass(slots=True)
class _Series:
    labels: LabelSet
    points: deque[tuple[TimeNs, float | None]] = field(default_factory=deque)


class SeriesStore:
    """Samples by series. A value of None is a staleness marker; NaN is an ordinary value.

    ``retention_ns`` is how much older than the newest sample of its series a sample may get.
    Instants are those of the clock that stamps the samples, and queries use the same clock.

    Raises:
        ConfigError: a bound is not positive.
    """

    def __init__(
        self, *, retention_ns: DurationNs = RETENTION_NS, series_max: int = SERIES_MAX
    ) -> None:
        if retention_ns <= 0 or series_max <= 0:
            raise ConfigError("retention and number of series must be positive")
        self._retention_ns = retention_ns
        self._series_max = series_max
        self._series: dict[LabelSet, _Series] = {}
        self._by_name: dict[str, dict[LabelSet, _Series]] = {}
        self._newest_ns: TimeNs | None = None

    def __len__(self) -> int:
        """Number of series kept."""
        return len(self._series)

    def append(self, labels: LabelSet, *, time_ns: TimeNs, value: float | None) -> Appended:
        """Add one sample, newer than the series' last one.

        The same sample again is a duplicate and changes nothing; an older one, or another value
        for the same instant, is out of order and changes nothing. A marker for a series that
        does not exist, or is already stale, has nothing to mark and is a duplicate.
        """
        series = self._series.get(labels)
        if series is None:
            if value is None:
                return Appended.DUPLICATE
            series = self._new_series(labels, time_ns)
            if series is None:
                return Appended.TOO_MANY_SERIES
        elif refusal := _refusal(series.points[-1], time_ns, value):
            return refusal
        series.points.append((time_ns, value))
        while series.points[0][0] <= time_ns - self._retention_ns:
            series.points.popleft()
        if self._newest_ns is None or time_ns > self._newest_ns:
            self._newest_ns = time_ns
        return Appended.STORED

    def mark_stale(self, labels: LabelSet, *, time_ns: TimeNs) -> Appended:
        """Say that the series has ended: it shows nothing from ``time_ns`` until a new sample."""
        return self.append(labels, time_ns=time_ns, value=None)

    def instant(
        self, selector: Selector, *, now: TimeNs, lookback_ns: DurationNs = LOOKBACK_NS
    ) -> tuple[VectorSample, ...]:
        """What the selected series show at ``now``, sorted by labels.

        Linear in the number of series of the metric (all series if the selector names none).
        """
        name = selector.metric_name
        candidates = self._series if name is None else self._by_name.get(name, {})
        shown = []
        for labels, series in candidates.items():
            value = _value_at(series, now, lookback_ns)
            if value is not None and selector.selects(labels):
                shown.append(VectorSample(labels, value))
        return tuple(sorted(shown, key=lambda sample: sample.labels))

    def _new_series(self, labels: LabelSet, time_ns: TimeNs) -> _Series | None:
        if len(self._series) >= self._series_max:
            self._drop_ended(time_ns)
        if len(self._series) >= self._series_max:
            return None
        series = _Series(labels)
        self._series[labels] = series
        self._by_name.setdefault(label_value(labels, METRIC_NAME), {})[labels] = series
        return series

    def _drop_ended(self, time_ns: TimeNs) -> None:
        newest = time_ns if self._newest_ns is None else max(time_ns, self._newest_ns)
        oldest_kept = newest - self._retention_ns
        ended = [key for key, one in self._series.items() if one.points[-1][0] <= oldest_kept]
        for labels in ended:
            del self._series[labels]
            name = label_value(labels, METRIC_NAME)
            del self._by_name[name][labels]
            if not self._by_name[name]:
                del self._by_name[name]


def _refusal(
    last: tuple[TimeNs, float | None], time_ns: TimeNs, value: float | None
) -> Appended | None:
    last_ns, last_value = last
    if time_ns < last_ns:
        return Appended.OUT_OF_ORDER
    if value is None and last_value is None:
        return Appended.DUPLICATE
    if time_ns > last_ns:
        return None
    return Appended.DUPLICATE if _same(value, last_value) else Appended.OUT_OF_ORDER


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or (isnan(one) and isnan(other))


def _value_at(series: _Series, now: TimeNs, lookback_ns: DurationNs) -> float | None:
    for time_ns, value in reversed(series.points):
        if time_ns <= now:
            return value if time_ns > now - lookback_ns else None
    return None
