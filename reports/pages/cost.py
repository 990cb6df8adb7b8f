"""Chapter for cost questions: who pays for what, and what another choice would have cost.

The bill is over the phase measure. The comparison has only whole-run counts of the other runs,
so there every row, the run's own included, is put on that one footing: the hourly cost times
the length of the run over all requests completed in it.
"""

import math
from dataclasses import dataclass

import numpy as np

from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_HOUR, NS_PER_MS, DurationNs
from models.planning.cost import CostSummary, ServiceCost, summarise, summarise_run
from models.records.record import Counts, RunRecord, Verdict
from models.records.table import Table
from reports.series.windows import grouped_percentiles


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one service pays; ``share_ratio`` of the whole bill, ``usd_per_thousand`` requests."""

    cost: ServiceCost
    usd_per_thousand: float | None
    share_ratio: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One run of the comparison. ``change_ratio`` is its hourly cost against the first row's."""

    name: str
    overrides: tuple[str, ...]
    verdict: Verdict
    completed: int
    error_ratio: float | None
    p99_ns: float | None
    usd_per_hour: float
    usd_per_thousand: float | None
    change_ratio: float | None


@dataclass(frozen=True, slots=True)
class CostView:
    """The bill by service, and the choices side by side (the run itself first)."""

    summary: CostSummary | None
    rows: tuple[CostRow, ...]
    choices: tuple[Choice, ...]


def cost_view(record: RunRecord) -> CostView:
    """Read the bill of a run; without prices or a phase measure there is none."""
    has_measure = any(phase.name == "measure" for phase in record.manifest.phases)
    if not has_measure or not len(record.costs):
        return CostView(None, (), ())
    summary = summarise_run(record)
    rows = [_row(cost, summary) for cost in summary.services]
    rows.sort(key=lambda row: (-row.cost.usd, row.cost.service))
    return CostView(summary, tuple(rows), _choices(record) if record.alternatives else ())


def _row(cost: ServiceCost, summary: CostSummary) -> CostRow:
    return CostRow(
        cost=cost,
        usd_per_thousand=cost.usd * 1000 / summary.completed if summary.completed else None,
        share_ratio=cost.usd / summary.usd if summary.usd else 0.0,
    )


def _choices(record: RunRecord) -> tuple[Choice, ...]:
    measure = record.manifest.phase("measure")
    billed_ns = measure.end_ns - measure.start_ns
    base_per_hour = _per_hour(record.costs, billed_ns)
    run_hours = record.manifest.end_ns / NS_PER_HOUR

    def choice(
        name: str,
        overrides: tuple[str, ...],
        verdict: Verdict,
        counts: Counts,
        p99_ns: float | None,
        costs: Table,
    ) -> Choice:
        per_hour = _per_hour(costs, billed_ns)
        return Choice(
            name=name,
            overrides=overrides,
            verdict=verdict,
            completed=counts.completed,
            error_ratio=_error_ratio(counts),
            p99_ns=p99_ns,
            usd_per_hour=per_hour,
            usd_per_thousand=(
                per_hour * run_hours * 1000 / counts.completed if counts.completed else None
            ),
            change_ratio=per_hour / base_per_hour - 1 if base_per_hour else None,
        )

    own = choice("as written", (), record.verdict, record.counts, _p99_ns(record), record.costs)
    others = [
        choice(
            other.name,
            other.overrides,
            other.verdict,
            other.counts,
            None if math.isnan(other.p99_ms) else other.p99_ms * NS_PER_MS,
            other.costs,
        )
        for other in record.alternatives
    ]
    return (own, *others)


def _per_hour(costs: Table, billed_ns: DurationNs) -> float:
    return summarise(costs, window_ns=billed_ns, completed=0).usd_per_hour


def _error_ratio(counts: Counts) -> float | None:
    ended = counts.offered - counts.in_flight
    return (ended - counts.completed) / ended if ended else None


def _p99_ns(record: RunRecord) -> float | None:
    completed = record.requests["outcome"] == RequestOutcome.COMPLETED
    durations = record.requests["duration_ns"].astype(np.int64)[completed]
    group = np.zeros(len(durations), dtype=np.int64)
    value = float(grouped_percentiles(group, durations, 1, (99,))[99][0])
    return None if math.isnan(value) else value
