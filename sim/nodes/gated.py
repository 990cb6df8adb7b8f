"""An instance that chooses: sheds what is not worth serving, and loses who will not wait."""

from models.base.outcome import Outcome
from models.base.samplers import Sampler
from models.base.streams import Stream
from models.base.time import TimeNs
from models.service.spec import InstanceSpec, ServiceSpec
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER
from sim.nodes.attempt import Attempt
from sim.nodes.instance import Instance, Line
from sim.nodes.queueing.classes import MostImportantFirst
from sim.nodes.queueing.gate import Gate

_OK = Outcome.OK


class GatedInstance(Instance):
    """Asks its gate about each request as it arrives, and again when its turn has come.

    ``patience`` draws how long the caller of a queued request waits before hanging up.
    """

    __slots__ = ("_began", "_gate", "_is_in_order", "_patience")

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
        self._gate = Gate(service.shedding, queue_limit=service.queue_limit, slots=service.slots)
        self._is_in_order = line is None
        self._patience: Sampler | None = None
        self._began: dict[int, TimeNs] = {}

    def lose_patience_after(self, patience: Sampler) -> None:
        """From now on, callers of queued requests hang up when theirs ends."""
        self._patience = patience

    def arrive(self, attempt: Attempt) -> None:
        """A request has reached this host."""
        if not self._is_plain and not self._admits(attempt):
            return
        now, waiting = self._kernel.now, len(self._queue)
        ahead = waiting if self._is_in_order else 0
        outcome = self._gate.at_arrival(attempt, now, waiting, ahead, is_idle=self.free_slots > 0)
        if outcome is not _OK:
            self._turn_away(attempt, outcome)
        elif self.free_slots:
            self.free_slots -= 1
            self._end_wait(attempt)
            self._serve(attempt)
        else:
            self._queue_up(attempt)

    def _queue_up(self, attempt: Attempt) -> None:
        queue, now = self._queue, self._kernel.now
        if len(queue) >= self._queue_limit and not self._makes_room(attempt):
            self._turn_away(attempt, Outcome.QUEUE_FULL)
            return
        if attempt.wait_ns == 0:
            attempt.wait_ns = -1 - now
        queue.append(attempt)
        self._gate.joined(attempt, now)
        self._gate.changed(len(queue), now)
        if self._patience is not None:
            self._kernel.post(now + self._patience.draw(), USER, self._lose_patience, attempt)

    def _makes_room(self, attempt: Attempt) -> bool:
        """In a full queue by importance, the newest of the least important gives up its place."""
        queue = self._queue
        if not isinstance(queue, MostImportantFirst):
            return False
        victim = queue.less_important_than(attempt)
        if victim is None:
            return False
        self._leave_queue(victim)
        self._turn_away(victim, Outcome.SHED)
        return True

    def _lose_patience(self, attempt: Attempt) -> None:
        if attempt.wait_ns < 0 and not attempt.is_aborted:
            self._leave_queue(attempt)
            self._turn_away(attempt, Outcome.EXPIRED)

    def _turn_away(self, attempt: Attempt, outcome: Outcome) -> None:
        """Answer a request without serving it."""
        self.refused += 1
        self._end_wait(attempt)
        self._answer(attempt, outcome)

    def _end_wait(self, attempt: Attempt) -> None:
        if attempt.wait_ns < 0:
            attempt.wait_ns += self._kernel.now + 1

    def _serve(self, attempt: Attempt) -> None:
        self._began[attempt.id] = self._kernel.now
        super()._serve(attempt)

    def _finish(self, attempt: Attempt, outcome: Outcome) -> None:
        began = self._began.pop(attempt.id)
        if outcome is _OK:
            self._gate.served(self._kernel.now - began)
        if not self._queue:
            self._gate.found_empty()
        super()._finish(attempt, outcome)

    def _serve_next(self) -> None:
        """Give the freed slot to the first in the line who is still worth serving."""
        queue, gate, now = self._queue, self._gate, self._kernel.now
        while queue:
            attempt = queue.popleft()
            since = -1 - attempt.wait_ns if attempt.wait_ns < 0 else now
            outcome = gate.at_dequeue(attempt, now, since, len(queue))
            gate.changed(len(queue), now)
            if outcome is _OK:
                self._end_wait(attempt)
                self._serve(attempt)
                return
            self._turn_away(attempt, outcome)
        gate.found_empty()
        self.free_slots += 1

    def _leave_queue(self, attempt: Attempt) -> None:
        super()._leave_queue(attempt)
        self._gate.left_early(attempt)
        self._gate.changed(len(self._queue), self._kernel.now)

    def _abort(self, job: Attempt) -> None:
        self._began.pop(job.id, None)
        super()._abort(job)

    def _forget_work(self) -> None:
        super()._forget_work()
        self._began.clear()
        self._gate.restarted(self._kernel.now)
