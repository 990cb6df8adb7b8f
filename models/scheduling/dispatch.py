"""Where schedulers, the run store and the executors meet: one request, one answer.

This stands on the node of the run store. A start is a claim followed by a submission. If the
executors have no room, the claim is given back and the scheduler tries again; a task that they
could never run ends as failed. Nothing is left locked behind a failure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from models.base.time import TimeNs
from models.scheduling.config import JobConfig
from models.scheduling.pool import ExecutorPool, PoolAction, Submission, TaskEnded
from models.scheduling.runs import Claim, RunHistory, RunStore
from models.scheduling.scheduler import (
    CancelRun,
    OpenRuns,
    Skipped,
    StartAnswer,
    StartResult,
    StartRun,
)
from models.scheduling.tasks import RunKey, Task, TaskStatus


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Tell the scheduler that leads: a run ended, as of the store's ``revision``."""

    job: str
    scheduled_ns: TimeNs
    status: TaskStatus
    revision: int


DispatchAction: TypeAlias = PoolAction | RunEnded


class RunDispatcher:
    """Carries a scheduler's actions out on one run store and one executor pool.

    Everything the pool returns goes through :meth:`settle`, which records ended runs in the
    store and adds the notice for the leader.

    Source: semantics.md 11.3; naive_defects.md (scheduler: a failed submit).
    """

    def __init__(self, jobs: Sequence[JobConfig], store: RunStore, pool: ExecutorPool) -> None:
        """Join a store and a pool; ``jobs`` say how each run is executed."""
        self._jobs = {job.name: job for job in jobs}
        self._store = store
        self._pool = pool

    def open(self, request: OpenRuns) -> RunHistory | None:
        """History for a leader, which shuts out its predecessors; None if it is one of those."""
        return self._store.open(request.token)

    def start(
        self, request: StartRun, *, now: TimeNs
    ) -> tuple[StartAnswer, tuple[DispatchAction, ...]]:
        """Claim a run and hand it to the executors, or say why not."""
        job, tick, token = request.job, request.scheduled_ns, request.token
        claim = self._store.claim(job, tick, token)
        if claim is not Claim.ACCEPTED:
            return self._answer(request, StartResult(claim.value)), ()
        config = self._jobs.get(job)
        if config is None:
            return self._fail(request)
        submission, actions = self._pool.submit(_task(config, tick, token), now=now)
        match submission:
            case Submission.ACCEPTED:
                settled = self.settle(actions)
                return self._answer(request, StartResult.ACCEPTED), settled
            case Submission.QUEUE_FULL | Submission.DUPLICATE:
                self._store.abandon(job, tick, token)
                return self._answer(request, StartResult.REJECTED), ()
            case Submission.UNKNOWN_KIND | Submission.BAD_PAYLOAD:
                return self._fail(request)
        assert_never(submission)

    def skip(self, request: Skipped) -> Claim:
        """Remember that a tick shall not run."""
        return self._store.skip(request.job, request.scheduled_ns, request.token)

    def cancel(self, request: CancelRun, *, now: TimeNs) -> tuple[DispatchAction, ...]:
        """Stop a run; one not yet started never will be. No effect under an old token."""
        decided = self._store.skip(request.job, request.scheduled_ns, request.token)
        if decided is not Claim.DUPLICATE:
            return ()
        return self.settle(self._pool.cancel(RunKey(request.job, request.scheduled_ns), now=now))

    def settle(self, actions: Sequence[PoolAction]) -> tuple[DispatchAction, ...]:
        """Record the runs that these actions of the pool end, and add the notices."""
        settled: list[DispatchAction] = []
        for action in actions:
            settled.append(action)
            if isinstance(action, TaskEnded):
                job, tick = action.key.job, action.key.scheduled_ns
                self._store.finish(job, tick, action.status)
                settled.append(RunEnded(job, tick, action.status, self._store.revision))
        return tuple(settled)

    def _fail(self, request: StartRun) -> tuple[StartAnswer, tuple[DispatchAction, ...]]:
        """End a run that no executor can ever run: trying again would not help."""
        ended = TaskEnded(RunKey(request.job, request.scheduled_ns), TaskStatus.FAILED)
        settled = self.settle((ended,))
        return self._answer(request, StartResult.ACCEPTED), settled

    def _answer(self, request: StartRun, result: StartResult) -> StartAnswer:
        return StartAnswer(
            request.job,
            request.scheduled_ns,
            request.token,
            result,
            self._store.is_active(request.job, request.scheduled_ns),
            self._store.revision,
        )


def _task(job: JobConfig, scheduled_ns: TimeNs, token: int) -> Task:
    return Task(
        RunKey(job.name, scheduled_ns),
        kind=job.task,
        token=token,
        timeout_ns=job.timeout_ns,
        payload=job.payload,
        retries=job.retries,
        backoff_ns=job.retry_backoff_ns,
    )
