"""The run store: which runs of which job were ever claimed, shared by every scheduler.

The unique key (job, scheduled instant) makes at most one run of each tick effective, whatever
the schedulers' clocks say; the fencing token keeps a scheduler that no longer leads from
claiming anything. A new leader *opens* the store first, which shuts out its predecessors before
it reads what they did: nothing can change behind the answer.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from models.base.errors import SimulationError
from models.base.time import TimeNs
from models.scheduling.fencing import FencedResource
from models.scheduling.tasks import FINAL_STATUSES, RunKey, TaskStatus


class Claim(StrEnum):
    """Answer to a claim; only ``ACCEPTED`` gives the right to run."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    FENCED = "fenced"


@dataclass(frozen=True, slots=True)
class JobRuns:
    """What the store knows of a job: ticks decided (run or skipped) and active, ascending.

    Of the decided ticks the latest are listed; all up to ``forgotten_until`` are decided too.
    """

    job: str
    decided: tuple[TimeNs, ...]
    active: tuple[TimeNs, ...]
    forgotten_until: TimeNs | None = None


@dataclass(frozen=True, slots=True)
class RunHistory:
    """The store as of ``revision``, read by the leader that holds ``token``."""

    token: int
    revision: int
    jobs: tuple[JobRuns, ...]


Ruling: TypeAlias = TaskStatus | None


@dataclass(slots=True)
class _Ticks:
    floor: TimeNs | None = None
    token: dict[TimeNs, int] = field(default_factory=dict)
    status: dict[TimeNs, Ruling] = field(default_factory=dict)


class RunStore:
    """Claims on runs, in memory that outlives any scheduler.

    At most ``history_limit`` ended runs are kept per job. A tick at or before the newest one
    forgotten counts as claimed, so forgetting never lets a run happen twice.

    Source: semantics.md 11.3; PB11, PB12, PB13.
    """

    def __init__(self, *, history_limit: int = 1000) -> None:
        """Start empty."""
        self._history_limit = history_limit
        self._fence = FencedResource()
        self._jobs: dict[str, _Ticks] = {}
        self._revision = 0

    @property
    def revision(self) -> int:
        """Number of changes so far."""
        return self._revision

    def open(self, token: int) -> RunHistory | None:
        """Shut out every lower token and read the store; None if a higher one was here."""
        if not self._fence.check(token):
            return None
        jobs = tuple(
            JobRuns(
                job,
                tuple(sorted(ticks.status)),
                tuple(sorted(tick for tick in ticks.status if self._is_active(ticks, tick))),
                ticks.floor,
            )
            for job, ticks in sorted(self._jobs.items())
        )
        return RunHistory(token, self._revision, jobs)

    def claim(self, job: str, scheduled_ns: TimeNs, token: int) -> Claim:
        """Take the right to run a tick: once per (job, instant), under the highest token only."""
        return self._decide(job, scheduled_ns, token, TaskStatus.QUEUED)

    def skip(self, job: str, scheduled_ns: TimeNs, token: int) -> Claim:
        """Decide that a tick shall not run, so that no later leader takes it up."""
        return self._decide(job, scheduled_ns, token, None)

    def abandon(self, job: str, scheduled_ns: TimeNs, token: int) -> bool:
        """Give back a claim that could not be carried out; False unless made under ``token``."""
        ticks = self._jobs.get(job)
        if ticks is None or ticks.token.get(scheduled_ns) != token:
            return False
        if not self._is_active(ticks, scheduled_ns):
            return False
        del ticks.token[scheduled_ns], ticks.status[scheduled_ns]
        self._revision += 1
        return True

    def finish(self, job: str, scheduled_ns: TimeNs, status: TaskStatus) -> bool:
        """Record how an active run ended; False and no effect if it is not active.

        Raises:
            SimulationError: ``status`` is not a final one.
        """
        if status not in FINAL_STATUSES:
            raise SimulationError(f"a run cannot end as '{status}'")
        ticks = self._jobs.get(job)
        if ticks is None or not self._is_active(ticks, scheduled_ns):
            return False
        ticks.status[scheduled_ns] = status
        self._forget(ticks)
        self._revision += 1
        return True

    def is_active(self, job: str, scheduled_ns: TimeNs) -> bool:
        """Whether that run is claimed and has not ended."""
        ticks = self._jobs.get(job)
        return ticks is not None and self._is_active(ticks, scheduled_ns)

    def token_of(self, job: str, scheduled_ns: TimeNs) -> int | None:
        """Token under which a tick was decided, None if it was not or is forgotten."""
        ticks = self._jobs.get(job)
        return None if ticks is None else ticks.token.get(scheduled_ns)

    def status_of(self, key: RunKey) -> TaskStatus | None:
        """Status of a run: queued while active; None if unknown or skipped."""
        ticks = self._jobs.get(key.job)
        return None if ticks is None else ticks.status.get(key.scheduled_ns)

    def _decide(self, job: str, scheduled_ns: TimeNs, token: int, ruling: Ruling) -> Claim:
        if not self._fence.check(token):
            return Claim.FENCED
        ticks = self._jobs.setdefault(job, _Ticks())
        is_forgotten = ticks.floor is not None and scheduled_ns <= ticks.floor
        if scheduled_ns in ticks.status or is_forgotten:
            return Claim.DUPLICATE
        ticks.token[scheduled_ns] = token
        ticks.status[scheduled_ns] = ruling
        self._forget(ticks)
        self._revision += 1
        return Claim.ACCEPTED

    def _is_active(self, ticks: _Ticks, scheduled_ns: TimeNs) -> bool:
        status = ticks.status.get(scheduled_ns)
        return status is not None and status not in FINAL_STATUSES

    def _forget(self, ticks: _Ticks) -> None:
        while len(ticks.status) > self._history_limit:
            oldest = min(ticks.status)
            if self._is_active(ticks, oldest):
                return
            del ticks.status[oldest], ticks.token[oldest]
            ticks.floor = oldest
