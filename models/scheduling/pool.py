"""The executor pool: the state of every task, and what follows when a try goes wrong.

Each task is kept under the key of its run, so that the same run handed in twice is taken once.
The pool acts by returning orders and is told what executors report; a report names the try it is
about, and one about any but the current try moves nothing. Which executor gets a task is
:mod:`models.scheduling.fleet`.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias, assert_never

from models.base.time import DurationNs, TimeNs
from models.scheduling.config import ExecutorConfig
from models.scheduling.executor import Admission
from models.scheduling.fleet import ExecutorFleet
from models.scheduling.tasks import (
    TASK_TRANSITIONS,
    Handler,
    RunKey,
    Task,
    TaskEvent,
    TaskStatus,
    Try,
)
from models.scheduling.transitions import next_state


class Submission(StrEnum):
    """What the pool says to a task; every word but ``ACCEPTED`` means it was not taken."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    UNKNOWN_KIND = "unknown_kind"
    BAD_PAYLOAD = "bad_payload"
    QUEUE_FULL = "queue_full"


@dataclass(frozen=True, slots=True)
class RunOrder:
    """Tell ``executor`` to run a task; ``attempt`` numbers the orders for it from 1."""

    executor: str
    task: Task
    attempt: int


@dataclass(frozen=True, slots=True)
class StopOrder:
    """Tell ``executor`` to drop a try."""

    executor: str
    key: RunKey
    token: int
    attempt: int


@dataclass(frozen=True, slots=True)
class TryEnded:
    """A try is over."""

    result: Try


@dataclass(frozen=True, slots=True)
class ResultFenced:
    """A try that had been given up reported success after all; its result must not count."""

    key: RunKey
    executor: str
    attempt: int


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A task reached a final status."""

    key: RunKey
    status: TaskStatus


PoolAction: TypeAlias = RunOrder | StopOrder | TryEnded | ResultFenced | TaskEnded

_FINAL_EVENT = {
    TaskStatus.SUCCEEDED: TaskEvent.SUCCEED,
    TaskStatus.FAILED: TaskEvent.FAIL,
    TaskStatus.TIMED_OUT: TaskEvent.TIME_OUT,
    TaskStatus.LOST: TaskEvent.LOSE,
    TaskStatus.FENCED: TaskEvent.FENCE,
    TaskStatus.CANCELLED: TaskEvent.CANCEL,
}


@dataclass(slots=True)
class _Entry:
    task: Task
    status: TaskStatus = TaskStatus.QUEUED
    attempt: int = 0
    tries_left: int = 0
    current: Try | None = None
    wake_at: TimeNs = 0
    last_executor: str = ""
    fenced: set[int] = field(default_factory=set)


class ExecutorPool:
    """Runs tasks on executors, on one monotonic clock.

    A task that finds no executor with room waits, first come first served. A try fails, times
    out (iff ``now >= placed + timeout``) or is lost with its executor; each uses up one of the
    ``1 + retries`` tries, and the next is due a back-off later. An order that its executor was
    too busy for uses up none.

    Source: naive_defects.md (scheduler); PB14, PB16.
    """

    def __init__(
        self,
        executors: Sequence[ExecutorConfig],
        handlers: Mapping[str, Handler],
        *,
        queue_limit: int = 10_000,
        history_limit: int = 10_000,
        executor_lease_ns: DurationNs | None = None,
    ) -> None:
        """Start with every executor up and idle.

        Args:
            executors: who can run tasks; names unique, capacities at least 1.
            handlers: by task kind; a task of another kind is refused.
            queue_limit: most tasks that may wait for an executor.
            history_limit: most ended tasks remembered; a duplicate of an older one passes.
            executor_lease_ns: an executor not heard from for longer is lost; None trusts
                :meth:`executor_lost` alone.

        Raises:
            ConfigError: a repeated name, or a capacity below 1.
        """
        self._fleet = ExecutorFleet(executors, lease_ns=executor_lease_ns)
        self._handlers = handlers
        self._queue_limit = queue_limit
        self._history_limit = history_limit
        self._live: dict[RunKey, _Entry] = {}
        self._ended: dict[RunKey, _Entry] = {}
        self._queue: deque[RunKey] = deque()

    @property
    def queued(self) -> tuple[RunKey, ...]:
        """Tasks waiting for an executor, first come first."""
        return tuple(self._queue)

    def status(self, key: RunKey) -> TaskStatus | None:
        """Status of a task, None if it was never taken or is forgotten."""
        entry = self._live.get(key) or self._ended.get(key)
        return None if entry is None else entry.status

    def running_on(self, executor: str) -> tuple[RunKey, ...]:
        """Tasks placed on an executor now; ConfigError if there is no such one."""
        return self._fleet.running_on(executor)

    def submit(self, task: Task, *, now: TimeNs) -> tuple[Submission, tuple[PoolAction, ...]]:
        """Take a task and place it if an executor has room; a refused one leaves no trace."""
        if task.key in self._live or task.key in self._ended:
            return Submission.DUPLICATE, ()
        handler = self._handlers.get(task.kind)
        if handler is None:
            return Submission.UNKNOWN_KIND, ()
        if handler.refusal(task.payload) is not None:
            return Submission.BAD_PAYLOAD, ()
        if len(self._queue) >= self._queue_limit and self._fleet.choose() is None:
            return Submission.QUEUE_FULL, ()
        self._live[task.key] = _Entry(task, tries_left=task.retries + 1)
        self._queue.append(task.key)
        return Submission.ACCEPTED, self._place(now)

    def admitted(
        self, executor: str, key: RunKey, attempt: int, answer: Admission, *, now: TimeNs
    ) -> tuple[PoolAction, ...]:
        """Take in an executor's answer to an order.

        Busy: the task is placed anew after its back-off. Unknown kind: the try failed.
        Overtaken: the run belongs to someone else, and the task ends fenced.
        """
        entry = self._entry_of(executor, key, attempt)
        if entry is None:
            return ()
        match answer:
            case Admission.STARTED | Admission.DUPLICATE:
                if entry.current is not None and entry.current.started_ns is None:
                    entry.current = replace(entry.current, started_ns=now)
                return ()
            case Admission.BUSY:
                self._leave(entry)
                entry.tries_left += 1
                self._back_off(entry, now)
                return self._place(now)
            case Admission.UNKNOWN_KIND:
                return (*self._give_up(entry, TaskStatus.FAILED, now), *self._place(now))
            case Admission.OVERTAKEN:
                return (*self._end(entry, TaskStatus.FENCED, now), *self._place(now))
        assert_never(answer)

    def finished(
        self, executor: str, key: RunKey, attempt: int, *, is_success: bool, now: TimeNs
    ) -> tuple[PoolAction, ...]:
        """Take in the result of a try. A late success of a try given up is fenced, once."""
        entry = self._entry_of(executor, key, attempt)
        if entry is None:
            return self._late_result(executor, key, attempt) if is_success else ()
        if is_success:
            return (*self._end(entry, TaskStatus.SUCCEEDED, now), *self._place(now))
        return (*self._give_up(entry, TaskStatus.FAILED, now), *self._place(now))

    def executor_lost(self, executor: str, *, now: TimeNs) -> tuple[PoolAction, ...]:
        """An executor died or cannot be reached: its tries are lost and it gets nothing more."""
        actions: list[PoolAction] = []
        for key in self._fleet.lose(executor):
            actions += self._give_up(self._live[key], TaskStatus.LOST, now)
        return (*actions, *self._place(now))

    def heard(self, executor: str, *, now: TimeNs, life: int = 0) -> tuple[PoolAction, ...]:
        """An executor gave a sign of life; one that was lost is used again.

        ``life`` counts its processes. A higher one than before is a new process, so the tries of
        the last one are lost; a lower one is a late message of a dead process and is ignored.
        """
        known = self._fleet.life(executor)
        if life < known:
            return ()
        lost = self.executor_lost(executor, now=now) if life > known else ()
        self._fleet.hear(executor, now=now, life=life)
        return (*lost, *self._place(now))

    def excuse_silence(self, *, now: TimeNs) -> None:
        """The pool was away itself: silence so far is no evidence against an executor."""
        self._fleet.excuse_silence(now=now)

    def cancel(self, key: RunKey, *, now: TimeNs) -> tuple[PoolAction, ...]:
        """Drop a task wherever it is; no effect on one that ended or was never taken."""
        entry = self._live.get(key)
        if entry is None:
            return ()
        if entry.status is TaskStatus.QUEUED:
            self._queue.remove(key)
        stop = self._stop(entry)
        return (*stop, *self._end(entry, TaskStatus.CANCELLED, now), *self._place(now))

    def next_deadline(self) -> TimeNs | None:
        """When a try times out, a retry is due or an executor falls silent, whichever is first.

        Linear in tasks that have not ended.
        """
        silence = self._fleet.next_silence()
        deadlines = [] if silence is None else [silence]
        deadlines += [
            entry.wake_at for entry in self._live.values() if entry.status is not TaskStatus.QUEUED
        ]
        return min(deadlines, default=None)

    def tick(self, *, now: TimeNs) -> tuple[PoolAction, ...]:
        """Give up on silent executors, time out tries, queue retries that are due, place."""
        actions: list[PoolAction] = []
        for executor in self._fleet.silent(now=now):
            actions += self.executor_lost(executor, now=now)
        for entry in self._due(TaskStatus.RUNNING, now):
            actions += self._stop(entry)
            actions += self._give_up(entry, TaskStatus.TIMED_OUT, now)
        for entry in self._due(TaskStatus.RETRYING, now):
            self._move(entry, TaskEvent.DUE)
            self._queue.append(entry.task.key)
        return (*actions, *self._place(now))

    def _due(self, status: TaskStatus, now: TimeNs) -> list[_Entry]:
        return [
            entry
            for entry in self._live.values()
            if entry.status is status and now >= entry.wake_at
        ]

    def _entry_of(self, executor: str, key: RunKey, attempt: int) -> _Entry | None:
        entry = self._live.get(key)
        if entry is None or entry.current is None or entry.attempt != attempt:
            return None
        return entry if entry.current.executor == executor else None

    def _late_result(self, executor: str, key: RunKey, attempt: int) -> tuple[PoolAction, ...]:
        entry = self._live.get(key) or self._ended.get(key)
        if entry is None or attempt in entry.fenced:
            return ()
        if entry.status is TaskStatus.SUCCEEDED and entry.attempt == attempt:
            return ()
        entry.fenced.add(attempt)
        return (ResultFenced(key, executor, attempt),)

    def _place(self, now: TimeNs) -> tuple[PoolAction, ...]:
        orders: list[PoolAction] = []
        while self._queue:
            entry = self._live[self._queue[0]]
            executor = self._fleet.choose(entry.last_executor)
            if executor is None:
                break
            key = self._queue.popleft()
            self._move(entry, TaskEvent.PLACE)
            entry.attempt += 1
            entry.tries_left -= 1
            entry.wake_at = now + entry.task.timeout_ns
            entry.last_executor = executor
            entry.current = Try(key, entry.attempt, executor, entry.task.token, now)
            self._fleet.occupy(executor, key)
            orders.append(RunOrder(executor, entry.task, entry.attempt))
        return tuple(orders)

    def _stop(self, entry: _Entry) -> tuple[PoolAction, ...]:
        if entry.current is None:
            return ()
        task = entry.task
        return (StopOrder(entry.current.executor, task.key, task.token, entry.attempt),)

    def _leave(self, entry: _Entry) -> Try | None:
        left, entry.current = entry.current, None
        if left is not None:
            self._fleet.free(left.executor, left.key)
        return left

    def _back_off(self, entry: _Entry, now: TimeNs) -> None:
        self._move(entry, TaskEvent.RETRY)
        entry.wake_at = now + entry.task.backoff_ns

    def _give_up(self, entry: _Entry, status: TaskStatus, now: TimeNs) -> tuple[PoolAction, ...]:
        if entry.tries_left <= 0:
            return self._end(entry, status, now)
        left = self._leave(entry)
        self._back_off(entry, now)
        return () if left is None else (TryEnded(replace(left, ended_ns=now, status=status)),)

    def _end(self, entry: _Entry, status: TaskStatus, now: TimeNs) -> tuple[PoolAction, ...]:
        self._move(entry, _FINAL_EVENT[status])
        left = self._leave(entry)
        key = entry.task.key
        self._ended[key] = self._live.pop(key)
        while len(self._ended) > self._history_limit:
            del self._ended[next(iter(self._ended))]
        ended: list[PoolAction] = []
        if left is not None:
            ended.append(TryEnded(replace(left, ended_ns=now, status=status)))
        return (*ended, TaskEnded(key, status))

    def _move(self, entry: _Entry, event: TaskEvent) -> None:
        entry.status = next_state(TASK_TRANSITIONS, entry.status, event)
