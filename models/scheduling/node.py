"""One scheduler node: a candidate for the leader lock and the scheduler it entitles.

The two are pumped together so that a node never starts a run before it has looked at its own
clock: a process that wakes from a long pause gives up its lease first and schedules after.
"""

from collections.abc import Sequence
from typing import TypeAlias

from models.base.time import TimeNs
from models.scheduling.config import JobConfig, LockConfig
from models.scheduling.lease import LeaseAction, LeaseGained, LeaseHolder, LeaseLost
from models.scheduling.runs import RunHistory
from models.scheduling.scheduler import CronScheduler, SchedulerAction, StartAnswer, StartResult

LEADER_LOCK = "scheduler"
"""Name of the lock that scheduler nodes compete for."""

NodeAction: TypeAlias = LeaseAction | SchedulerAction


class SchedulerNode:
    """A scheduler that works only while its lease can be trusted.

    Every verb returns what to send and what to record. Call :meth:`tick` at
    :meth:`next_deadline`, which is due at once after an input that calls for it.
    """

    def __init__(
        self,
        owner: str,
        lock: LockConfig,
        jobs: Sequence[JobConfig],
        *,
        start: TimeNs,
        created_wall: TimeNs,
    ) -> None:
        """Stand for the lock from ``start`` (monotonic); see :class:`CronScheduler` for the rest.

        ``owner`` must differ between two lives of the same node, ``node-1#2`` for instance.

        Raises:
            ConfigError: the lock's times or a job's schedule make no sense.
        """
        self._holder = LeaseHolder(LEADER_LOCK, owner, lock, start=start)
        self._scheduler = CronScheduler(jobs, created_wall=created_wall)

    @property
    def holder(self) -> LeaseHolder:
        """The candidate, for reading."""
        return self._holder

    @property
    def scheduler(self) -> CronScheduler:
        """The scheduler, for reading."""
        return self._scheduler

    def next_deadline(self) -> TimeNs | None:
        """When to call :meth:`tick` again, on the monotonic clock; None once resigned."""
        holder, scheduler = self._holder.next_deadline(), self._scheduler.next_deadline()
        if holder is None or scheduler is None:
            return holder
        return min(holder, scheduler)

    def tick(self, *, now: TimeNs, wall: TimeNs) -> tuple[NodeAction, ...]:
        """Look after the lease, then after the schedule."""
        lease = self._apply(self._holder.tick(now=now), now=now)
        return (*lease, *self._scheduler.tick(now=now, wall=wall))

    def lock_granted(self, token: int, *, sent_ns: TimeNs, now: TimeNs) -> tuple[NodeAction, ...]:
        """The lock server granted the request sent at ``sent_ns``."""
        return self._apply(self._holder.granted(token, sent_ns=sent_ns, now=now), now=now)

    def lock_refused(self, token: int = 0, *, now: TimeNs) -> tuple[NodeAction, ...]:
        """The lock server refused to renew ``token``, or an acquire (0)."""
        return self._apply(self._holder.refused(token), now=now)

    def resign(self, *, now: TimeNs) -> tuple[NodeAction, ...]:
        """Stop, releasing the lock if held; SimulationError if stopped already."""
        return self._apply(self._holder.resign(), now=now)

    def runs_opened(
        self, token: int, history: RunHistory | None, *, now: TimeNs
    ) -> tuple[NodeAction, ...]:
        """Answer of the run store to the leader ``token``; None: a later leader was there."""
        if history is None:
            return self.lock_refused(token, now=now)
        self._scheduler.opened(history)
        return ()

    def start_answered(self, answer: StartAnswer, *, now: TimeNs) -> tuple[NodeAction, ...]:
        """What became of a start; a fenced one means that a later leader was there."""
        self._scheduler.start_answered(answer, now=now)
        if answer.result is StartResult.FENCED:
            return self.lock_refused(answer.token, now=now)
        return ()

    def run_ended(self, job: str, scheduled_ns: TimeNs, *, revision: int) -> None:
        """A run has ended."""
        self._scheduler.run_ended(job, scheduled_ns, revision=revision)

    def _apply(self, actions: tuple[LeaseAction, ...], *, now: TimeNs) -> tuple[LeaseAction, ...]:
        for action in actions:
            if isinstance(action, LeaseGained):
                self._scheduler.lead(action.token, now=now)
            elif isinstance(action, LeaseLost):
                self._scheduler.unseat()
        return actions
