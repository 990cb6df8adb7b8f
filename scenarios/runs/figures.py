"""The key numbers of one run, as plain values that can be averaged over replications.

Latency, error ratio and goodput are those of the requests that arrived in the phase measure,
as in the report; what an incident or a bill does not know is None, never 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.base.outcome import RequestOutcome
from models.base.percentile import nearest_rank
from models.base.time import NS_PER_S, DurationNs
from models.planning.cost import summarise_run
from models.planning.incident import incidents
from models.records.record import Alternative, RunRecord
from models.records.table import Table


class Unit(StrEnum):
    """What a figure counts."""

    SECONDS = "s"
    RATIO = "ratio"
    PER_SECOND = "/s"
    USD_PER_HOUR = "USD/h"
    USD = "USD"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of one run; ``value`` is None where the run has no such number."""

    name: str
    unit: Unit
    value: float | None


def figures_of(record: RunRecord) -> tuple[Figure, ...]:
    """Latency, errors, goodput, what every fault cost in time, and the bill per hour.

    Runs of one scenario have the same figures in the same order, whatever the seed.
    """
    return (*_traffic(record), *_incidents(record), *_bill(record))


def comparison_of(run: RunRecord | Alternative) -> tuple[Figure, ...]:
    """What a run and its alternatives have in common, over the whole run."""
    if isinstance(run, Alternative):
        p99_s = None if np.isnan(run.p99_ms) else run.p99_ms / 1000
    else:
        is_completed = run.requests["outcome"] == RequestOutcome.COMPLETED
        p99_s = _seconds(nearest_rank(run.requests["duration_ns"][is_completed], 0.99))
    counts = run.counts
    completed = counts.completed / counts.offered if counts.offered else None
    return (
        Figure("p99", Unit.SECONDS, p99_s),
        Figure("completed ratio", Unit.RATIO, completed),
        Figure("cost", Unit.USD, _usd(run.costs)),
    )


def _traffic(record: RunRecord) -> Iterator[Figure]:
    window = record.manifest.phase("measure")
    arrival_ns = record.requests["arrival_ns"]
    inside = (arrival_ns >= window.start_ns) & (arrival_ns < window.end_ns)
    outcome = record.requests["outcome"][inside]
    is_completed = outcome == RequestOutcome.COMPLETED
    completed = int(is_completed.sum())
    ended = len(outcome) - int((outcome == RequestOutcome.IN_FLIGHT).sum())
    length_s = (window.end_ns - window.start_ns) / NS_PER_S
    durations = record.requests["duration_ns"][inside][is_completed]
    yield Figure("p50", Unit.SECONDS, _seconds(nearest_rank(durations, 0.5)))
    yield Figure("p99", Unit.SECONDS, _seconds(nearest_rank(durations, 0.99)))
    yield Figure("error ratio", Unit.RATIO, (ended - completed) / ended if ended else None)
    yield Figure("goodput", Unit.PER_SECOND, completed / length_s if length_s else None)


def _incidents(record: RunRecord) -> Iterator[Figure]:
    for incident in incidents(record):
        label = incident.fault.label
        yield Figure(f"failover after {label}", Unit.SECONDS, _seconds(incident.failover_ns))
        yield Figure(f"page after {label}", Unit.SECONDS, _seconds(incident.detect_ns))
        yield Figure(f"recovery after {label}", Unit.SECONDS, _seconds(incident.recover_ns))


def _bill(record: RunRecord) -> Iterator[Figure]:
    window = record.manifest.phase("measure")
    if len(record.costs) and window.end_ns > window.start_ns:
        yield Figure("cost", Unit.USD_PER_HOUR, summarise_run(record).usd_per_hour)


def _usd(costs: Table) -> float | None:
    return sum(costs["usd"].tolist()) if len(costs) else None


def _seconds(duration_ns: DurationNs | None) -> float | None:
    return None if duration_ns is None else duration_ns / NS_PER_S
