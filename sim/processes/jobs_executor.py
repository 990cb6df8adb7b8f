"""An executor's node: takes on orders, works in virtual time, reports until it is heard.

How long a try works is drawn from a stream of its own, named by job, tick and attempt, so the
same try takes the same time whoever runs it and whatever else happens.
"""

from collections.abc import Mapping
from typing import TypeAlias

from models.base.samplers import make_sampler
from models.base.time import DurationNs, TimeNs
from models.discovery.cadence import Cadence
from models.scheduling.config import ExecutorConfig, JobConfig, SchedulerConfig
from models.scheduling.executor import Admission, Executor
from models.scheduling.outbox import Outbox
from models.scheduling.pool import RunOrder, StopOrder
from models.scheduling.tasks import Handler, RunKey
from sim.kernel.driver import Driver
from sim.kernel.ties import USER
from sim.processes.jobs_ledger import JobsLedger
from sim.processes.jobs_messages import (
    Beat,
    OrderAnswered,
    ResultReported,
    ResultTaken,
    StopAnswered,
    TryId,
)
from sim.processes.jobs_node import JobsNode, JobsSurroundings, Letter, Mail
from sim.processes.jobs_store import RUN_STORE

_Reports: TypeAlias = Outbox[TryId, ResultReported]


class _Pulse:
    """When an executor gives a sign of life."""

    def __init__(self, executor: str, cadence: Cadence) -> None:
        self._beat = Beat(executor)
        self._cadence = cadence

    def next_deadline(self) -> TimeNs:
        return self._cadence.next_ns

    def tick(self, *, now: TimeNs) -> tuple[Beat, ...]:
        return (self._beat,) if self._cadence.take(now=now) else ()


class ExecutorAgent(JobsNode):
    """One node that runs tasks. A new process has forgotten orders, work and results."""

    def __init__(
        self,
        around: JobsSurroundings,
        mail: Mail,
        ledger: JobsLedger,
        *,
        config: ExecutorConfig,
        scheduler: SchedulerConfig,
        jobs: Mapping[str, JobConfig],
        handlers: Mapping[str, Handler],
    ) -> None:
        super().__init__(around, service="executor", name=config.name, zone=config.zone)
        self._mail = mail
        self._ledger = ledger
        self._beat_ns = scheduler.executor_beat_ns
        self._resend_ns = scheduler.resend_ns
        self._jobs = jobs
        self._executor = Executor(config.name, config.capacity, handlers)
        phase_ns = around.phase(f"beat/{config.name}", self._beat_ns)
        mail.join(self)
        self._start(self.now + phase_ns)

    def begin(self) -> None:
        """A new process says so at once."""
        self._start(self.now)

    def end(self) -> None:
        """All that ran here is gone."""
        self._executor.crash()
        self._pulse_driver.stop()
        self._reports_driver.stop()
        self._ledger.executor_died(self.name)

    def receive(self, letter: Letter) -> None:
        """Take an order, or learn that a result has arrived."""
        match letter.body:
            case RunOrder():
                self._take_on(letter, letter.body)
            case StopOrder(_, key, token, attempt):
                stopped = TryId(self.name, key, attempt)
                if self._executor.stop(key, token, attempt):
                    self._ledger.try_ceased(stopped)
                self._mail.reply(self, letter, StopAnswered(stopped))
            case ResultTaken(order):
                self._reports.settle(order)
                self._reports_driver.poke()

    def _start(self, first_beat_ns: TimeNs) -> None:
        kernel = self.around.kernel
        self._reports: _Reports = Outbox(self._resend_ns)
        self._reports_driver: Driver[tuple[ResultReported, ...]] = Driver(
            kernel, self.clock, self._reports, tie_class=USER, deliver=self._send
        )
        pulse = _Pulse(self.name, Cadence(first_beat_ns, self._beat_ns))
        self._pulse_driver: Driver[tuple[Beat, ...]] = Driver(
            kernel, self.clock, pulse, tie_class=USER, deliver=self._send
        )
        self._reports_driver.start()
        self._pulse_driver.start()

    def _take_on(self, letter: Letter, order: RunOrder) -> None:
        task, attempt = order.task, order.attempt
        answer = self._executor.accept(task, attempt)
        placed = TryId(self.name, task.key, attempt)
        if answer is Admission.STARTED:
            self._ledger.try_began(placed)
            kernel = self.around.kernel
            done_at = kernel.now + self._work_ns(task.key, attempt)
            kernel.post(done_at, USER, self._work_done, (self.life, placed))
        self._mail.reply(self, letter, OrderAnswered(placed, answer))

    def _work_ns(self, key: RunKey, attempt: int) -> DurationNs:
        tick_ns = key.scheduled_ns - self.around.wall_start_ns
        stream = self.around.streams(f"work/{key.job}/{tick_ns}/{attempt}")
        return make_sampler(self._jobs[key.job].work, stream).draw()

    def _work_done(self, carried: tuple[int, TryId]) -> None:
        life, done = carried
        if not self.is_running or life != self.life:
            return
        result = self._executor.complete(done.key, done.attempt)
        if result is None:
            return
        self._ledger.try_ceased(done)
        if not result.is_success:
            self.around.log.log(self.address, "warning", f"{done.key.job}: {result.message}")
        report = ResultReported(done, result.is_success)
        self._reports.put(done, report, now=self.now)
        self._reports_driver.poke()
        self._send((report,))

    def _send(self, messages: tuple[Beat | ResultReported, ...]) -> None:
        for message in messages:
            self._mail.send(self, RUN_STORE, message)
