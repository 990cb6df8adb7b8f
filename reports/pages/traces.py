"""Traces worth opening, as waterfalls with their critical path.

Three requests: the failure that lasted longest, the slowest that was completed, and the median one
beside which both are judged. Every attempt is a row; what lies on the critical path is drawn thick
and counted in figures, so that neither colour nor a pointer is needed to read it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.base.outcome import RequestOutcome
from models.base.percentile import rank
from models.base.time import DurationNs, TimeNs
from models.records.record import RunRecord
from models.telemetry.tracing.analysis.assembly import Trace
from models.telemetry.tracing.analysis.critical_path import Segment, critical_path
from models.telemetry.tracing.attempts import CALLEE, OUTCOME, TRY, RunTraces, queue_wait_ns
from models.telemetry.tracing.spans.span import NO_SPAN, Span
from reports.quantities import latency_text

ROWS_MAX = 40
"""How many spans of one trace are drawn; the rest is counted."""
COLOURS = 5
"""Colours of the style sheet for services; the next five services are hatched."""
TICKS = 4
_WIDTH_PERCENT_MIN = 0.25


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a row: where it begins and how long it is, in percent of the trace; in words."""

    left: float
    width: float
    words: str

    @property
    def right(self) -> float:
        """Where it ends, in percent."""
        return round(self.left + self.width, 3)


@dataclass(frozen=True, slots=True)
class Row:
    """One span. ``style`` is the class of its service; ``pause`` the wait before a retry.

    ``name`` is that of the instance where it contains the service's, else the service's; then
    ``instance`` says who served it. Nobody did when ``is_served`` is False.
    """

    name: str
    operation: str
    instance: str
    is_served: bool
    style: str
    depth: int
    try_number: int
    outcome: str
    is_good: bool
    duration_ns: DurationNs
    wait_ns: DurationNs
    critical_ns: DurationNs
    bar: Stretch
    critical: tuple[Stretch, ...]
    pause: Stretch | None


@dataclass(frozen=True, slots=True)
class Share:
    """A service's part of the critical path."""

    service: str
    style: str
    duration_ns: DurationNs
    ratio: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """One trace. ``ticks`` are the labels of its time axis, from 0 to its duration."""

    key: str
    title: str
    request: int
    source: str
    endpoint: str
    outcome: str
    is_good: bool
    arrival_ns: TimeNs
    duration_ns: DurationNs
    rows: tuple[Row, ...]
    hidden: int
    retries: int
    shares: tuple[Share, ...]
    ticks: tuple[str, ...]


def waterfalls(record: RunRecord) -> tuple[Waterfall, ...]:
    """The chosen traces of a run, those that there are; none for a run without requests."""
    run = RunTraces(record.manifest, record.requests, record.attempts)
    chosen = [
        (key, title, trace)
        for key, title, number in _chosen(record)
        if (trace := run.trace(number)) is not None
    ]
    styles = _styles([trace for _, _, trace in chosen], record.manifest.sources)
    return tuple(_waterfall(key, title, trace, styles) for key, title, trace in chosen)


def _chosen(record: RunRecord) -> list[tuple[str, str, int]]:
    """Key, title and request number of each trace to show, no request twice."""
    table = record.requests
    outcome = table["outcome"]
    done = np.flatnonzero(outcome == RequestOutcome.COMPLETED)
    bad = np.flatnonzero(
        (outcome != RequestOutcome.COMPLETED) & (outcome != RequestOutcome.IN_FLIGHT)
    )
    found: list[tuple[str, str, int]] = []
    for rows, key, title in (
        (bad, "failed", "The failure that took longest"),
        (done, "slowest", "The slowest that was completed"),
    ):
        if len(rows):
            order = np.lexsort((table["id"][rows], -table["duration_ns"][rows]))
            found.append((key, title, int(table["id"][rows[order[0]]])))
    if len(done) > 1:
        order = np.lexsort((table["id"][done], table["duration_ns"][done]))
        median = int(table["id"][done[order[rank(len(done), 0.5) - 1]]])
        if median != found[-1][2]:
            found.append(("median", "The median one, for comparison", median))
    return found


def _styles(traces: Sequence[Trace], sources: Sequence[str]) -> Mapping[str, str]:
    """A class for each service, in order of first appearance; load sources stay neutral."""
    services = dict.fromkeys(_service(span) for trace in traces for span in trace.spans)
    named = [service for service in services if service not in sources]
    styles = dict.fromkeys(sources, "user")
    for number, service in enumerate(named):
        hatched = " hatched" if number // COLOURS % 2 else ""
        styles[service] = f"s{number % COLOURS}{hatched}"
    return styles


def _waterfall(key: str, title: str, trace: Trace, styles: Mapping[str, str]) -> Waterfall:
    root, path = trace.top, critical_path(trace)
    rows = [_row(trace, span, depth, path, styles) for span, depth in trace.walk()]
    return Waterfall(
        key=key,
        title=title,
        request=int(str(root.attributes["foreshock.request"])),
        source=root.service,
        endpoint=root.name,
        outcome=_outcome(root),
        is_good=not root.is_error,
        arrival_ns=root.start_ns,
        duration_ns=root.duration_ns,
        rows=tuple(rows[:ROWS_MAX]),
        hidden=max(0, len(rows) - ROWS_MAX),
        retries=sum(row.try_number > 1 for row in rows),
        shares=_shares(path, styles),
        ticks=tuple(latency_text(trace.duration_ns * n / TICKS) for n in range(TICKS + 1)),
    )


def _row(
    trace: Trace, span: Span, depth: int, path: Sequence[Segment], styles: Mapping[str, str]
) -> Row:
    own = [segment for segment in path if segment.span is span]
    service, instance = _service(span), _instance(span)
    is_apart = not instance.startswith(service)
    return Row(
        name=service if is_apart else instance,
        operation=span.name,
        instance=instance if is_apart else "",
        is_served=bool(instance) or not depth,
        style=styles[service],
        depth=depth,
        try_number=int(str(span.attributes.get(TRY, 1))),
        outcome=_outcome(span),
        is_good=span.attributes[OUTCOME] in ("ok", "completed"),
        duration_ns=span.duration_ns,
        wait_ns=queue_wait_ns(span),
        critical_ns=sum(segment.duration_ns for segment in own),
        bar=_stretch(trace, span.start_ns, span.end_ns, "from call to outcome"),
        critical=tuple(
            _stretch(trace, segment.start_ns, segment.end_ns, "on the critical path")
            for segment in own
        ),
        pause=_pause(trace, span),
    )


def _pause(trace: Trace, span: Span) -> Stretch | None:
    """From the end of the try before to the start of this one."""
    for link in span.links:
        for before in trace.spans:
            if before.span_id == link.context.span_id and before.end_ns <= span.start_ns:
                return _stretch(trace, before.end_ns, span.start_ns, "pause before the retry")
    return None


def _stretch(trace: Trace, start_ns: TimeNs, end_ns: TimeNs, what: str) -> Stretch:
    total = max(1, trace.duration_ns)
    width = max(_WIDTH_PERCENT_MIN, 100 * (end_ns - start_ns) / total)
    left = min(100 * (start_ns - trace.start_ns) / total, 100 - _WIDTH_PERCENT_MIN)
    return Stretch(round(left, 3), round(width, 3), f"{latency_text(end_ns - start_ns)} {what}")


def _shares(path: Sequence[Segment], styles: Mapping[str, str]) -> tuple[Share, ...]:
    """Services by their time on the path, most first."""
    times: dict[str, DurationNs] = {}
    for segment in path:
        service = _service(segment.span)
        times[service] = times.get(service, 0) + segment.duration_ns
    total = max(1, sum(times.values()))
    ordered = sorted(times.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Share(service, styles[service], spent, spent / total) for service, spent in ordered
    )


def _service(span: Span) -> str:
    """The service that was called, also when nobody was reached; the source for the root."""
    return span.service if span.parent_id == NO_SPAN else str(span.attributes[CALLEE])


def _instance(span: Span) -> str:
    """Who served it; empty for the user, and for a call that reached nobody."""
    is_served = span.parent_id != NO_SPAN and span.service == span.attributes[CALLEE]
    return str(span.resource.attributes.get("service.instance.id", "")) if is_served else ""


def _outcome(span: Span) -> str:
    if span.is_error:
        return span.status.message
    return str(span.attributes[OUTCOME]).replace("_", " ")
