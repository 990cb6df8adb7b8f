"""Curves that were sampled during the run, by metric name and label."""

from dataclasses import dataclass

import numpy as np

from models.records.manifest import SeriesInfo
from models.records.record import RunRecord
from reports.series.windows import Floats, Integers


@dataclass(frozen=True, slots=True)
class Sampled:
    """One sampled series: instants (ns, ascending) and values of the same length."""

    info: SeriesInfo
    times_ns: Integers
    values: Floats

    def label(self, name: str) -> str:
        """Value of a label, or '' when the series does not carry it."""
        return dict(self.info.labels).get(name, "")


def sampled(record: RunRecord, metric: str) -> tuple[Sampled, ...]:
    """All series of one metric that have samples, in the order of the manifest."""
    wanted = [i for i, info in enumerate(record.manifest.series) if info.name == metric]
    column = record.samples["series"]
    found = []
    for index in wanted:
        rows = np.flatnonzero(column == index)
        if len(rows):
            found.append(
                Sampled(
                    record.manifest.series[index],
                    record.samples["time_ns"][rows].astype(np.int64),
                    record.samples["value"][rows].astype(np.float64),
                )
            )
    return tuple(found)


def total(series: tuple[Sampled, ...]) -> Sampled | None:
    """Sum of series that were sampled at the same instants; None when there is none.

    Series whose instants differ from the first one's are interpolated as steps: the last value
    seen holds, and before the first sample a series counts 0.
    """
    if not series:
        return None
    times = series[0].times_ns
    values = np.zeros(len(times))
    for one in series:
        position = np.searchsorted(one.times_ns, times, side="right") - 1
        values += np.where(position >= 0, one.values[np.maximum(position, 0)], 0.0)
    return Sampled(SeriesInfo(series[0].info.name, ()), times, values)
