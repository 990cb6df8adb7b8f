"""What users saw per window of arrival: load, latency percentiles, outcomes.

A request belongs to the window it arrived in, whenever it ended. Percentiles are nearest rank
over the completed requests of a window and NaN where there is none: a gap, not a zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_MS, NS_PER_S, DurationNs
from models.records.record import RunRecord

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

WINDOWS_MAX = 400
"""A run is cut into at most this many windows of equal, round length."""
PERCENTS = (50, 90, 99)
_LENGTHS_NS = (
    100 * NS_PER_MS,
    200 * NS_PER_MS,
    500 * NS_PER_MS,
    *(k * NS_PER_S for k in (1, 2, 5, 10, 15, 30)),
    *(k * NS_PER_MINUTE for k in (1, 2, 5, 10, 15, 30)),
    *(k * NS_PER_HOUR for k in (1, 2, 4, 6, 12, 24)),
)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Per window: rates per second, latencies in ns, shares of the requests that arrived.

    All arrays have shape (windows,). ``starts_ns`` ascends by ``window_ns``; the last window may
    be cut short by the end of the run, and its rates count the time it really had.
    """

    window_ns: DurationNs
    starts_ns: Integers
    offered_per_s: Floats
    goodput_per_s: Floats
    latency_ns: dict[int, Floats]
    outcome_ratio: dict[RequestOutcome, Floats]


def window_length(span_ns: DurationNs) -> DurationNs:
    """The shortest round length that cuts ``span_ns`` into at most ``WINDOWS_MAX`` windows."""
    for length_ns in _LENGTHS_NS:
        if span_ns <= length_ns * WINDOWS_MAX:
            return length_ns
    return -(-span_ns // WINDOWS_MAX)


def traffic(record: RunRecord) -> Traffic:
    """Cut the whole run into windows and summarise the requests of each."""
    end_ns = record.manifest.end_ns
    window_ns = window_length(end_ns)
    count = max(1, -(-end_ns // window_ns))
    starts = np.arange(count, dtype=np.int64) * window_ns
    lengths_s = (np.minimum(starts + window_ns, end_ns) - starts) / NS_PER_S
    requests = record.requests
    window = np.minimum(requests["arrival_ns"].astype(np.int64) // window_ns, count - 1)
    outcome = requests["outcome"]
    completed = outcome == RequestOutcome.COMPLETED
    offered = np.bincount(window, minlength=count)
    good = np.bincount(window[completed], minlength=count)
    durations = requests["duration_ns"].astype(np.int64)[completed]
    return Traffic(
        window_ns=window_ns,
        starts_ns=starts,
        offered_per_s=offered / lengths_s,
        goodput_per_s=good / lengths_s,
        latency_ns=grouped_percentiles(window[completed], durations, count, PERCENTS),
        outcome_ratio={
            kind: _share(np.bincount(window[outcome == kind], minlength=count), offered)
            for kind in RequestOutcome
        },
    )


def grouped_percentiles(
    group: Integers, values: Integers, count: int, percents: tuple[int, ...]
) -> dict[int, Floats]:
    """Nearest-rank percentiles of ``values`` per group 0..count-1; NaN for an empty group.

    The rank of the p-th percentile of n values is ceil(p * n / 100), in whole numbers.
    O(n log n).
    """
    order = np.lexsort((values, group))
    ranked = values[order]
    sizes = np.bincount(group, minlength=count)
    firsts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    present = sizes > 0
    result = {}
    for percent in percents:
        column = np.full(count, np.nan)
        rank = (sizes[present] * percent + 99) // 100
        column[present] = ranked[firsts[present] + np.maximum(rank, 1) - 1]
        result[percent] = column
    return result


def nearest_rank(values: Sequence[int], percent: int) -> int:
    """The smallest value that at least ``percent`` of all values do not exceed.

    Raises:
        ValueError: there is no value.
    """
    if not values:
        raise ValueError("a percentile of nothing")
    return sorted(values)[max(1, (len(values) * percent + 99) // 100) - 1]


def _share(part: npt.NDArray[np.intp], whole: npt.NDArray[np.intp]) -> Floats:
    share = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
