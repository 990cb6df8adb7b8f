"""What a scrape writes: samples, the health series ``up``, and staleness markers.

A series that a source stops exposing must end at once instead of lingering for the lookback:
the next scrape without it, a failed scrape, or the source's departure writes its marker. The
same holds for the series a rule group produces, except that a failed evaluation marks nothing,
so the group simply calls nothing.

Source: semantics 1.2; prometheus scrape/scrape.go.
"""

from collections.abc import Iterable

from models.base.errors import ConfigError
from models.base.time import TimeNs
from models.telemetry.labels import METRIC_NAME, LabelSet, label_set, overlay
from models.telemetry.series import Appended, SeriesStore, VectorSample

UP = "up"


class ScrapeTarget:
    """One source of series: a scraped instance, or a rule group with its results.

    ``labels`` (``job``, ``instance``, ...) are laid over every sample and win over labels of the
    same name that the source exposes. With ``reports_up`` each scrape also writes ``up``.

    Raises:
        ConfigError: ``labels`` sets the name of the metric.
    """

    def __init__(self, store: SeriesStore, labels: LabelSet, *, reports_up: bool = True) -> None:
        self._store = store
        self._labels = dict(labels)
        if METRIC_NAME in self._labels:
            raise ConfigError("the labels of a target cannot name a metric")
        self._up = overlay(label_set({METRIC_NAME: UP}), self._labels)
        self._reports_up = reports_up
        self._exposed: dict[LabelSet, None] = {}
        self._written_as: dict[LabelSet, LabelSet] = {}

    def record(self, samples: Iterable[VectorSample], *, now: TimeNs) -> int:
        """Store the samples of a successful scrape and end the series it no longer exposes.

        ``now`` is the instant the scrape began. Returns how many samples were not stored because
        they were out of order or exceeded the store's number of series, or repeated the
        labels of a sample before them.
        """
        exposed: dict[LabelSet, None] = {}
        written_as: dict[LabelSet, LabelSet] = {}
        dropped = 0
        for sample in samples:
            own = sample.labels
            labels = self._written_as.get(own) or overlay(own, self._labels)
            written_as[own] = labels
            if labels in exposed:
                dropped += 1
                continue
            outcome = self._store.append(labels, time_ns=now, value=sample.value)
            if outcome in (Appended.OUT_OF_ORDER, Appended.TOO_MANY_SERIES):
                dropped += 1
            exposed[labels] = None
        self._end(gone=[labels for labels in self._exposed if labels not in exposed], now=now)
        self._exposed, self._written_as = exposed, written_as
        self._write_up(1.0, now)
        return dropped

    def record_failure(self, *, now: TimeNs) -> None:
        """The scrape failed or timed out: all series of the target end, ``up`` becomes 0."""
        self._end(gone=list(self._exposed), now=now)
        self._exposed = {}
        self._write_up(0.0, now)

    def retire(self, *, now: TimeNs) -> None:
        """The target is no longer to be scraped: all its series end, ``up`` among them."""
        self._end(gone=[*self._exposed, self._up], now=now)
        self._exposed = {}

    def _end(self, *, gone: list[LabelSet], now: TimeNs) -> None:
        for labels in gone:
            self._store.mark_stale(labels, time_ns=now)

    def _write_up(self, value: float, now: TimeNs) -> None:
        if self._reports_up:
            self._store.append(self._up, time_ns=now, value=value)
