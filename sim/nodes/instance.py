"""The server's side: slots, a bounded queue, work, downstream calls, and what a crash ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from heapq import heappush
from typing import Protocol

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.service.spec import Cancel, InstanceSpec, ServiceSpec
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt
from sim.nodes.condition import Condition
from sim.nodes.listener import Listener

_OK, _ERROR = Outcome.OK, Outcome.ERROR


class Line(Protocol):
    """Requests that wait for a slot, in the order of a discipline; a deque is first come first."""

    def __len__(self) -> int:
        """How many wait."""

    def __iter__(self) -> Iterator[Attempt]:
        """All that wait, in an order that is the same in every run."""

    def append(self, attempt: Attempt, /) -> None:
        """One more waits."""

    def popleft(self) -> Attempt:
        """The next to be served leaves; somebody waits."""

    def remove(self, attempt: Attempt, /) -> None:
        """One that waits leaves before its turn."""

    def clear(self) -> None:
        """Nobody waits any more."""


class Instance(Listener):
    """One running copy of a service. ``jobs`` are the attempts at work, by their numbers.

    Each holds a slot, as a thread would, also while it waits for the calls it has made.
    ``line`` is where requests wait, first come first served unless another is given.
    ``when_done`` is called on the agenda when a job has had its work.
    """

    __slots__ = (
        "_own_speed_ratio",
        "_queue",
        "_queue_limit",
        "_speed_ratio",
        "_user_numbers",
        "free_slots",
        "jobs",
        "slots",
        "when_done",
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
        line: Line | None = None,
    ) -> None:
        super().__init__(
            kernel,
            index=index,
            service=service,
            spec=spec,
            clock=clock,
            error_stream=error_stream,
        )
        self._user_numbers = kernel.numbers[USER]
        self.when_done: Callable[[Attempt], None] = self._work_done
        self.slots = service.slots
        self.free_slots = service.slots
        self._queue: Line = deque() if line is None else line
        self._queue_limit = service.queue_limit
        self._own_speed_ratio = speed_ratio
        self._speed_ratio = speed_ratio
        self.jobs: dict[int, Attempt] = {}

    @property
    def pace_ratio(self) -> float:
        """How fast it works, as a share of what its machine can do."""
        return self._speed_ratio / self._own_speed_ratio

    @property
    def waiting(self) -> int:
        """How many requests are queued."""
        return len(self._queue)

    @property
    def held_for_others(self) -> Collection[int]:
        """Jobs that wait for what another request does; none without a cache."""
        return ()

    @property
    def busy_slots(self) -> int:
        """How many slots the jobs hold."""
        return len(self.jobs)

    def gauges(self) -> Iterable[tuple[str, float]]:
        """What the process tells of itself beside its requests, by the name of the metric."""
        return ()

    def progressing(self) -> Iterable[int]:
        """Numbers of jobs that are kept by something which the agenda does not show."""
        return ()

    def slow_down(self, factor: float) -> None:
        """Work that begins from now on takes ``factor`` times as long as its machine needs."""
        self._speed_ratio = self._own_speed_ratio / factor

    def arrive(self, attempt: Attempt) -> None:
        """A request has reached this host."""
        if not self._is_plain and not self._admits(attempt):
            return
        if self.free_slots:
            self.free_slots -= 1
            self._serve(attempt)
        else:
            self._wait(attempt)

    def _wait(self, attempt: Attempt) -> None:
        """All slots are taken: stand in line, if there is room."""
        if len(self._queue) < self._queue_limit:
            attempt.wait_ns = -1 - self._kernel.now
            self._queue.append(attempt)
        else:
            self.refused += 1
            self._answer(attempt, Outcome.QUEUE_FULL)

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
            (self._kernel.now + work_ns, next(self._user_numbers), self.when_done, attempt),
        )

    def _work_done(self, attempt: Attempt) -> None:
        if attempt.is_aborted:
            return
        attempt.step = 0
        attempt.has_failed = False
        self._proceed(attempt)

    def _proceed(self, attempt: Attempt) -> None:
        """Make the calls of the next step; answer where there is none."""
        if attempt.step < len(attempt.node.steps):
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
        job: Attempt = last.parent  # type: ignore[assignment] # an instance calls for a job
        if outcome is not _OK and not last.node.is_optional:
            job.has_failed = True
        job.pending = pending = job.pending - 1
        if pending:
            return
        if job.has_failed:
            self._finish(job, _ERROR)
        else:
            self._proceed(job)

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
        """Give the freed slot to the next in the line."""
        if self._queue:
            attempt = self._queue.popleft()
            attempt.wait_ns += self._kernel.now + 1
            self._serve(attempt)
        else:
            self.free_slots += 1

    def cancel(self, attempt: Attempt) -> None:
        """The caller has hung up; what that means depends on the service's ``cancel``."""
        if attempt.is_aborted:
            return
        if self.standstill is not None:
            self.standstill.keep(self.cancel, attempt)
            return
        if attempt.id not in self.jobs:
            attempt.is_aborted = True
            if attempt in self._queue:
                self._leave_queue(attempt)
        elif self.cancel_mode is Cancel.RUNNING:
            self._abort(attempt)
            self._serve_next()

    def _leave_queue(self, attempt: Attempt) -> None:
        """One that waits leaves before its turn."""
        self._queue.remove(attempt)

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
        lost = self._lost()
        for attempt in lost:
            attempt.is_aborted = True
            if attempt.wait_ns < 0:
                attempt.wait_ns += self._kernel.now + 1
        for channel in self.channels.values():
            for child in channel.lane.outstanding():
                channel.abandon(child, tell_server=condition is Condition.CRASHED)
        self._forget_work()
        self.incarnation += 1
        self.condition = condition
        self.refresh_plainness()
        if condition is Condition.CRASHED:
            for attempt in lost:
                self._answer(attempt, Outcome.RESET)

    def _lost(self) -> list[Attempt]:
        """All requests that a crash takes along."""
        return [*self.jobs.values(), *self._queue]

    def _forget_work(self) -> None:
        """The next life begins with nothing to do."""
        self.jobs.clear()
        self._queue.clear()
        self.free_slots = self.slots
