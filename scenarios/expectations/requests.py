"""Judging latency, errors, completions and throughput over requests by arrival time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, assert_never

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
    ErrorRatioAbove,
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

    def __len__(self) -> int:
        return len(self.at_ns)

    def chosen(self, rows: npt.NDArray[Any] | slice) -> "Arrivals":
        """Those that a mask, an order or a slice picks."""
        return Arrivals(self.at_ns[rows], self.duration_ns[rows], self.completed[rows])

    def within(self, start_ns: TimeNs, end_ns: TimeNs) -> "Arrivals":
        """Those that arrived in [start, end)."""
        return self.chosen((self.at_ns >= start_ns) & (self.at_ns < end_ns))

    def slices(self, window: Phase) -> Iterator[tuple[TimeNs, "Arrivals"]]:
        """The window cut into slices, the last one perhaps shorter: start, and who arrived."""
        ordered = self.chosen(np.argsort(self.at_ns, kind="stable"))
        edges = [*range(window.start_ns, window.end_ns, SLICE_NS), window.end_ns]
        places = np.searchsorted(ordered.at_ns, edges).tolist()
        for start, low, high in zip(edges, places, places[1:], strict=False):
            yield start, ordered.chosen(slice(low, high))

    @property
    def failed_count(self) -> int:
        """How many did not complete."""
        return len(self) - int(self.completed.sum())

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


RequestExpectation = (
    LatencyBelow | ErrorRatioBelow | ErrorRatioAbove | CompletedRatioAbove | ThroughputAbove
)


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
        case ErrorRatioAbove():
            return _collapse(expectation, arrivals, window)
        case CompletedRatioAbove():
            return _completed_ratio(expectation, arrivals, window)
        case ThroughputAbove():
            return _throughput(expectation, everything, window)
        case _:
            assert_never(expectation)


def _latency(expectation: LatencyBelow, arrivals: Arrivals, window: Phase) -> ExpectationResult:
    observed = arrivals.latency_ns(expectation.statistic)
    limit = expectation.below_ns

    def violates(part: Arrivals) -> bool:
        value = part.latency_ns(expectation.statistic)
        return value is not None and value >= limit

    holds = observed is not None and observed < limit
    return bounded(
        expectation.text,
        holds=holds,
        target=f"< {format_duration(limit)}",
        observed=NOTHING if observed is None else _milliseconds(observed),
        margin=None if observed is None else share_left(observed, limit),
        first_violation_ns=None if holds else _first_slice(arrivals, window, violates),
        during=expectation.during,
    )


def _error_ratio(
    expectation: ErrorRatioBelow, arrivals: Arrivals, window: Phase
) -> ExpectationResult:
    limit = Fraction(repr(expectation.below_ratio))
    return _failures(
        expectation, arrivals, window, limit, target=f"< {format_ratio(expectation.below_ratio)}"
    )


def _collapse(expectation: ErrorRatioAbove, arrivals: Arrivals, window: Phase) -> ExpectationResult:
    limit = Fraction(repr(expectation.above_ratio))
    ratio = arrivals.failed_count / len(arrivals) if len(arrivals) else None

    def violates(part: Arrivals) -> bool:
        return part.failed_count <= limit * len(part)

    holds = not violates(arrivals)
    return bounded(
        expectation.text,
        holds=holds,
        target=f"> {format_ratio(expectation.above_ratio)}",
        observed=NOTHING if ratio is None else f"{ratio:.3%}",
        margin=None if ratio is None or not limit else -(share_left(ratio, float(limit)) or 0.0),
        first_violation_ns=None if holds else _first_slice(arrivals, window, violates),
        during=expectation.during,
    )


def _completed_ratio(
    expectation: CompletedRatioAbove, arrivals: Arrivals, window: Phase
) -> ExpectationResult:
    limit = 1 - Fraction(repr(expectation.above_ratio))
    return _failures(
        expectation, arrivals, window, limit, target=f"> {format_ratio(expectation.above_ratio)}"
    )


def _failures(
    expectation: ErrorRatioBelow | CompletedRatioAbove,
    arrivals: Arrivals,
    window: Phase,
    limit: Fraction,
    *,
    target: str,
) -> ExpectationResult:
    """Hold the share that did not complete under ``limit``, the decimal that the user wrote.

    Counts are compared in whole numbers: 1 - 0.9 is not 0.1 among floats.
    """

    def violates(part: Arrivals) -> bool:
        return len(part) > 0 and part.failed_count >= limit * len(part)

    holds = len(arrivals) > 0 and not violates(arrivals)
    ratio = arrivals.failed_count / len(arrivals) if len(arrivals) else None
    shown = ratio
    if ratio is not None and isinstance(expectation, CompletedRatioAbove):
        shown = 1.0 - ratio
    return bounded(
        expectation.text,
        holds=holds,
        target=target,
        observed=NOTHING if shown is None else f"{shown:.3%}",
        margin=None if ratio is None else share_left(ratio, float(limit)),
        first_violation_ns=None if holds else _first_slice(arrivals, window, violates),
        during=expectation.during,
    )


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


def _first_slice(arrivals: Arrivals, window: Phase, violates: Callable[[Arrivals], bool]) -> TimeNs:
    """Start of the first slice that violates the bound by itself, else of the window."""
    starts = (start for start, part in arrivals.slices(window) if violates(part))
    return next(starts, window.start_ns)


def _milliseconds(duration_ns: float | DurationNs) -> str:
    return f"{duration_ns / NS_PER_MS:.1f} ms"
