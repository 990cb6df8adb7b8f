"""What is run: a task, its place in life, and what running it takes.

The table below is the whole life of a task. A *try* is one placement on one executor; a task
ends in the status of its last try.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from models.base.time import DurationNs, TimeNs


@dataclass(frozen=True, slots=True, order=True)
class RunKey:
    """Identity of one run: the job and the instant its schedule names (wall ns)."""

    job: str
    scheduled_ns: TimeNs


@dataclass(frozen=True, slots=True)
class Task:
    """One run to be executed.

    ``kind`` names the handler, ``payload`` is its input. ``timeout_ns`` bounds each try, counted
    from placement; after a failed try up to ``retries`` more follow, ``backoff_ns`` apart.
    ``token`` is the fencing token of the scheduler that started it.
    """

    key: RunKey
    kind: str
    token: int
    timeout_ns: DurationNs
    payload: Mapping[str, str] = field(default_factory=dict)
    retries: int = 0
    backoff_ns: DurationNs = 0


class TaskStatus(StrEnum):
    """Where a task is; a try uses the same words from ``RUNNING`` on."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    LOST = "lost"
    FENCED = "fenced"
    CANCELLED = "cancelled"


class TaskEvent(StrEnum):
    """What can happen to a task."""

    PLACE = "place"
    RETRY = "retry"
    DUE = "due"
    SUCCEED = "succeed"
    FAIL = "fail"
    TIME_OUT = "time out"
    LOSE = "lose"
    FENCE = "fence"
    CANCEL = "cancel"


TASK_TRANSITIONS = {
    (TaskStatus.QUEUED, TaskEvent.PLACE): TaskStatus.RUNNING,
    (TaskStatus.QUEUED, TaskEvent.CANCEL): TaskStatus.CANCELLED,
    (TaskStatus.RUNNING, TaskEvent.RETRY): TaskStatus.RETRYING,
    (TaskStatus.RUNNING, TaskEvent.SUCCEED): TaskStatus.SUCCEEDED,
    (TaskStatus.RUNNING, TaskEvent.FAIL): TaskStatus.FAILED,
    (TaskStatus.RUNNING, TaskEvent.TIME_OUT): TaskStatus.TIMED_OUT,
    (TaskStatus.RUNNING, TaskEvent.LOSE): TaskStatus.LOST,
    (TaskStatus.RUNNING, TaskEvent.FENCE): TaskStatus.FENCED,
    (TaskStatus.RUNNING, TaskEvent.CANCEL): TaskStatus.CANCELLED,
    (TaskStatus.RETRYING, TaskEvent.DUE): TaskStatus.QUEUED,
    (TaskStatus.RETRYING, TaskEvent.CANCEL): TaskStatus.CANCELLED,
}
"""Every legal move of a task; the statuses that lead nowhere are final."""

FINAL_STATUSES = frozenset(TaskStatus) - {state for state, _ in TASK_TRANSITIONS}
"""Statuses a task never leaves."""


@dataclass(frozen=True, slots=True)
class HandlerResult:
    """What a handler made of a task: whether it succeeded, and a line for the log."""

    is_success: bool
    message: str = ""


class Handler(Protocol):
    """Code that runs one kind of task. How long it takes is the executor's affair."""

    def refusal(self, payload: Mapping[str, str]) -> str | None:
        """Why this payload cannot be run, or None if it can."""

    def run(self, payload: Mapping[str, str], *, attempt: int) -> HandlerResult:
        """Do the work; ``attempt`` counts tries from 1. Expected failures are results."""


class SleepHandler:
    """Does nothing, successfully, whatever the payload: all its work is the time it takes."""

    def refusal(self, payload: Mapping[str, str]) -> str | None:  # noqa: ARG002
        """Any payload will do."""
        return None

    def run(self, payload: Mapping[str, str], *, attempt: int) -> HandlerResult:  # noqa: ARG002
        """Succeed."""
        return HandlerResult(is_success=True)


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a task, as the pool saw it on its own clock.

    ``started_ns`` is None until the executor said it began, ``ended_ns`` while it runs.
    """

    key: RunKey
    attempt: int
    executor: str
    token: int
    placed_ns: TimeNs
    started_ns: TimeNs | None = None
    ended_ns: TimeNs | None = None
    status: TaskStatus = TaskStatus.RUNNING
