"""The cron scheduler of one node: while it leads, it sees to it that every due tick is decided.

Two clocks come in. Schedules are read against ``wall``, the node's civil time, which may step;
waiting is done on ``now``, its monotonic clock. A sleep is therefore never longer than
``sync_ns``, so that a step of the wall clock is noticed within that time.

A start is a message that may be lost. It is repeated until answered, which is harmless because
the run store takes each (job, instant) once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.scheduling.backlog import JobBacklog, SkipReason
from models.scheduling.config import JobConfig, Overlap
from models.scheduling.runs import RunHistory
from models.scheduling.tasks import RunKey
from models.scheduling.transitions import next_state


class Role(StrEnum):
    """Whether a scheduler leads; ``OPENING`` leads but has not yet read the run store."""

    FOLLOWING = "following"
    OPENING = "opening"
    LEADING = "leading"


class RoleEvent(StrEnum):
    """What can change a scheduler's role."""

    LEAD = "lead"
    OPENED = "opened"
    UNSEAT = "unseat"


ROLE_TRANSITIONS = {
    (Role.FOLLOWING, RoleEvent.LEAD): Role.OPENING,
    (Role.FOLLOWING, RoleEvent.UNSEAT): Role.FOLLOWING,
    (Role.OPENING, RoleEvent.LEAD): Role.OPENING,
    (Role.OPENING, RoleEvent.OPENED): Role.LEADING,
    (Role.OPENING, RoleEvent.UNSEAT): Role.FOLLOWING,
    (Role.LEADING, RoleEvent.LEAD): Role.OPENING,
    (Role.LEADING, RoleEvent.OPENED): Role.LEADING,
    (Role.LEADING, RoleEvent.UNSEAT): Role.FOLLOWING,
}
"""Every legal move of a :class:`CronScheduler`."""


@dataclass(frozen=True, slots=True)
class OpenRuns:
    """Ask the run store for its history, shutting out lower tokens."""

    token: int


@dataclass(frozen=True, slots=True)
class StartRun:
    """Start the run of ``job`` that its schedule names ``scheduled_ns``."""

    job: str
    scheduled_ns: TimeNs
    token: int


@dataclass(frozen=True, slots=True)
class CancelRun:
    """Stop a run, or see that it never starts: a later one replaces it."""

    job: str
    scheduled_ns: TimeNs
    token: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A tick shall not run; the run store is told, so that no later leader runs it."""

    job: str
    scheduled_ns: TimeNs
    reason: SkipReason
    token: int


SchedulerAction: TypeAlias = OpenRuns | StartRun | CancelRun | Skipped


class StartResult(StrEnum):
    """What became of a start.

    ``DUPLICATE``: that tick was decided before. ``FENCED``: a later leader was here.
    ``REJECTED``: the executors would not take it, and the claim was given back.
    """

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    FENCED = "fenced"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class StartAnswer:
    """Answer to a :class:`StartRun`; ``is_active``: the run is claimed and has not ended.

    ``revision`` is the run store's after the decision.
    """

    job: str
    scheduled_ns: TimeNs
    token: int
    result: StartResult
    is_active: bool
    revision: int


class CronScheduler:
    """Decides which runs to start, while it leads.

    Drive it so: :meth:`lead` with the lock's token, :meth:`unseat` when the lock is lost, and
    :meth:`tick` at :meth:`next_deadline` and after every other call. Answers to the actions come
    back through :meth:`opened`, :meth:`start_answered` and :meth:`run_ended`.

    Trouble with one job never touches another: each start is answered by itself, and while one
    is refused and tried again the rest go on. Nothing is locked between calls.

    Source: semantics.md 11.2, 11.3; naive_defects.md (scheduler); PB12, PB13.
    """

    def __init__(
        self,
        jobs: Sequence[JobConfig],
        *,
        created_wall: TimeNs,
        sync_ns: DurationNs = 10 * NS_PER_S,
        retry_ns: DurationNs = 2 * NS_PER_S,
        grace_ns: DurationNs = NS_PER_S,
    ) -> None:
        """Know the jobs; lead nothing.

        Args:
            jobs: names unique.
            created_wall: ticks up to and including this wall instant are never run.
            sync_ns: how often the run store is read again, and the longest sleep.
            retry_ns: how soon an unanswered or rejected start is repeated.
            grace_ns: how late a tick may be found and still count as on time, for
                jobs that skip missed ticks.

        Raises:
            ConfigError: a repeated name, an invalid schedule, or a period that is not positive.
        """
        if sync_ns <= 0 or retry_ns <= 0 or grace_ns < 0:
            raise ConfigError("scheduler: sync and retry must be positive, grace not negative")
        self._backlogs: dict[str, JobBacklog] = {}
        for job in jobs:
            if job.name in self._backlogs:
                raise ConfigError(f"two jobs are named '{job.name}'")
            self._backlogs[job.name] = JobBacklog(job, cursor=created_wall, grace_ns=grace_ns)
        self._sync_ns = sync_ns
        self._retry_ns = retry_ns
        self._role = Role.FOLLOWING
        self._token = 0
        self._revision = 0
        self._sync_at: TimeNs = 0
        self._seen_now: TimeNs = 0
        self._seen_wall: TimeNs = created_wall
        self._unanswered: dict[RunKey, TimeNs] = {}
        self._held_until: dict[str, TimeNs] = {}

    @property
    def role(self) -> Role:
        """Whether this scheduler leads."""
        return self._role

    @property
    def token(self) -> int | None:
        """Token it leads under, None when following."""
        return None if self._role is Role.FOLLOWING else self._token

    def active(self, job: str) -> tuple[TimeNs, ...]:
        """Runs of a job thought to be active, ascending; KeyError for an unknown job."""
        return self._backlogs[job].active

    def lead(self, token: int, *, now: TimeNs) -> None:
        """The lock is ours under ``token``: open the run store before starting anything.

        A token not above the last one led under is an old message and is ignored.
        """
        if token <= self._token:
            return
        self._role = next_state(ROLE_TRANSITIONS, self._role, RoleEvent.LEAD)
        self._token = token
        self._revision = 0
        self._sync_at = now
        self._forget()

    def unseat(self) -> None:
        """The lock is lost: start nothing more."""
        self._role = next_state(ROLE_TRANSITIONS, self._role, RoleEvent.UNSEAT)
        self._forget()

    def opened(self, history: RunHistory) -> None:
        """Take in the run store's history; an answer older than what is known is ignored."""
        is_stale = history.token != self._token or history.revision < self._revision
        if self._role is Role.FOLLOWING or is_stale:
            return
        is_first = self._role is Role.OPENING
        self._role = next_state(ROLE_TRANSITIONS, self._role, RoleEvent.OPENED)
        self._revision = history.revision
        if is_first:
            self._sync_at += self._sync_ns - self._retry_ns
        known = {runs.job: runs for runs in history.jobs}
        for name, backlog in self._backlogs.items():
            runs = known.get(name)
            active = set(runs.active) if runs else set()
            for tick in backlog.active:
                if tick not in active and RunKey(name, tick) not in self._unanswered:
                    backlog.deactivate(tick)
            for tick in sorted(active):
                backlog.activate(tick)
                self._unanswered.pop(RunKey(name, tick), None)
            if runs and is_first:
                backlog.resume(runs.decided, forgotten_until=runs.forgotten_until)

    def start_answered(self, answer: StartAnswer, *, now: TimeNs) -> None:
        """Take in what became of a start; repeated and outdated answers are ignored."""
        key = RunKey(answer.job, answer.scheduled_ns)
        if answer.token != self._token or self._unanswered.pop(key, None) is None:
            return
        self._revision = max(self._revision, answer.revision)
        backlog = self._backlogs[answer.job]
        match answer.result:
            case StartResult.ACCEPTED | StartResult.DUPLICATE:
                if not answer.is_active:
                    backlog.deactivate(answer.scheduled_ns)
            case StartResult.REJECTED:
                backlog.put_back(answer.scheduled_ns)
                self._held_until[answer.job] = now + self._retry_ns
            case StartResult.FENCED:
                self.unseat()
            case _:
                assert_never(answer.result)

    def run_ended(self, job: str, scheduled_ns: TimeNs, *, revision: int) -> None:
        """A run has ended, whoever started it; the job may run again."""
        backlog = self._backlogs.get(job)
        if self._role is Role.FOLLOWING or backlog is None:
            return
        self._revision = max(self._revision, revision)
        self._unanswered.pop(RunKey(job, scheduled_ns), None)
        backlog.deactivate(scheduled_ns)

    def next_deadline(self) -> TimeNs | None:
        """When to call :meth:`tick` again, on the monotonic clock; None while following."""
        if self._role is Role.FOLLOWING:
            return None
        deadlines = [self._sync_at, *self._unanswered.values()]
        if self._role is Role.LEADING:
            for name, backlog in self._backlogs.items():
                if not backlog.is_blocked:
                    deadlines.append(self._seen_now + max(0, backlog.next_due - self._seen_wall))
                    if backlog.has_put_back:
                        deadlines.append(self._held_until.get(name, self._seen_now))
        return min(deadlines)

    def tick(self, *, now: TimeNs, wall: TimeNs) -> tuple[SchedulerAction, ...]:
        """Read the run store and repeat unanswered starts when due, and decide ticks that are."""
        self._seen_now, self._seen_wall = now, wall
        if self._role is Role.FOLLOWING:
            return ()
        actions: list[SchedulerAction] = []
        if now >= self._sync_at:
            actions.append(OpenRuns(self._token))
            self._sync_at = now + (self._retry_ns if self._role is Role.OPENING else self._sync_ns)
        if self._role is Role.LEADING:
            for key, resend_at in self._unanswered.items():
                if now >= resend_at:
                    actions.append(StartRun(key.job, key.scheduled_ns, self._token))
                    self._unanswered[key] = now + self._retry_ns
            for backlog in self._backlogs.values():
                actions += self._decide(backlog, now=now, wall=wall)
        return tuple(actions)

    def _decide(self, backlog: JobBacklog, *, now: TimeNs, wall: TimeNs) -> list[SchedulerAction]:
        name = backlog.config.name
        before = backlog.active
        is_held = now < self._held_until.get(name, now)
        actions: list[SchedulerAction] = []
        for ruling in backlog.decide(wall=wall, is_held=is_held):
            tick = ruling.scheduled_ns
            if ruling.reason is not None:
                actions.append(Skipped(name, tick, ruling.reason, self._token))
                continue
            if backlog.config.overlap is Overlap.REPLACE:
                actions += self._replace(backlog, before)
            actions.append(StartRun(name, tick, self._token))
            self._unanswered[RunKey(name, tick)] = now + self._retry_ns
        return actions

    def _replace(self, backlog: JobBacklog, active: tuple[TimeNs, ...]) -> list[SchedulerAction]:
        name = backlog.config.name
        for tick in active:
            self._unanswered.pop(RunKey(name, tick), None)
        return [CancelRun(name, tick, self._token) for tick in active]

    def _forget(self) -> None:
        self._unanswered.clear()
        self._held_until.clear()
        for backlog in self._backlogs.values():
            backlog.reset()
