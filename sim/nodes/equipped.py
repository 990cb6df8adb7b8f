"""An instance whose work runs on a processor: shared cores, a pace that changes, preemption.

A process that stands still hears nothing: what reaches it meanwhile is kept by its host, in
order, and is dealt with when it goes on.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.base.time import DurationNs
from models.faults.exhaustion import taken_of
from models.service.queueing import Discipline
from models.service.resources import MILLI
from models.service.spec import InstanceSpec, ServiceSpec
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.nodes.attempt import Attempt
from sim.nodes.gated import GatedInstance
from sim.nodes.instance import Line
from sim.nodes.queueing.classes import MostImportantFirst
from sim.nodes.queueing.marks import criticality_of
from sim.nodes.resources.pace import Pace
from sim.nodes.resources.processor import FULL_SPEED, Processor

_ONE_CORE = MILLI
_FAULTS = "faults"


class EquippedInstance(GatedInstance):
    """Every job takes a slot and an equal share of the cores, at most one core.

    ``pace`` is where faults, pauses and warm-up slow or stop the process. It ``has_cores`` if they
    can be short.
    """

    __slots__ = (
        "_held_back",
        "_left_ns",
        "_millicores",
        "_preempts",
        "_processor",
        "has_cores",
        "pace",
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
            speed_ratio=speed_ratio,
            clock=clock,
            error_stream=error_stream,
            line=line,
        )
        self._millicores = _millicores(service)
        self._processor = Processor(kernel, millicores=self._millicores, done=self._work_done)
        self.has_cores = _has_cores(service)
        self.pace = Pace(self._pace_changed)
        self._preempts = service.queue.preempts
        self._left_ns: dict[int, DurationNs] = {}
        self._held_back: deque[tuple[Callable[..., object], Attempt, Outcome | None]] = deque()

    def gauges(self) -> Iterable[tuple[str, float]]:
        """What the process tells of itself."""
        yield "process_cpu_cores_busy", self._processor.busy_millicores() / MILLI

    @property
    def pace_ratio(self) -> float:
        """How fast it works, as a share of what its machine can do."""
        return self.pace.speed / FULL_SPEED

    def slow_down(self, factor: float) -> None:
        """All work takes ``factor`` times as long from now on, also what is half done."""
        self.pace.slow(_FAULTS, round(FULL_SPEED / factor))

    def withhold_cores(self, shares: Sequence[float]) -> None:
        """Work with what these shares leave of the cores."""
        self._processor.resize(self._millicores - taken_of(self._millicores, shares))

    def progressing(self) -> Iterable[int]:
        """Jobs on the processor, and those whose call has ended while the process stands still."""
        yield from self._processor.numbers()
        for _, attempt, _ in self._held_back:
            if attempt.parent is not None:
                yield attempt.parent.id

    def arrive(self, attempt: Attempt) -> None:
        """A request has reached this host."""
        if not self.pace.speed and self.is_up:
            attempt.wait_ns = -1 - self._kernel.now
            self._held_back.append((self.arrive, attempt, None))
        else:
            super().arrive(attempt)

    def call_ended(self, last: Attempt, outcome: Outcome) -> None:
        """One of this instance's downstream calls has ended for good."""
        if self.pace.speed:
            super().call_ended(last, outcome)
        else:
            self._held_back.append((self.call_ended, last, outcome))

    def cancel(self, attempt: Attempt) -> None:
        """The caller has hung up; what that means depends on the service's ``cancel``."""
        if self.pace.speed:
            super().cancel(attempt)
        else:
            self._held_back.append((self.cancel, attempt, None))

    def _pace_changed(self, speed: int) -> None:
        self._processor.run_at(speed)
        while self._held_back and self.pace.speed:
            verb, attempt, outcome = self._held_back.popleft()
            if outcome is None:
                verb(attempt)
            elif attempt.parent is not None and not attempt.parent.is_aborted:
                verb(attempt, outcome)

    def _serve(self, attempt: Attempt) -> None:
        self.jobs[attempt.id] = attempt
        self._began[attempt.id] = self._kernel.now
        work_ns = self._left_ns.pop(attempt.id, None)
        if work_ns is None:
            node = attempt.node
            if attempt.try_number == 1:
                work_ns = attempt.request.demands[node.slot]
            else:
                work_ns = node.retry_demand.draw()
            if self._speed_ratio != 1.0:
                work_ns = int(work_ns / self._speed_ratio)
        self._processor.start(attempt, work_ns)

    def _queue_up(self, attempt: Attempt) -> None:
        victim = self._displaced_by(attempt) if self._preempts else None
        if victim is None:
            super()._queue_up(attempt)
            return
        queue = self._queue
        assert isinstance(queue, MostImportantFirst)
        self._left_ns[victim.id] = self._processor.stop(victim)
        del self.jobs[victim.id]
        queue.appendleft(victim)
        self._gate.changed(len(queue), self._kernel.now)
        self._end_wait(attempt)
        self._serve(attempt)

    def _displaced_by(self, attempt: Attempt) -> Attempt | None:
        """The least important job at work, if less important; the newest of several."""
        level = criticality_of(attempt)
        victim = None
        for number in self._processor.numbers():
            job = self.jobs[number]
            its_level = criticality_of(job)
            if its_level <= level and job is not attempt:
                victim, level = job, its_level
        return victim if victim is not None and level < criticality_of(attempt) else None

    def _leave_queue(self, attempt: Attempt) -> None:
        super()._leave_queue(attempt)
        self._left_ns.pop(attempt.id, None)

    def _turn_away(self, attempt: Attempt, outcome: Outcome) -> None:
        self._left_ns.pop(attempt.id, None)
        super()._turn_away(attempt, outcome)

    def _abort(self, job: Attempt) -> None:
        if job.id in self._processor:
            self._processor.stop(job)
        super()._abort(job)

    def _lost(self) -> list[Attempt]:
        unheard = [attempt for verb, attempt, _ in self._held_back if verb == self.arrive]
        return [*super()._lost(), *unheard]

    def _forget_work(self) -> None:
        super()._forget_work()
        self._processor.clear()
        self._left_ns.clear()
        self._held_back.clear()


def _has_cores(service: ServiceSpec) -> bool:
    is_shared = service.queue.discipline is Discipline.PROCESSOR_SHARING
    return is_shared or service.resources.millicores is not None


def _millicores(service: ServiceSpec) -> int:
    """Cores as given; one for processor sharing; else as many as there are slots."""
    if service.resources.millicores is not None:
        return service.resources.millicores
    is_shared = service.queue.discipline is Discipline.PROCESSOR_SHARING
    return _ONE_CORE if is_shared else MILLI * service.slots
