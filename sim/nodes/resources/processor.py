"""A processor that all jobs at work share equally: processor sharing, exact and with one timer.

Attained service is counted once for all: every job at work has had the same since it came. So a
job that comes when the count stands at v and needs w is done when the count reaches v + w, the
jobs lie in a heap by that mark, and only the next end needs a timer. A change of speed or of the
number of jobs changes how fast the count grows, and no mark.

Source: virtual time as in Parekh and Gallager 1993, section III, with equal weights.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from math import inf

from models.base.time import DurationNs, TimeNs
from models.service.resources import MILLI
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt

FULL_SPEED = 1_000_000
"""Speeds are parts per million, so that all of it is arithmetic of whole numbers."""
_FINE = 20
"""Service is counted in 2^-20 ns: rounded down at every change, it drifts 1 ns in a million."""
_SCALE = FULL_SPEED * MILLI


class Processor:
    """Serves any number of jobs at once: ``millicores`` shared equally, none gets more than one.

    ``done(job)`` is called when a job has had its work. Jobs that end at the same instant do so
    in the order of their marks, then of their coming. Every operation is O(log n).
    """

    __slots__ = (
        "_armed_for",
        "_attained",
        "_done",
        "_due",
        "_heap",
        "_jobs",
        "_kernel",
        "_millicores",
        "_numbers",
        "_since",
        "_speed",
    )

    def __init__(
        self, kernel: Kernel, *, millicores: int, done: Callable[[Attempt], object]
    ) -> None:
        self._kernel = kernel
        self._millicores = millicores
        self._done = done
        self._speed = FULL_SPEED
        self._attained = 0
        self._since: TimeNs = 0
        self._heap: list[tuple[int, int, Attempt]] = []
        self._jobs: dict[int, tuple[int, int]] = {}
        self._numbers = count()
        self._due: TimeNs | float = inf
        self._armed_for: TimeNs | float = inf

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, number: int) -> bool:
        return number in self._jobs

    def numbers(self) -> Iterable[int]:
        """Numbers of the jobs at work, oldest first."""
        return self._jobs.keys()

    def busy_millicores(self) -> int:
        """How much of the processor is in use."""
        return min(self._millicores, MILLI * len(self._jobs))

    def start(self, job: Attempt, work_ns: DurationNs) -> None:
        """A job begins or goes on; it needs ``work_ns`` of a core at full speed."""
        self._catch_up()
        number, mark = next(self._numbers), self._attained + (work_ns << _FINE)
        self._jobs[job.id] = (number, mark)
        heappush(self._heap, (mark, number, job))
        self._arm()

    def stop(self, job: Attempt) -> DurationNs:
        """Take a job off; returns the work (ns, rounded up) it would still need."""
        self._catch_up()
        _, mark = self._jobs.pop(job.id)
        self._arm()
        return -(-max(0, mark - self._attained) >> _FINE)

    def clear(self) -> None:
        """All jobs are gone with their work."""
        self._catch_up()
        self._jobs.clear()
        self._heap.clear()
        self._due = inf

    def resize(self, millicores: int) -> None:
        """From now on so much is shared; with 0 everything stands still."""
        self._catch_up()
        self._millicores = millicores
        self._armed_for = inf
        self._arm()

    def run_at(self, speed: int) -> None:
        """From now on a core does ``speed`` millionths of its work; 0 stands still."""
        self._catch_up()
        self._speed = speed
        self._armed_for = inf
        self._arm()

    def _catch_up(self) -> None:
        """Count the service that each job has had since the last change."""
        now = self._kernel.now
        if self._jobs:
            growth = (now - self._since) * self._speed * self.busy_millicores() << _FINE
            self._attained += growth // (_SCALE * len(self._jobs))
        self._since = now

    def _arm(self) -> None:
        """Make sure that a timer goes off no later than the next end.

        One that is early looks again; it is dearer to call timers off than to let them pass.
        """
        heap, jobs = self._heap, self._jobs
        while heap and jobs.get(heap[0][2].id, (-1,))[0] != heap[0][1]:
            heappop(heap)
        if heap and self._speed and self._millicores:
            rate = self._speed * self.busy_millicores() << _FINE
            needed = max(0, heap[0][0] - self._attained) * _SCALE * len(jobs)
            self._due = self._kernel.now - (-needed // rate)
            if self._due < self._armed_for:
                self._set_timer()
        else:
            self._due = inf

    def _set_timer(self) -> None:
        assert isinstance(self._due, int)
        self._armed_for = self._due
        self._kernel.post(self._due, USER, self._look, self._due)

    def _look(self, instant: TimeNs) -> None:
        """Let go of all jobs that have had their work; on a timer that is early, wait on."""
        if instant != self._armed_for:
            return
        self._armed_for = inf
        if instant < self._due:
            if self._due < inf:
                self._set_timer()
            return
        self._catch_up()
        heap, jobs, ended = self._heap, self._jobs, []
        while heap and heap[0][0] <= self._attained:
            _, number, job = heappop(heap)
            if jobs.get(job.id, (-1,))[0] == number:
                del jobs[job.id]
                ended.append(job)
        self._arm()
        for job in ended:
            self._done(job)
