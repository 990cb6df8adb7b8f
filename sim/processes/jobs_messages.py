"""What the nodes of job scheduling say to each other, beside the actions of their deciders."""

from dataclasses import dataclass
from typing import TypeAlias

from models.base.time import TimeNs
from models.scheduling.dispatch import RunEnded
from models.scheduling.executor import Admission
from models.scheduling.lease import AcquireLock, ReleaseLock, RenewLock
from models.scheduling.lock import LockAnswer
from models.scheduling.pool import RunOrder, StopOrder
from models.scheduling.runs import RunHistory
from models.scheduling.scheduler import CancelRun, OpenRuns, Skipped, StartAnswer, StartRun
from models.scheduling.tasks import RunKey


@dataclass(frozen=True, slots=True)
class TryId:
    """One try on one executor; ``attempt`` counts the orders for a run from 1."""

    executor: str
    key: RunKey
    attempt: int


@dataclass(frozen=True, slots=True)
class LockAnswered:
    """The lock server's answer to the request sent at ``sent_ns`` on the asker's clock.

    ``token`` is the one to be renewed, 0 when the lock was asked for.
    """

    answer: LockAnswer
    token: int
    sent_ns: TimeNs


@dataclass(frozen=True, slots=True)
class RunsOpened:
    """The run store's answer to the leader ``token``; no history if a later one was there."""

    token: int
    history: RunHistory | None


@dataclass(frozen=True, slots=True)
class Beat:
    """An executor's sign of life."""

    executor: str


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """What an executor says to an order."""

    order: TryId
    answer: Admission


@dataclass(frozen=True, slots=True)
class StopAnswered:
    """An executor has seen the order to drop a try."""

    order: TryId


@dataclass(frozen=True, slots=True)
class ResultReported:
    """How a try went."""

    order: TryId
    is_success: bool


@dataclass(frozen=True, slots=True)
class ResultTaken:
    """The run store has seen the result of a try."""

    order: TryId


Message: TypeAlias = (
    AcquireLock
    | RenewLock
    | ReleaseLock
    | LockAnswered
    | OpenRuns
    | RunsOpened
    | StartRun
    | StartAnswer
    | CancelRun
    | Skipped
    | RunEnded
    | Beat
    | RunOrder
    | OrderAnswered
    | StopOrder
    | StopAnswered
    | ResultReported
    | ResultTaken
)
