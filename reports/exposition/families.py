"""The sampled series of a run, gathered into metric families.

A record does not keep types. A name that ends in ``_total`` is a counter; names with ``_bucket``
series are histograms, with their ``_sum`` and ``_count``; those that a presentation types are of
that type; the rest are gauges. Staleness markers have no place in text formats and are left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan

import numpy as np

from models.base.time import TimeNs
from models.records.manifest import SeriesInfo
from models.records.record import RunRecord
from models.telemetry.labels import LabelSet
from models.telemetry.presenting.presentation import Presentation, Shape

_TOTAL, _BUCKET = "_total", "_bucket"
_PARTS = (_BUCKET, "_sum", "_count")


class Kind(StrEnum):
    """Type of a family, as the Prometheus text format names it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Line:
    """One series: instants (virtual ns, rising strictly) and values of the same number."""

    name: str
    labels: LabelSet
    times_ns: tuple[TimeNs, ...]
    values: tuple[float, ...]
    is_live: bool
    """False when the series had ended before the run did."""

    def label(self, name: str) -> str:
        """Value of a label, empty where there is none."""
        return dict(self.labels).get(name, "")


@dataclass(frozen=True, slots=True)
class Family:
    """All series of one metric, sorted by labels. ``name`` is without the parts' suffixes."""

    name: str
    kind: Kind
    lines: tuple[Line, ...]

    @property
    def help(self) -> str:
        """What it is, in a few words made of its name."""
        return f"{self.name.replace('_', ' ').replace(':', ' ').strip()}, as monitoring saw it"


def families(record: RunRecord, presentations: Iterable[Presentation] = ()) -> tuple[Family, ...]:
    """All families that have a sample, by name."""
    typed = {
        metric.name: Kind(metric.shape.value)
        for one in presentations
        for metric in one.metrics
        if metric.shape is not Shape.HISTOGRAM
    }
    infos = record.manifest.series
    histograms = {
        info.name.removesuffix(_BUCKET)
        for info in infos
        if info.name.endswith(_BUCKET) and "le" in dict(info.labels)
    }
    gathered: dict[str, list[Line]] = {}
    for line in _lines(record, infos):
        gathered.setdefault(_family_name(line.name, histograms), []).append(line)
    return tuple(
        Family(
            name,
            _kind(name, histograms, typed),
            tuple(sorted(lines, key=lambda line: (line.labels, line.name))),
        )
        for name, lines in sorted(gathered.items())
    )


def _family_name(name: str, histograms: set[str]) -> str:
    for part in _PARTS:
        base = name.removesuffix(part)
        if base != name and base in histograms:
            return base
    return name


def _kind(name: str, histograms: set[str], typed: Mapping[str, Kind]) -> Kind:
    if name in histograms:
        return Kind.HISTOGRAM
    return typed.get(name, Kind.COUNTER if name.endswith(_TOTAL) else Kind.GAUGE)


def _lines(record: RunRecord, infos: Sequence[SeriesInfo]) -> Iterable[Line]:
    series = record.samples["series"]
    order = np.argsort(series, kind="stable")
    bounds = np.searchsorted(series[order], np.arange(len(infos) + 1))
    times, values = record.samples["time_ns"], record.samples["value"]
    for index, info in enumerate(infos):
        rows = order[bounds[index] : bounds[index + 1]]
        newest: dict[int, float] = dict(
            zip(times[rows].tolist(), values[rows].tolist(), strict=True)
        )
        known = {time_ns: value for time_ns, value in newest.items() if not isnan(value)}
        if known:
            last = newest[max(newest)]
            ordered = tuple(sorted(known))
            yield Line(
                info.name,
                tuple(sorted((name, value) for name, value in info.labels if value)),
                ordered,
                tuple(known[time_ns] for time_ns in ordered),
                is_live=not isnan(last),
            )
