"""Judging what can be counted: runs of jobs, the bill, and sampled series."""

import math
from collections import Counter

from models.base.time import DurationNs, TimeNs, format_duration
from models.planning.cost import bill, completed_in, summarise
from models.records.record import ExpectationResult, RunRecord
from models.scheduling.cron import CronSchedule
from models.telemetry.labels import METRIC_NAME, label_set
from models.telemetry.promql import Expression
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import LOOKBACK_NS, SeriesStore
from scenarios.expectations.spec import CostBelow, CostMeasure, JobRuns, PromqlHolds, Runs
from scenarios.expectations.window import bounded, share_left, window_of
from sim.blueprint import Blueprint

TICKS_MAX = 100_000


def judge_job(expectation: JobRuns, record: RunRecord, blueprint: Blueprint) -> ExpectationResult:
    """Count the successful runs of every tick that was due before the end of the run.

    A tick whose run was still going at the end has not failed; it is left out.
    """
    job = next(job for job in blueprint.jobs if job.name == expectation.job)
    wall_start = record.manifest.wall_start_ns
    schedule = CronSchedule(job.schedule, job.timezone)
    due = schedule.ticks_between(
        wall_start, wall_start + record.manifest.end_ns - 1, limit=TICKS_MAX
    )
    succeeded, running = Counter[TimeNs](), set[TimeNs]()
    jobs = record.jobs
    for name, scheduled, status in zip(
        jobs.text("job"), jobs["scheduled_ns"].tolist(), jobs.text("status"), strict=True
    ):
        if name == job.name and status == "succeeded":
            succeeded[scheduled] += 1
        elif name == job.name and status == "running":
            running.add(scheduled)
    ticks = [tick - wall_start for tick in due]
    judged = [tick for tick in ticks if succeeded[tick] or tick not in running]
    wrong = [tick for tick in judged if not _as_often_as(expectation.runs, succeeded[tick])]
    counts = sorted({succeeded[tick] for tick in judged})
    runs = " or ".join(str(count) for count in counts)
    return bounded(
        expectation.text,
        holds=bool(judged) and not wrong,
        target=expectation.runs.value.replace("_", " "),
        observed=f"runs per tick: {runs} ({len(judged)} due)" if judged else "no tick was due",
        first_violation_ns=wrong[0] if wrong else None,
        during="run",
    )


def _as_often_as(runs: Runs, count: int) -> bool:
    match runs:
        case Runs.EXACTLY_ONCE:
            return count == 1
        case Runs.AT_LEAST_ONCE:
            return count >= 1
        case Runs.AT_MOST_ONCE:
            return count <= 1


def judge_cost(
    expectation: CostBelow, record: RunRecord, blueprint: Blueprint
) -> ExpectationResult:
    """Bill the window and compare one figure of it."""
    window = window_of(record.manifest, expectation.during)
    summary = summarise(
        bill(record, blueprint.prices, window=window),
        window_ns=window.end_ns - window.start_ns,
        completed=completed_in(record.requests, window),
    )
    observed = {
        CostMeasure.TOTAL: summary.usd,
        CostMeasure.PER_HOUR: summary.usd_per_hour,
        CostMeasure.PER_1000_REQUESTS: summary.usd_per_thousand,
    }[expectation.measure]
    limit = expectation.below_usd
    return bounded(
        expectation.text,
        holds=observed is not None and observed < limit,
        target=f"< {limit:g} USD",
        observed="no request completed" if observed is None else f"{observed:.4f} USD",
        margin=None if observed is None else share_left(observed, limit),
        first_violation_ns=window.start_ns,
        during=expectation.during,
    )


def _gives_series(
    expression: Expression,
    store: SeriesStore,
    now: TimeNs,
    lookback_ns: DurationNs,
    step_ns: DurationNs,
) -> bool:
    try:
        return bool(expression.vector(store, now=now, lookback_ns=lookback_ns, step_ns=step_ns))
    except EvaluationError:
        return False


def judge_promql(
    expectation: PromqlHolds, record: RunRecord, blueprint: Blueprint
) -> ExpectationResult:
    """Evaluate at the start of the window and every evaluation interval after it.

    What was scraped at that very instant counts, as it does for a rule, and instants are civil
    as they are for rules. Where the expression fails on the series that are there, it does not
    hold.
    """
    window = window_of(record.manifest, expectation.during)
    monitoring = blueprint.monitoring
    step = monitoring.evaluation_interval_ns if monitoring else blueprint.sample_interval_ns
    lookback_ns = monitoring.lookback_ns if monitoring else LOOKBACK_NS
    store = SeriesStore(retention_ns=record.manifest.end_ns + 1)
    epoch_ns = record.manifest.wall_start_ns
    labels = [
        label_set({METRIC_NAME: series.name, **dict(series.labels)})
        for series in record.manifest.series
    ]
    samples = record.samples
    rows = list(
        zip(
            samples["time_ns"].tolist(),
            samples["series"].tolist(),
            samples["value"].tolist(),
            strict=True,
        )
    )
    first, position, evaluations, held = None, 0, 0, 0
    for now in range(window.start_ns, window.end_ns, step):
        while position < len(rows) and rows[position][0] <= now:
            at, series, value = rows[position]
            shown = None if math.isnan(value) else value
            store.append(labels[series], time_ns=epoch_ns + at, value=shown)
            position += 1
        evaluations += 1
        if _gives_series(expectation.compiled, store, epoch_ns + now, lookback_ns, step):
            held += 1
        elif first is None:
            first = now
    return bounded(
        expectation.text,
        holds=held == evaluations > 0,
        target=f"holds every {format_duration(step)}",
        observed=f"held at {held} of {evaluations} evaluations",
        first_violation_ns=first,
        during=expectation.during,
    )
