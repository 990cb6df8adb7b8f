"""What a fault did to the users: first symptom, time to detect, to fail over, to recover.

The definitions, all counted from the start of the fault and stated again in the report:

- *first symptom*: start of the first window of ``WINDOW_NS`` whose error ratio is above the
  ratio of the minute before the fault plus ``TOLERANCE_PERCENT`` points.
- *time to detect*: until the first notification that was sent with status ``firing``.
- *time to fail over*: until the last caller has dropped a target from its endpoint view. A
  caller's first drop of a target counts, and only until a later fault strikes that target.
  While a caller outside the fault still lists a target there is no failover yet.
- *time to recover*: until the first instant from which every window stays at or under the
  tolerated ratio. Windows are laid from the start of the fault, by arrival, up to the next
  fault or the end of the run. A recovery needs evidence: at least one window with finished
  requests after the last bad one.

Requests still in flight at the end of the run count in no window. Nothing here knows the rules
that sent the page; attribution of a page to one of several overlapping faults is not attempted.
"""

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_MINUTE, NS_PER_S, DurationNs, TimeNs
from models.records.events import EventKind
from models.records.manifest import Manifest
from models.records.record import RunRecord
from models.records.table import Table

Integers = npt.NDArray[np.intp]

WINDOW_NS: DurationNs = 5 * NS_PER_S
"""Length of the windows by which symptom and recovery are judged."""
BASELINE_NS: DurationNs = NS_PER_MINUTE
"""How long before the fault the usual error ratio is measured."""
TOLERANCE_PERCENT = 1
"""Percentage points by which the error ratio may exceed the usual one and still be usual."""


@dataclass(frozen=True, slots=True)
class FaultSpan:
    """One fault as it struck. ``end_ns`` is None when it lasted to the end of the run.

    ``where`` says in words between whom a fault of the network was.
    """

    label: str
    index: int
    kind: str
    targets: tuple[str, ...]
    start_ns: TimeNs
    end_ns: TimeNs | None
    where: str = ""


@dataclass(frozen=True, slots=True)
class ViewDrop:
    """A caller stopped listing a target this long after the fault began."""

    caller: str
    target: str
    after_ns: DurationNs


@dataclass(frozen=True, slots=True)
class Incident:
    """What one fault did; every duration counts from its start, None means it did not happen.

    ``callers_expected`` is how many (caller, target) pairs outlived the fault and so had to drop
    the target; None when the callers' names are not instances of the manifest.
    """

    fault: FaultSpan
    horizon_ns: TimeNs
    error_ratio_before: float
    error_ratio_peak: float
    first_symptom_ns: DurationNs | None
    detect_ns: DurationNs | None
    drops: tuple[ViewDrop, ...]
    callers_expected: int | None
    recover_ns: DurationNs | None

    @property
    def failover_ns(self) -> DurationNs | None:
        """Time until the last caller dropped its last target; None while one still lists one."""
        return self.last_drop_ns if self.is_dropped_everywhere else None

    @property
    def last_drop_ns(self) -> DurationNs | None:
        """Time until the last drop there was; None when no caller dropped a target."""
        return max((drop.after_ns for drop in self.drops), default=None)

    @property
    def is_dropped_everywhere(self) -> bool:
        """True when every caller that could drop a target did, as far as that is known."""
        return self.callers_expected is None or len(self.drops) >= self.callers_expected

    @property
    def is_visible(self) -> bool:
        """True when the error ratio left the tolerated band at all."""
        return self.first_symptom_ns is not None


def incidents(record: RunRecord) -> tuple[Incident, ...]:
    """One incident per fault that struck, in order of their starts."""
    spans = fault_spans(record.events)
    return tuple(_incident(record, span, spans) for span in spans)


def fault_spans(events: Table) -> tuple[FaultSpan, ...]:
    """The faults of a run, from their start and end events, in order of their starts."""
    ends: dict[tuple[int, str], TimeNs] = {}
    starts: list[tuple[TimeNs, str, str]] = []
    kinds, subjects, details = events.text("kind"), events.text("subject"), events.text("detail")
    for time_ns, kind, subject, detail in zip(
        events["time_ns"].tolist(), kinds, subjects, details, strict=True
    ):
        if kind == EventKind.FAULT_STARTED:
            starts.append((time_ns, subject, detail))
        elif kind == EventKind.FAULT_ENDED:
            ends.setdefault((json.loads(detail).get("index", -1), subject), time_ns)
    spans = []
    for time_ns, label, text in sorted(starts):
        detail = json.loads(text)
        index = int(detail.get("index", -1))
        spans.append(
            FaultSpan(
                label=label,
                index=index,
                kind=str(detail.get("kind", "")),
                targets=tuple(detail.get("targets", ())),
                start_ns=time_ns,
                end_ns=ends.get((index, label)),
                where=str(detail.get("where", "")),
            )
        )
    return tuple(spans)


def first_page_ns(events: Table, start_ns: TimeNs) -> DurationNs | None:
    """Time from ``start_ns`` to the first firing notification sent at or after it."""
    times = events["time_ns"].tolist()
    for row, kind in enumerate(events.text("kind")):
        if kind != EventKind.PAGE_SENT or times[row] < start_ns:
            continue
        if json.loads(events.text("detail")[row]).get("status", "firing") == "firing":
            return int(times[row] - start_ns)
    return None


def view_drops(
    events: Table, span: FaultSpan, spans: tuple[FaultSpan, ...]
) -> tuple[ViewDrop, ...]:
    """First drop of each target by each caller, until a later fault strikes that target."""
    until = {
        target: min(
            (s.start_ns for s in spans if s.start_ns > span.start_ns and target in s.targets),
            default=None,
        )
        for target in span.targets
    }
    found: dict[tuple[str, str], DurationNs] = {}
    rows = zip(events["time_ns"].tolist(), events.text("kind"), events.text("subject"), strict=True)
    for row, (time_ns, kind, target) in enumerate(rows):
        if kind != EventKind.VIEW_DROPPED or target not in until or time_ns < span.start_ns:
            continue
        limit = until[target]
        if limit is not None and time_ns >= limit:
            continue
        caller = str(json.loads(events.text("detail")[row]).get("caller", ""))
        found.setdefault((caller, target), time_ns - span.start_ns)
    return tuple(ViewDrop(caller, target, after) for (caller, target), after in found.items())


@dataclass(frozen=True, slots=True)
class Impairment:
    """How the error ratio left the tolerated band and came back; durations from the fault."""

    ratio_before: float
    ratio_peak: float
    first_symptom_ns: DurationNs | None
    recover_ns: DurationNs | None


def impairment(requests: Table, start_ns: TimeNs, horizon_ns: TimeNs) -> Impairment:
    """Judge the windows from ``start_ns`` up to ``horizon_ns`` against the minute before.

    Without any finished request in the minute before, the usual ratio is taken as 0. A fault
    that no window shows has recovered at once: ``recover_ns`` is 0 if any window had requests.
    Ratios are compared in whole numbers, so the boundary is exact.
    """
    arrival = requests["arrival_ns"].astype(np.int64)
    outcome = requests["outcome"]
    finished = outcome != RequestOutcome.IN_FLIGHT
    bad = finished & (outcome != RequestOutcome.COMPLETED)
    before = (arrival >= start_ns - BASELINE_NS) & (arrival < start_ns) & finished
    usual = _Share(int((bad & before).sum()), int(before.sum()))
    inside = (arrival >= start_ns) & (arrival < horizon_ns) & finished
    windows = (arrival[inside] - start_ns) // WINDOW_NS
    finished_count = np.bincount(windows)
    bad_count = np.bincount(windows[bad[inside]], minlength=len(finished_count))
    used = np.flatnonzero(finished_count)
    return _judge(used, bad_count[used], finished_count[used], usual)


@dataclass(frozen=True, slots=True)
class _Share:
    bad: int
    finished: int

    @property
    def ratio(self) -> float:
        return self.bad / self.finished if self.finished else 0.0


def _judge(used: Integers, bad: Integers, finished: Integers, usual: _Share) -> Impairment:
    if not len(used):
        return Impairment(usual.ratio, 0.0, None, None)
    denominator = max(1, usual.finished)
    tolerated = 100 * usual.bad + TOLERANCE_PERCENT * denominator
    over = np.flatnonzero(100 * bad * denominator > tolerated * finished)
    peak = float((bad / finished).max())
    if not len(over):
        return Impairment(usual.ratio, peak, None, 0)
    first_symptom = int(used[over[0]]) * WINDOW_NS
    last_bad = int(over[-1])
    recovered = (int(used[last_bad]) + 1) * WINDOW_NS if last_bad + 1 < len(used) else None
    return Impairment(usual.ratio, peak, first_symptom, recovered)


def _incident(record: RunRecord, span: FaultSpan, spans: tuple[FaultSpan, ...]) -> Incident:
    horizon_ns = min(
        (other.start_ns for other in spans if other.start_ns > span.start_ns),
        default=record.manifest.end_ns,
    )
    impaired = impairment(record.requests, span.start_ns, horizon_ns)
    drops = view_drops(record.events, span, spans)
    return Incident(
        fault=span,
        horizon_ns=horizon_ns,
        error_ratio_before=impaired.ratio_before,
        error_ratio_peak=impaired.ratio_peak,
        first_symptom_ns=impaired.first_symptom_ns,
        detect_ns=first_page_ns(record.events, span.start_ns),
        drops=drops,
        callers_expected=_expected_drops(record.manifest, span, drops),
        recover_ns=impaired.recover_ns,
    )


def _expected_drops(manifest: Manifest, span: FaultSpan, drops: tuple[ViewDrop, ...]) -> int | None:
    struck = set(span.targets)
    service_of = {instance.name: instance.service for instance in manifest.instances}
    pairs = set()
    for target in span.targets:
        callers = {edge.caller for edge in manifest.edges if edge.callee == service_of.get(target)}
        pairs |= {
            (instance.name, target)
            for instance in manifest.instances
            if instance.service in callers and instance.name not in struck
        }
    seen = {(drop.caller, drop.target) for drop in drops}
    return len(pairs) if seen <= pairs else None
