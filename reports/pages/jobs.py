"""Chapter for jobs: did every tick run once, where, and who led when.

A *tick* is one instant that a job's schedule names. It ran *once* when exactly one of its
executions succeeded; executions that were lost, fenced off or timed out do not count as runs
that did the work, but each is shown.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from models.base.time import DurationNs, TimeNs
from models.records.events import EventKind
from models.records.record import RunRecord
from reports.series.bands import fault_bands

WIDTH, LANE, LEFT = 860, 26, 130
"""Size of the drawing in CSS pixels: its width, the height of a lane, the gutter of names."""


_Span = tuple[TimeNs, TimeNs, str, str]


@dataclass(frozen=True, slots=True)
class Execution:
    """One try of one tick; ``ended_ns`` is None while it was still running at the end."""

    job: str
    scheduled_ns: TimeNs
    started_ns: TimeNs
    ended_ns: TimeNs | None
    attempt: int
    scheduler: str
    executor: str
    token: int
    status: str


@dataclass(frozen=True, slots=True)
class Tick:
    """All executions of one tick, in order of their starts."""

    job: str
    scheduled_ns: TimeNs
    executions: tuple[Execution, ...]

    @property
    def succeeded(self) -> int:
        """How many executions did the work."""
        return sum(execution.status == "succeeded" for execution in self.executions)

    @property
    def judgement(self) -> str:
        """``once``, ``not yet`` while it still runs, ``never`` or ``3 times``."""
        if not self.succeeded:
            is_running = any(execution.ended_ns is None for execution in self.executions)
            return "not yet" if is_running else "never"
        return "once" if self.succeeded == 1 else f"{self.succeeded} times"

    @property
    def delay_ns(self) -> DurationNs:
        """From the instant the schedule names to the first start."""
        return self.executions[0].started_ns - self.scheduled_ns


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a lane in pixels, with its words and how it is drawn."""

    x: float
    width: float
    style: str
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the drawing: a lock with its leaders, or an executor with its executions."""

    name: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class JobsView:
    """Ticks, and the drawing of leaders and executions over the run."""

    ticks: tuple[Tick, ...]
    lanes: tuple[Lane, ...]
    faults: tuple[Bar, ...]
    changes: int
    height: int


def jobs_view(record: RunRecord) -> JobsView:
    """Group the executions of a run by tick and lay them out over time."""
    executions = tuple(_executions(record))
    leaders = _leaderships(record)
    end_ns = max(1, record.manifest.end_ns)
    lanes = [
        *((f"lock {lock}", [_bar(*span, end_ns) for span in spans]) for lock, spans in leaders),
        *_executor_lanes(executions, end_ns),
    ]
    return JobsView(
        ticks=_ticks(executions),
        lanes=tuple(Lane(name, i * LANE, tuple(bars)) for i, (name, bars) in enumerate(lanes)),
        faults=tuple(
            _bar(band.start_ns, band.end_ns, band.label, band.kind, end_ns)
            for band in fault_bands(record)
        ),
        changes=sum(
            before[2] != after[2] for _, spans in leaders for before, after in pairwise(spans)
        ),
        height=len(lanes) * LANE,
    )


def _executions(record: RunRecord) -> Iterator[Execution]:
    for row in record.jobs.rows():
        job, scheduled, started, ended, attempt, scheduler, executor, token, status = row
        yield Execution(
            job=str(job),
            scheduled_ns=int(scheduled),
            started_ns=int(started),
            ended_ns=int(ended) if int(ended) >= 0 else None,
            attempt=int(attempt),
            scheduler=str(scheduler),
            executor=str(executor),
            token=int(token),
            status=str(status),
        )


def _ticks(executions: tuple[Execution, ...]) -> tuple[Tick, ...]:
    grouped: dict[tuple[TimeNs, str], list[Execution]] = defaultdict(list)
    for execution in executions:
        grouped[execution.scheduled_ns, execution.job].append(execution)
    return tuple(
        Tick(job, scheduled, tuple(sorted(tries, key=lambda e: (e.started_ns, e.attempt))))
        for (scheduled, job), tries in sorted(grouped.items())
    )


def _executor_lanes(
    executions: tuple[Execution, ...], end_ns: TimeNs
) -> Iterator[tuple[str, list[Bar]]]:
    for executor in sorted({execution.executor for execution in executions}):
        yield (
            executor or "no executor",
            [
                _bar(
                    e.started_ns,
                    end_ns if e.ended_ns is None else e.ended_ns,
                    f"{e.job} {e.status}",
                    e.status,
                    end_ns,
                )
                for e in executions
                if e.executor == executor
            ],
        )


def _leaderships(record: RunRecord) -> list[tuple[str, list[_Span]]]:
    changes: dict[str, list[tuple[TimeNs, str]]] = defaultdict(list)
    rows = zip(
        record.events["time_ns"].tolist(),
        record.events.text("kind"),
        record.events.text("subject"),
        record.events.text("detail"),
        strict=True,
    )
    for time_ns, kind, lock, detail in rows:
        owner = str(json.loads(detail).get("owner", ""))
        current = changes[lock][-1][1] if lock in changes else ""
        if kind == EventKind.LOCK_ACQUIRED and owner != current:
            changes[lock].append((time_ns, owner))
        elif kind == EventKind.LOCK_LOST and owner == current:
            changes[lock].append((time_ns, ""))
    found = []
    for lock, moments in sorted(changes.items()):
        ends = [*moments, (record.manifest.end_ns, "")]
        spans = [
            (low, high, holder, "leader") for (low, holder), (high, _) in pairwise(ends) if holder
        ]
        found.append((lock, spans))
    return found


def _bar(start_ns: TimeNs, stop_ns: TimeNs, words: str, style: str, end_ns: TimeNs) -> Bar:
    scale = (WIDTH - LEFT) / end_ns
    x = LEFT + start_ns * scale
    return Bar(round(x, 1), round(max(2.0, (stop_ns - start_ns) * scale), 1), style, words)
