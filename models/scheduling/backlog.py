"""One cron job as its scheduler sees it: ticks due and undecided, runs active, what to do next.

The policies are applied here and nowhere else. Given the ticks that are due, in order:

1. *Overlap forbid*: while a run is active nothing is decided; the ticks wait.
2. *Starting deadline*: a tick later than it, ``wall > scheduled + deadline``, is skipped.
3. *Misfire skip*: a tick found later than the grace, ``wall - scheduled > grace``, is skipped.
4. *Misfire fire_all* runs what is left (under forbid one after the other); otherwise, and always
   under *overlap replace*, only the latest runs.

Source: semantics.md 11.2 (Kubernetes CronJob), 11.3. Differs from Kubernetes in that more than
``MISSED_LIMIT`` missed ticks are no error: the latest of them are considered.
"""

import bisect
from dataclasses import dataclass
from enum import StrEnum

from models.base.time import DurationNs, TimeNs
from models.scheduling.config import JobConfig, Misfire, Overlap
from models.scheduling.cron import CronSchedule

MISSED_LIMIT = 100
"""Most missed ticks of one job that are looked at one by one."""


class SkipReason(StrEnum):
    """Why a tick was not run."""

    TOO_LATE = "too_late"
    MISSED = "missed"
    OVERLAP = "overlap"
    SUPERSEDED = "superseded"
    TOO_MANY_MISSED = "too_many_missed"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about one tick: run it (no reason), or skip it."""

    scheduled_ns: TimeNs
    reason: SkipReason | None = None


class JobBacklog:
    """Ticks of one job from ``cursor`` on, on the scheduler's wall clock.

    Every tick at or before the cursor is decided, but for those put back to be tried again.
    """

    def __init__(self, config: JobConfig, *, cursor: TimeNs, grace_ns: DurationNs) -> None:
        """Read the job's schedule; ticks up to and including ``cursor`` are none of our business.

        Raises:
            ConfigError: the schedule or its zone is not valid.
        """
        self.config = config
        self._schedule = CronSchedule(config.schedule, config.timezone)
        self._grace_ns = grace_ns
        self._origin = cursor
        self.reset()

    def reset(self) -> None:
        """Forget everything decided and active: the run store will tell again."""
        self._cursor = self._origin
        self._put_back: list[TimeNs] = []
        self._active: set[TimeNs] = set()
        self._was_blocked = False
        self._next_due = self._schedule.next_after(self._cursor)

    @property
    def active(self) -> tuple[TimeNs, ...]:
        """Runs thought to be active, by their scheduled instants, ascending."""
        return tuple(sorted(self._active))

    @property
    def is_blocked(self) -> bool:
        """Whether nothing may be decided before a run ends."""
        return self.config.overlap is Overlap.FORBID and bool(self._active)

    @property
    def next_due(self) -> TimeNs:
        """Wall instant of the first tick that has not been looked at."""
        return self._next_due

    @property
    def has_put_back(self) -> bool:
        """Whether ticks looked at before wait for another try."""
        return bool(self._put_back)

    def resume(self, decided: tuple[TimeNs, ...], *, forgotten_until: TimeNs | None) -> None:
        """Take up where earlier leaders left off, given the ticks they decided (ascending).

        Under fire_all a hole among those ticks is a start that never arrived; it is put back.
        Ticks up to ``forgotten_until`` were decided long ago.
        """
        if not decided or decided[-1] <= self._cursor:
            return
        if self.config.misfire is Misfire.FIRE_ALL:
            known = set(decided)
            first = self._origin if forgotten_until is None else forgotten_until
            between = self._schedule.ticks_between(first, decided[-1], limit=MISSED_LIMIT)
            self._put_back = [tick for tick in between if tick not in known]
        self._advance(decided[-1])

    def put_back(self, scheduled_ns: TimeNs) -> None:
        """A start came to nothing: the tick is undecided again and its run not active."""
        self._active.discard(scheduled_ns)
        if scheduled_ns not in self._put_back:
            bisect.insort(self._put_back, scheduled_ns)

    def activate(self, scheduled_ns: TimeNs) -> None:
        """A run is active."""
        self._active.add(scheduled_ns)

    def deactivate(self, scheduled_ns: TimeNs) -> None:
        """A run has ended."""
        self._active.discard(scheduled_ns)

    def decide(self, *, wall: TimeNs, is_held: bool = False) -> tuple[Ruling, ...]:
        """Rule on every tick due by ``wall``, in order; what is to run counts as active at once.

        ``is_held`` leaves ticks that were put back alone unless a later one is due with them.
        """
        is_due = self._next_due <= wall or bool(self._put_back and not is_held)
        if not is_due:
            return ()
        if self.is_blocked:
            self._was_blocked = True
            return ()
        rulings, candidates = self._sift(self._collect(wall), wall)
        chosen = self._choose(candidates)
        for tick in candidates:
            if tick in chosen:
                rulings.append(Ruling(tick))
                self._active.add(tick)
            elif self._runs_all():
                self._put_back.append(tick)
            else:
                rulings.append(Ruling(tick, SkipReason.SUPERSEDED))
        self._was_blocked = False
        return tuple(sorted(rulings, key=lambda ruling: ruling.scheduled_ns))

    def _collect(self, wall: TimeNs) -> list[Ruling]:
        """Ticks due, taken off the books; one that stands for too many carries its reason."""
        due = [Ruling(tick) for tick in self._put_back]
        ticks = self._schedule.ticks_between(self._cursor, wall, limit=MISSED_LIMIT)
        if ticks:
            if self._next_due < ticks[0]:
                due.append(Ruling(self._next_due, SkipReason.TOO_MANY_MISSED))
            due += [Ruling(tick) for tick in ticks]
            self._advance(ticks[-1])
        self._put_back = []
        return due

    def _sift(self, due: list[Ruling], wall: TimeNs) -> tuple[list[Ruling], list[TimeNs]]:
        """Part the ticks that are too late from those that may run."""
        rulings, candidates = [], []
        for ruling in due:
            late = wall - ruling.scheduled_ns
            deadline = self.config.starting_deadline_ns
            if ruling.reason is not None:
                rulings.append(ruling)
            elif deadline is not None and late > deadline:
                rulings.append(Ruling(ruling.scheduled_ns, SkipReason.TOO_LATE))
            elif self.config.misfire is Misfire.SKIP and late > self._grace_ns:
                reason = SkipReason.OVERLAP if self._was_blocked else SkipReason.MISSED
                rulings.append(Ruling(ruling.scheduled_ns, reason))
            else:
                candidates.append(ruling.scheduled_ns)
        return rulings, candidates

    def _runs_all(self) -> bool:
        return (
            self.config.misfire is Misfire.FIRE_ALL and self.config.overlap is not Overlap.REPLACE
        )

    def _choose(self, candidates: list[TimeNs]) -> list[TimeNs]:
        if not self._runs_all():
            return candidates[-1:]
        return candidates[:1] if self.config.overlap is Overlap.FORBID else candidates

    def _advance(self, cursor: TimeNs) -> None:
        self._cursor = cursor
        self._next_due = self._schedule.next_after(cursor)
