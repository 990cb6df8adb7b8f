"""Judging latency, errors, completions and throughput over requests by arrival time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import numpy as np
import numpy.typing as npt

from models.base.outcome import Outcome, RequestOutcome
from models.base.percentile import nearest_rank
from models.base.time import NS_PER_MS, NS_PER_S, DurationNs, TimeNs, format_duration
from models.base.units import format_ratio
from models.records.manifest import Phase
from models.records.record import ExpectationResult, RunRecord
from scenarios.expectations.spec import (
    CompletedRatioAbove,
    ErrorRatioBelow,
    LatencyBelow,
    Target,
    TargetKind,
    ThroughputAbove,
)
from scenarios.expectations.window import SLICE_NS, bounded, share_left, window_of

NOTHING = "no request finished"
_QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99, "max": 1.0}


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Finished requests (of users) or attempts (at a service): arrays of shape (n,), ns."""

    at_ns: npt.NDArray[np.int64]
    duration_ns: npt.NDArray[np.int64]
    completed: npt.NDArray[np.bool_]

    def within(self, start_ns: TimeNs, end_ns: TimeNs) -> "Arrivals":
        """Those that arrived in [start, end)."""
        inside = (self.at_ns >= start_ns) & (self.at_ns < end_ns)
        return Arrivals(self.at_ns[inside], self.duration_ns[inside], self.completed[inside])

    @property
    def completed_ratio(self) -> float | None:
        """Share that completed, None of nothing."""
        return float(self.completed.mean()) if len(self.at_ns) else None

    def latency_ns(self, statistic: str) -> float | None:
        """A statistic of the latency of those that completed, None of nothing."""
        durations = self.duration_ns[self.completed]
        if not len(durations):
            return None
        if statistic == "mean":
            return int(durations.sum()) / len(durations)
        return nearest_rank(durations, _QUANTILES[statistic])


def arrivals_of(record: RunRecord, target: Target) -> Arrivals:
    """What the target was asked for in the whole run, without what was still in flight."""
    if target.kind is TargetKind.SOURCE:
        table, at = record.requests, "arrival_ns"
        in_flight, good = int(RequestOutcome.IN_FLIGHT), int(RequestOutcome.COMPLETED)
        chosen = table["source"] == record.manifest.sources.index(target.name)
    else:
        table, at = record.attempts, "start_ns"
        in_flight, good = int(Outcome.IN_FLIGHT), int(Outcome.OK)
        nodes = [
            index
            for index, node in enumerate(record.manifest.call_nodes)
            if node.service == target.name
            and (target.kind is TargetKind.SERVICE or node.endpoint == target.endpoint)
        ]
        chosen = np.isin(table["node"], nodes)
    chosen = chosen & (table["outcome"] != in_flight)
    return Arrivals(
        table[at][chosen], table["duration_ns"][chosen], table["outcome"][chosen] == good
    )


RequestExpectation = LatencyBelow | ErrorRatioBelow | CompletedRatioAbove | ThroughputAbove


def judge_requests(expectation: RequestExpectation, record: RunRecord) -> ExpectationResult:
    """Judge one expectation about requests; without a finished request none holds."""
    window = window_of(record.manifest, expectation.during)
    everything = arrivals_of(record, expectation.of)
    arrivals = everything.within(window.start_ns, window.end_ns)
    match expectation:
        case LatencyBelow():
            return _latency(expectation, arrivals, window)
        case ErrorRatioBelow():
            return _error_ratio(expectation, arrivals, window)
        case CompletedRatioAbove():
            return _completed_ratio(expectation, arrivals, window)
        case ThroughputAbove():
            return _throughput(expectation, everything, window)
        case _:
            assert_never(expectation)


def _latency(
    expectation: LatencyBelow, arrivals: Arrivals, window: Phase
) -> ExpectationResult:
    observed = arrivals.latency_ns(expectation.statistic)
    limit = expectation.below_ns

    def violates(part: Arrivals) -> bool:
        value = part.latency_ns(expectation.statistic)
        return value is not None and value >= limit

    return bounded(
        expectation.text,
        holds=observed is not None and observed < limit,
        target=f"< {format_duration(limit)}",
        observed=NOTHING if observed is None else _milliseconds(observed),
        margin=None if observed is None else share_left(observed, limit),
        first_violation_ns=_first_slice(arrivals, window, violates),
        during=expectation.during,
    )


def _error_ratio(
    expectation: ErrorRatioBelow, arrivals: Arrivals, window: Phase
) -> ExpectationResult:
    limit, completed = expectation.below_ratio, arrivals.completed_ratio
    return bounded(
        expectation.text,
        holds=completed is not None and 1.0 - completed < limit,
        target=f"< {format_ratio(limit)}",
        observed=NOTHING if completed is None else f"{1.0 - completed:.3%}",
        margin=None if completed is None else share_left(1.0 - completed, limit),
        first_violation_ns=_first_slice(arrivals, window, lambda part: _fails(part, limit)),
        during=expectation.during,
    )


def _completed_ratio(
    expectation: CompletedRatioAbove, arrivals: Arrivals, window: Phase
) -> ExpectationResult:
    limit, completed = expectation.above_ratio, arrivals.completed_ratio
    return bounded(
        expectation.text,
        holds=completed is not None and completed > limit,
        target=f"> {format_ratio(limit)}",
        observed=NOTHING if completed is None else f"{completed:.3%}",
        margin=None if completed is None else share_left(1.0 - completed, 1.0 - limit),
        first_violation_ns=_first_slice(arrivals, window, lambda part: _fails(part, 1.0 - limit)),
        during=expectation.during,
    )


def _fails(part: Arrivals, limit: float) -> bool:
    """The share of a slice that did not complete reaches the limit."""
    return part.completed_ratio is not None and 1.0 - part.completed_ratio >= limit


def _throughput(
    expectation: ThroughputAbove, everything: Arrivals, window: Phase
) -> ExpectationResult:
    ended_ns = everything.at_ns + everything.duration_ns
    ended = (ended_ns >= window.start_ns) & (ended_ns < window.end_ns) & everything.completed
    observed = int(ended.sum()) * NS_PER_S / (window.end_ns - window.start_ns)
    bound = expectation.above_per_s
    return bounded(
        expectation.text,
        holds=observed > bound,
        target=f"> {bound:g}/s",
        observed=f"{observed:.1f}/s",
        margin=(observed - bound) / bound if bound else None,
        first_violation_ns=window.start_ns,
        during=expectation.during,
    )


def _first_slice(
    arrivals: Arrivals, window: Phase, violates: Callable[[Arrivals], bool]
) -> TimeNs | None:
    """Start of the first slice of the window that by itself violates the bound."""
    for start in range(window.start_ns, window.end_ns, SLICE_NS):
        if violates(arrivals.within(start, min(start + SLICE_NS, window.end_ns))):
            return start
    return window.start_ns


def _milliseconds(duration_ns: float | DurationNs) -> str:
    return f"{duration_ns / NS_PER_MS:.1f} ms"
