"""An instance with a runtime: memory that can run out, pauses that stop it, a slow beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from models.base.outcome import Outcome
from models.base.samplers import Sampler, make_sampler
from models.base.streams import Stream
from models.base.time import DurationNs, TimeNs, seconds
from models.service.resources import ResourcesSpec
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt
from sim.nodes.condition import Condition
from sim.nodes.equipped import EquippedInstance
from sim.nodes.instance import Instance
from sim.nodes.resources.heap import Collector, Heap
from sim.nodes.resources.processor import FULL_SPEED

_COLLECTOR, _PAUSES, _WARM_UP = "collector", "pauses", "warm-up"


def _nobody_cares(_: Instance) -> None:
    pass


class RuntimeInstance(EquippedInstance):
    """Stops the world for its collector, and dies when its memory is full.

    ``on_out_of_memory`` is told that the process must be killed, by an entry of the agenda of its
    own, so that what was under way at that moment is consistent.
    """

    __slots__ = (
        "_collector",
        "_heap",
        "_is_doomed",
        "_pause_gaps",
        "_pause_lengths",
        "_resources",
        "_still_until",
        "on_out_of_memory",
        "out_of_memory_kills",
    )

    def provide(self, spec: ResourcesSpec, streams: Callable[[str], Stream]) -> None:
        """Install what the service describes; before any request arrives."""
        self._resources = spec
        self._heap = None if spec.memory is None else Heap(spec.memory)
        self._collector = None if spec.collector is None else Collector(spec.collector)
        self._is_doomed = False
        self._still_until: dict[str, TimeNs] = {}
        self.out_of_memory_kills = 0
        self.on_out_of_memory: Callable[[Instance], object] = _nobody_cares
        self._pause_gaps: Sampler | None = None
        self._pause_lengths: Sampler | None = None
        if spec.pauses is not None:
            path = f"pauses/{self.name}"
            self._pause_gaps = make_sampler(spec.pauses.every, streams(f"{path}/every"))
            self._pause_lengths = make_sampler(spec.pauses.length, streams(f"{path}/length"))
            self._await_pause()

    @property
    def live(self) -> int:
        """Requests in the process, queued or at work."""
        return len(self.jobs) + len(self._queue)

    @property
    def has_memory(self) -> bool:
        """Whether its memory is bounded."""
        return self._heap is not None

    def withhold_memory(self, shares: Sequence[float]) -> None:
        """Live with what these shares leave of the limit, or be killed."""
        if self._heap is not None:
            self._heap.withhold(shares)
            if self.is_up:
                self._check_memory()

    def gauges(self) -> Iterable[tuple[str, float]]:
        """What the process tells of itself, under the names that Prometheus clients use."""
        yield from super().gauges()
        if self._heap is not None:
            yield "process_resident_memory_bytes", self._heap.used_bytes(self.live)
            yield "process_out_of_memory_kills_total", self.out_of_memory_kills
        if self._collector is not None:
            yield "process_gc_pauses_total", self._collector.pauses
            yield "process_gc_pause_seconds_total", seconds(self._collector.paused_ns)

    def become(self, condition: Condition) -> None:
        """As any instance; a process that has just started is slow for a while."""
        is_fresh = self.condition is Condition.STARTING and condition is Condition.UP
        super().become(condition)
        if is_fresh:
            self._warm_up(0)
            self._await_pause()

    def arrive(self, attempt: Attempt) -> None:
        """A request has reached this host."""
        super().arrive(attempt)
        self._check_memory()

    def _serve(self, attempt: Attempt) -> None:
        super()._serve(attempt)
        if self._collector is not None:
            pause_ns = self._collector.allocates(self.live)
            if pause_ns:
                self._stand_still(_COLLECTOR, pause_ns)

    def _finish(self, attempt: Attempt, outcome: Outcome) -> None:
        super()._finish(attempt, outcome)
        self._leave_behind()

    def _finish_parked(self, attempt: Attempt, outcome: Outcome) -> None:
        """End a job that holds no slot."""
        del self.jobs[attempt.id]
        self._began.pop(attempt.id)
        self.answered += 1
        if outcome is not Outcome.OK:
            self.answered_badly += 1
        self._answer(attempt, outcome)
        self._leave_behind()

    def _leave_behind(self) -> None:
        if self._heap is not None:
            self._heap.served()
            self._check_memory()

    def _forget_work(self) -> None:
        super()._forget_work()
        self._is_doomed = False
        self._still_until.clear()
        if self._heap is not None:
            self._heap.clear()
        if self._collector is not None:
            self._collector.clear()
        for cause in (_COLLECTOR, _PAUSES):
            self.pace.let_go(cause)
        self.pace.forget(_WARM_UP)

    def _check_memory(self) -> None:
        if self._heap is not None and not self._is_doomed and self._heap.is_full(self.live):
            self._is_doomed = True
            self._kernel.post(self._kernel.now, USER, self._die, self.incarnation)

    def _die(self, incarnation: int) -> None:
        if self.incarnation == incarnation:
            self.out_of_memory_kills += 1
            self.on_out_of_memory(self)

    def _stand_still(self, cause: str, length_ns: DurationNs) -> None:
        until = self._kernel.now + length_ns
        self._still_until[cause] = until
        self.pace.hold(cause)
        self._kernel.post(until, USER, self._go_on, (cause, until))

    def _go_on(self, entry: tuple[str, TimeNs]) -> None:
        cause, until = entry
        if self._still_until.get(cause) == until:
            del self._still_until[cause]
            self.pace.let_go(cause)
            if cause == _PAUSES:
                self._await_pause()

    def _await_pause(self) -> None:
        if self._pause_gaps is not None:
            due = self._kernel.now + self._pause_gaps.draw()
            self._kernel.post(due, USER, self._pause, self.incarnation)

    def _pause(self, incarnation: int) -> None:
        if self.incarnation == incarnation and self._pause_lengths is not None:
            self._stand_still(_PAUSES, self._pause_lengths.draw())

    def _warm_up(self, step: int) -> None:
        """Take one of the steps to full speed."""
        spec = self._resources.warm_up
        if spec is None:
            return
        if step == spec.steps:
            self.pace.forget(_WARM_UP)
            return
        first = round(spec.from_ratio * FULL_SPEED)
        self.pace.slow(_WARM_UP, first + (FULL_SPEED - first) * step // spec.steps)
        due = self._kernel.now + spec.length_ns // spec.steps
        self._kernel.post(due, USER, self._warmer, (step + 1, self.incarnation))

    def _warmer(self, entry: tuple[int, int]) -> None:
        step, incarnation = entry
        if self.incarnation == incarnation:
            self._warm_up(step)
