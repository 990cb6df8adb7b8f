"""The server's side: slots, a bounded queue, work, downstream calls, crash and restart."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from heapq import heappush
from typing import TYPE_CHECKING

from models.base.outcome import Outcome
from models.base.samplers import Sampler
from models.base.streams import Stream
from models.base.time import DurationNs
from models.service.spec import Cancel, InstanceSpec, ServiceSpec
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.kernel.ties import NETWORK, USER
from sim.nodes.attempt import Attempt

if TYPE_CHECKING:
    from sim.nodes.channel import Channel


_OK, _ERROR = Outcome.OK, Outcome.ERROR


class Condition(Enum):
    """Whether a process listens (UP), its host refuses for it, or nobody is there at all."""

    UP = "up"
    STARTING = "starting"
    CRASHED = "crashed"
    DARK = "dark"


class SummedDelay:
    """The delays that faults add to every message to or from an instance."""

    __slots__ = ("_samplers",)

    def __init__(self, samplers: tuple[Sampler, ...]) -> None:
        self._samplers = samplers

    def draw(self) -> DurationNs:
        """One message's delay in nanoseconds."""
        return sum(sampler.draw() for sampler in self._samplers)


class Instance:
    """One running copy of a service.

    ``incarnation`` grows with every crash. ``jobs`` holds the attempts that occupy a slot, by
    their numbers.
    """

    __slots__ = (
        "_agenda",
        "_is_plain",
        "_kernel",
        "_network_numbers",
        "_queue",
        "_queue_limit",
        "_speed_ratio",
        "_user_numbers",
        "_when_done",
        "added_delay",
        "answered",
        "answered_badly",
        "cancel_mode",
        "channels",
        "clock",
        "condition",
        "drops_abandoned",
        "error_ratio",
        "error_stream",
        "free_slots",
        "incarnation",
        "index",
        "jobs",
        "name",
        "refused",
        "service",
        "slots",
        "start_up_ns",
        "weight",
        "zone",
    )

    def __init__(
        self,
        kernel: Kernel,
        *,
        index: int,
        service: ServiceSpec,
        spec: InstanceSpec,
        speed_ratio: float,
        clock: NodeClock,
        error_stream: Stream,
    ) -> None:
        self._kernel = kernel
        self._agenda = kernel.agenda
        self._user_numbers = kernel.numbers[USER]
        self._network_numbers = kernel.numbers[NETWORK]
        self._when_done: Callable[[Attempt], None] = self._work_done
        self.index = index
        self.name = spec.name
        self.service = service.name
        self.zone = spec.zone
        self.weight = spec.weight
        self.clock = clock
        self.slots = service.slots
        self.start_up_ns = service.start_up_ns
        self.free_slots = service.slots
        self._queue: deque[Attempt] = deque()
        self._queue_limit = service.queue_limit
        self._speed_ratio = speed_ratio
        self.jobs: dict[int, Attempt] = {}
        self.cancel_mode = service.cancel
        self.drops_abandoned = service.cancel is not Cancel.NONE
        self.channels: Mapping[int, Channel] = {}
        self.condition = Condition.UP
        self.incarnation = 1
        self.added_delay: SummedDelay | None = None
        self.error_ratio = 0.0
        self.error_stream = error_stream
        self._is_plain = not self.drops_abandoned
        self.answered = 0
        self.answered_badly = 0
        self.refused = 0

    @property
    def is_up(self) -> bool:
        """True while the process listens."""
        return self.condition is Condition.UP

    @property
    def waiting(self) -> int:
        """How many requests are queued."""
        return len(self._queue)

    def arrive(self, attempt: Attempt) -> None:
        """A request has reached this host."""
        if not self._is_plain and not self._admits(attempt):
            return
        if self.free_slots:
            self.free_slots -= 1
            self._serve(attempt)
        elif len(self._queue) < self._queue_limit:
            attempt.wait_ns = -1 - self._kernel.now
            self._queue.append(attempt)
        else:
            self.refused += 1
            self._answer(attempt, Outcome.QUEUE_FULL)

    def _admits(self, attempt: Attempt) -> bool:
        """The rare cases: the caller hung up first, nobody listens, or a fault makes errors."""
        if attempt.is_aborted:
            return False
        if self.condition is Condition.DARK:
            return False
        if self.condition is not Condition.UP:
            self._answer(attempt, Outcome.REFUSED)
            return False
        if self.error_ratio and self.error_stream.uniform() < self.error_ratio:
            self.answered += 1
            self.answered_badly += 1
            self._answer(attempt, _ERROR)
            return False
        return True

    def _serve(self, attempt: Attempt) -> None:
        self.jobs[attempt.id] = attempt
        node = attempt.node
        if attempt.try_number == 1:
            work_ns = attempt.request.demands[node.slot]
        else:
            work_ns = node.retry_demand.draw()
        if self._speed_ratio != 1.0:
            work_ns = int(work_ns / self._speed_ratio)
        heappush(
            self._agenda,
            (self._kernel.now + work_ns, next(self._user_numbers), self._when_done, attempt),
        )

    def _work_done(self, attempt: Attempt) -> None:
        if attempt.is_aborted:
            return
        if attempt.node.steps:
            attempt.step = 0
            attempt.has_failed = False
            self._next_step(attempt)
        else:
            self._finish(attempt, _OK)

    def _next_step(self, attempt: Attempt) -> None:
        children = attempt.node.steps[attempt.step]
        attempt.step += 1
        attempt.pending = len(children)
        request, channels = attempt.request, self.channels
        for child in children:
            channels[child.callee].call(child, request, attempt)

    def call_ended(self, last: Attempt, outcome: Outcome) -> None:
        """One of this instance's downstream calls has ended for good."""
        job = last.parent
        assert job is not None
        if outcome is not _OK:
            job.has_failed = True
        job.pending -= 1
        if job.pending == 0:
            if job.has_failed:
                self._finish(job, _ERROR)
            elif job.step < len(job.node.steps):
                self._next_step(job)
            else:
                self._finish(job, _OK)

    def _finish(self, attempt: Attempt, outcome: Outcome) -> None:
        del self.jobs[attempt.id]
        self.answered += 1
        if outcome is not _OK:
            self.answered_badly += 1
        if self._queue:
            self._serve_next()
        else:
            self.free_slots += 1
        self._answer(attempt, outcome)

    def _serve_next(self) -> None:
        """Give the freed slot to the request that has waited longest."""
        if self._queue:
            attempt = self._queue.popleft()
            attempt.wait_ns += self._kernel.now + 1
            self._serve(attempt)
        else:
            self.free_slots += 1

    def _answer(self, attempt: Attempt, outcome: Outcome) -> None:
        target = attempt.target
        assert target is not None
        link = target.back
        if not link.is_cut:
            attempt.result = outcome
            arrival = self._kernel.now + next(link.latencies)
            if self.added_delay is not None:
                arrival += self.added_delay.draw()
            heappush(
                self._agenda,
                (arrival, next(self._network_numbers), attempt.channel.answer, attempt),
            )

    def cancel(self, attempt: Attempt) -> None:
        """The caller has hung up; what that means depends on the service's ``cancel``."""
        if attempt.is_aborted:
            return
        if attempt.id not in self.jobs:
            attempt.is_aborted = True
            if attempt in self._queue:
                self._queue.remove(attempt)
        elif self.cancel_mode is Cancel.RUNNING:
            self._abort(attempt)
            self._serve_next()

    def _abort(self, job: Attempt) -> None:
        """Stop a job and hang up on everything it was waiting for; its slot is to be given on."""
        job.is_aborted = True
        del self.jobs[job.id]
        for channel in self.channels.values():
            for child in channel.lane.outstanding():
                if child.parent is job:
                    channel.abandon(child, tell_server=True)

    def crash(self, condition: Condition) -> None:
        """The process is gone with all its work.

        A crashed process leaves a host that resets its connections; a dark host leaves silence.
        """
        lost = [*self.jobs.values(), *self._queue]
        for attempt in lost:
            attempt.is_aborted = True
            if attempt.wait_ns < 0:
                attempt.wait_ns += self._kernel.now + 1
        for channel in self.channels.values():
            for child in channel.lane.outstanding():
                channel.abandon(child, tell_server=condition is Condition.CRASHED)
        self.jobs.clear()
        self._queue.clear()
        self.free_slots = self.slots
        self.incarnation += 1
        self.condition = condition
        self.refresh_plainness()
        if condition is Condition.CRASHED:
            for attempt in lost:
                self._answer(attempt, Outcome.RESET)

    def become(self, condition: Condition) -> None:
        """Move to STARTING, UP or, with power back but no process, CRASHED."""
        self.condition = condition
        self.refresh_plainness()

    def refresh_plainness(self) -> None:
        """Recompute whether arrivals may take the short way; call after changing a fault."""
        self._is_plain = (
            self.condition is Condition.UP and not self.error_ratio and not self.drops_abandoned
        )
