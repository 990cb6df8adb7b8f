"""What job scheduling writes down: leaderships, tries with their true times, ticks not run.

The ledger looks on from outside. The start and the end of a try are the true instants at which
an executor began and ceased to work on it; its status is what the run store made of it, which may
be known much later. A try that no executor ever took up counts from its placement to its end at
the run store.
"""

from dataclasses import dataclass
from typing import Protocol

from models.base.time import DurationNs, TimeNs
from models.records.events import EventKind, JsonValue
from models.records.table import Cell
from models.scheduling.backlog import SkipReason
from models.scheduling.pool import ResultFenced, RunOrder
from models.scheduling.tasks import RunKey, TaskStatus, Try
from sim.kernel.environment import Kernel
from sim.kernel.events import EventLog
from sim.processes.jobs_messages import TryId

RUNNING_ENDED_NS = -1
"""Value of ``jobs.ended_ns`` of a try that was still running when the run ended."""


class JobsLog(EventLog, Protocol):
    """Takes events, finished tries and log lines, at the current true time."""

    def job(self, *row: Cell) -> None:
        """Write down one try; columns as in the JOBS schema."""

    def log(self, node: str, level: str, message: str) -> None:
        """Write down one line of a node's log."""


@dataclass(slots=True)
class _OpenTry:
    token: int
    began_ns: TimeNs
    has_begun: bool = False
    ended_ns: TimeNs | None = None


class JobsLedger:
    """Writes each leadership, try and run once, whatever order the news comes in."""

    def __init__(self, kernel: Kernel, log: JobsLog, wall_start_ns: TimeNs) -> None:
        self._kernel = kernel
        self._log = log
        self._wall_start_ns = wall_start_ns
        self._leading: dict[int, tuple[str, str]] = {}
        self._schedulers: dict[RunKey, str] = {}
        self._open: dict[TryId, _OpenTry] = {}

    def lock_gained(self, lock: str, owner: str, token: int) -> None:
        """A scheduler leads from now on."""
        self._leading[token] = (lock, owner)
        self._log.event(EventKind.LOCK_ACQUIRED, lock, {"owner": owner, "token": token})

    def lock_lost(self, token: int) -> None:
        """Its owner gave a lease up, or it lapsed with the owner dead: whichever comes first."""
        led = self._leading.pop(token, None)
        if led is not None:
            lock, owner = led
            self._log.event(EventKind.LOCK_LOST, lock, {"owner": owner, "token": token})

    def run_claimed(self, key: RunKey, scheduler: str) -> None:
        """The run store accepted a run from a scheduler."""
        self._schedulers[key] = scheduler

    def run_skipped(self, key: RunKey, reason: SkipReason) -> None:
        """It was decided that a tick shall not run."""
        detail = {"reason": reason.value, "scheduled_ns": self._virtual(key)}
        self._log.event(EventKind.JOB_SKIPPED, key.job, detail)

    def run_ended(self, key: RunKey, status: TaskStatus) -> None:
        """A run is over, tries and all."""
        self._schedulers.pop(key, None)
        detail = {"status": status.value, "scheduled_ns": self._virtual(key)}
        self._log.event(EventKind.JOB_ENDED, key.job, detail)

    def try_placed(self, order: RunOrder) -> None:
        """The run store chose an executor."""
        placed = TryId(order.executor, order.task.key, order.attempt)
        self._open[placed] = _OpenTry(order.task.token, self._kernel.now)

    def try_withdrawn(self, placed: TryId) -> None:
        """The executor had no room: that was no try."""
        self._open.pop(placed, None)

    def try_began(self, placed: TryId) -> None:
        """The executor works on it from now on; not news if it was given up meanwhile."""
        entry = self._open.get(placed)
        if entry is None:
            return
        if not entry.has_begun:
            entry.began_ns = self._kernel.now
            entry.has_begun = True
        entry.ended_ns = None
        detail: dict[str, JsonValue] = {
            "scheduled_ns": self._virtual(placed.key),
            "scheduler": self._schedulers[placed.key],
            "executor": placed.executor,
            "token": entry.token,
            "attempt": placed.attempt,
        }
        self._log.event(EventKind.JOB_STARTED, placed.key.job, detail)

    def try_ceased(self, placed: TryId) -> None:
        """The executor no longer works on it, because it is done or was told to stop."""
        entry = self._open.get(placed)
        if entry is not None:
            entry.ended_ns = self._kernel.now

    def executor_died(self, executor: str) -> None:
        """Whatever it worked on has ceased."""
        for placed, entry in self._open.items():
            if placed.executor == executor and entry.has_begun and entry.ended_ns is None:
                entry.ended_ns = self._kernel.now

    def try_ended(self, result: Try) -> None:
        """The run store knows how a try ended: write its row."""
        placed = TryId(result.executor, result.key, result.attempt)
        entry = self._open.pop(placed)
        ended_ns = self._kernel.now if entry.ended_ns is None else entry.ended_ns
        self._write(placed, entry, ended_ns, result.status)

    def result_fenced(self, late: ResultFenced) -> None:
        """A try that had been given up succeeded after all, and does not count."""
        run = f"'{late.key.job}' scheduled at {self._virtual(late.key)} ns"
        message = f"refused a late success of {run}, attempt {late.attempt}"
        self._log.log(f"executor/{late.executor}", "warning", message)

    def close(self) -> None:
        """Write the tries that are still running; nothing may follow."""
        for placed, entry in self._open.items():
            self._write(placed, entry, RUNNING_ENDED_NS, TaskStatus.RUNNING)
        self._open.clear()

    def _write(self, placed: TryId, entry: _OpenTry, ended_ns: TimeNs, status: TaskStatus) -> None:
        self._log.job(
            placed.key.job,
            self._virtual(placed.key),
            entry.began_ns,
            ended_ns,
            placed.attempt,
            self._schedulers[placed.key],
            placed.executor,
            entry.token,
            status.value,
        )

    def _virtual(self, key: RunKey) -> DurationNs:
        return key.scheduled_ns - self._wall_start_ns
