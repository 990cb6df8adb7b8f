"""Series in memory, and what selectors read from them.

At instant T a series shows its newest sample in the half-open interval (T - lookback, T]; it
shows nothing when there is none, or when a staleness marker is newer than that sample. A range
of length R holds the samples in (T - R, T] and takes no notice of markers. What is kept is
bounded twice: samples by age, series by number.

Samples lie in growing arrays with a moving window. Series are indexed by the metric's name, and
the series that a selector resolved to are remembered until a series of that name comes or goes.

Source: semantics 1.2 and 1.3; prometheus promql/engine.go.
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum
from math import isnan
from typing import NamedTuple

from models.base.errors import ConfigError
from models.base.time import NS_PER_MINUTE, DurationNs, TimeNs
from models.telemetry.labels import METRIC_NAME, LabelSet, label_value, without_metric_name
from models.telemetry.matchers import Selector

SERIES_MAX = 100_000
LOOKBACK_NS = 5 * NS_PER_MINUTE
RETENTION_NS = 15 * NS_PER_MINUTE

_COMPACT_FROM = 64


class VectorSample(NamedTuple):
    """One element of an instant vector: the labels of a series and its value."""

    labels: LabelSet
    value: float


class Window(NamedTuple):
    """One element of a range vector: its samples in order of time, at least one.

    ``unnamed`` are the labels without the metric's name.
    """

    labels: LabelSet
    unnamed: LabelSet
    times: "array[int]"
    values: "array[float]"


class Edges(NamedTuple):
    """What a rate needs of a range: its first and last sample, and what resets took away.

    ``gaps`` is the number of samples less one; ``lost`` the sum of the values from which a later
    sample of the range fell.
    """

    first_ns: TimeNs
    first: float
    last_ns: TimeNs
    last: float
    gaps: int
    lost: float


class Appended(Enum):
    """What became of a sample that was offered to the store."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out of order"
    TOO_MANY_SERIES = "too many series"


@dataclass(slots=True, eq=False)
class Series:
    """The samples of one series that are kept, oldest first, and its staleness markers.

    Where a value fell, which is a reset if the series is a counter, is remembered with the value
    it fell from, so that rates need not read all samples of a range. Reading verbs are
    positional: they run for every series of every evaluation.
    """

    labels: LabelSet
    unnamed: LabelSet
    _times: "array[int]"
    _values: "array[float]"
    _markers: "array[int]"
    _fall_times: "array[int]"
    _fallen_from: "array[float]"
    _first: int = 0

    @classmethod
    def empty(cls, labels: LabelSet) -> "Series":
        """A series without samples."""
        unnamed = without_metric_name(labels)
        columns = (array("q"), array("d"), array("q"), array("q"), array("d"))
        return cls(labels, unnamed, *columns)

    def sample_at(self, at_ns: TimeNs, lookback_ns: DurationNs) -> tuple[TimeNs, float] | None:
        """The sample shown at ``at_ns`` with its own instant, or None."""
        times = self._times
        index = len(times) - 1
        if index < self._first or times[index] > at_ns:
            index = bisect_right(times, at_ns, self._first) - 1
            if index < self._first:
                return None
        time_ns = times[index]
        if time_ns <= at_ns - lookback_ns:
            return None
        if self._markers and self._has_ended(time_ns, at_ns):
            return None
        return time_ns, self._values[index]

    def window(self, after_ns: TimeNs, until_ns: TimeNs) -> Window | None:
        """The samples with ``after_ns < instant <= until_ns``, None if there are none."""
        times, first = self._times, self._first
        end = len(times)
        if end > first and times[end - 1] > until_ns:
            end = bisect_right(times, until_ns, first)
        begin = bisect_right(times, after_ns, first, end)
        if begin == end:
            return None
        return Window(self.labels, self.unnamed, times[begin:end], self._values[begin:end])

    def edges(self, after_ns: TimeNs, until_ns: TimeNs) -> Edges | None:
        """The ends of the samples in that range, None below two samples."""
        times, values, first = self._times, self._values, self._first
        end = len(times)
        if end > first and times[end - 1] > until_ns:
            end = bisect_right(times, until_ns, first)
        begin = bisect_right(times, after_ns, first, end)
        gaps = end - begin - 1
        if gaps < 1:
            return None
        first_ns, last_ns = times[begin], times[end - 1]
        lost, falls = 0.0, self._fall_times
        if falls and falls[-1] > first_ns:
            place = bisect_right(falls, first_ns)
            lost = sum(self._fallen_from[place : bisect_right(falls, last_ns)])
        return Edges(first_ns, values[begin], last_ns, values[end - 1], gaps, lost)

    def append(self, time_ns: TimeNs, value: float | None) -> Appended:
        """Add a sample, or a marker (None), newer than what is there."""
        if refusal := self._refusal(time_ns, value):
            return refusal
        if value is None:
            self._markers.append(time_ns)
        else:
            if self._values and value < self._values[-1]:
                self._fall_times.append(time_ns)
                self._fallen_from.append(self._values[-1])
            self._times.append(time_ns)
            self._values.append(value)
        return Appended.STORED

    def forget(self, until_ns: TimeNs) -> None:
        """Drop samples and markers at or before ``until_ns``."""
        times, first = self._times, self._first
        while first < len(times) and times[first] <= until_ns:
            first += 1
        self._first = first
        if first > _COMPACT_FROM and 2 * first > len(times):
            del times[:first]
            del self._values[:first]
            self._first = 0
            gone = bisect_right(self._fall_times, until_ns)
            del self._fall_times[:gone]
            del self._fallen_from[:gone]
        while self._markers and self._markers[0] <= until_ns:
            self._markers.pop(0)

    @property
    def newest_ns(self) -> TimeNs:
        """Instant of the newest sample or marker; before all instants if there is none."""
        newest = -(2**63)
        if len(self._times) > self._first:
            newest = self._times[-1]
        if self._markers:
            newest = max(newest, self._markers[-1])
        return newest

    def _has_ended(self, time_ns: TimeNs, at_ns: TimeNs) -> bool:
        place = bisect_right(self._markers, at_ns)
        return place > 0 and self._markers[place - 1] > time_ns

    def _refusal(self, time_ns: TimeNs, value: float | None) -> Appended | None:
        has_sample = len(self._times) > self._first
        if has_sample and time_ns > self._times[-1] and not self._markers:
            return None
        last_ns = self.newest_ns
        if time_ns < last_ns:
            return Appended.OUT_OF_ORDER
        is_stale = bool(self._markers) and self._markers[-1] == last_ns
        if value is None and is_stale:
            return Appended.DUPLICATE
        if time_ns > last_ns:
            return None
        is_same = value is not None and not is_stale and _same(value, self._values[-1])
        return Appended.DUPLICATE if is_same else Appended.OUT_OF_ORDER


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
        self._series: dict[LabelSet, Series] = {}
        self._by_name: dict[str, dict[LabelSet, Series]] = {}
        self._resolved: dict[str | None, dict[Selector, tuple[Series, ...]]] = {}
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
        outcome = series.append(time_ns, value)
        if outcome is Appended.STORED:
            series.forget(time_ns - self._retention_ns)
            if self._newest_ns is None or time_ns > self._newest_ns:
                self._newest_ns = time_ns
        return outcome

    def mark_stale(self, labels: LabelSet, *, time_ns: TimeNs) -> Appended:
        """Say that the series has ended: it shows nothing from ``time_ns`` until a new sample."""
        return self.append(labels, time_ns=time_ns, value=None)

    def keep_at_least(self, retention_ns: DurationNs) -> None:
        """Lengthen the retention, so that an expression that looks so far back finds samples."""
        self._retention_ns = max(self._retention_ns, retention_ns)

    def select(self, selector: Selector) -> tuple[Series, ...]:
        """The selected series, sorted by labels.

        Remembered until a series of that name comes or goes (any series if the selector names
        none); otherwise linear in the number of series of the metric.
        """
        name = selector.metric_name
        resolved = self._resolved.setdefault(name, {})
        found = resolved.get(selector)
        if found is None:
            candidates = self._series if name is None else self._by_name.get(name, {})
            chosen = [one for labels, one in candidates.items() if selector.selects(labels)]
            found = tuple(sorted(chosen, key=lambda series: series.labels))
            resolved[selector] = found
        return found

    def instant(
        self, selector: Selector, *, now: TimeNs, lookback_ns: DurationNs = LOOKBACK_NS
    ) -> tuple[VectorSample, ...]:
        """What the selected series show at ``now``, sorted by labels."""
        shown = []
        for series in self.select(selector):
            sample = series.sample_at(now, lookback_ns)
            if sample is not None:
                shown.append(VectorSample(series.labels, sample[1]))
        return tuple(shown)

    def _new_series(self, labels: LabelSet, time_ns: TimeNs) -> Series | None:
        if len(self._series) >= self._series_max:
            self._drop_ended(time_ns)
        if len(self._series) >= self._series_max:
            return None
        series = Series.empty(labels)
        name = label_value(labels, METRIC_NAME)
        self._series[labels] = series
        self._by_name.setdefault(name, {})[labels] = series
        self._forget_resolved(name)
        return series

    def _drop_ended(self, time_ns: TimeNs) -> None:
        newest = time_ns if self._newest_ns is None else max(time_ns, self._newest_ns)
        oldest_kept = newest - self._retention_ns
        ended = [key for key, one in self._series.items() if one.newest_ns <= oldest_kept]
        for labels in ended:
            del self._series[labels]
            name = label_value(labels, METRIC_NAME)
            del self._by_name[name][labels]
            if not self._by_name[name]:
                del self._by_name[name]
            self._forget_resolved(name)

    def _forget_resolved(self, name: str) -> None:
        self._resolved.pop(name, None)
        self._resolved.pop(None, None)


def _same(one: float, other: float) -> bool:
    return one == other or (isnan(one) and isnan(other))
