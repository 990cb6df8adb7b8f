"""The run store's node: claims, the pool of executors, and the orders to them.

Claims, tasks and unanswered orders are on its disk, so the death of a leader neither loses a run
nor starts it twice. While its zone is dark it hears nothing and no timer of its own runs; when
power returns, the silence of executors is excused, as it was the store's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from models.scheduling.config import JobConfig, SchedulerConfig
from models.scheduling.dispatch import DispatchAction, RunDispatcher, RunEnded
from models.scheduling.executor import Admission
from models.scheduling.outbox import Outbox
from models.scheduling.pool import (
    ExecutorPool,
    PoolAction,
    ResultFenced,
    RunOrder,
    StopOrder,
    TaskEnded,
    TryEnded,
)
from models.scheduling.runs import Claim, RunStore
from models.scheduling.scheduler import CancelRun, OpenRuns, Skipped, StartResult, StartRun
from models.scheduling.tasks import Handler, RunKey
from sim.kernel.driver import Driver
from sim.kernel.ties import SWEEP
from sim.processes.jobs_ledger import JobsLedger
from sim.processes.jobs_messages import (
    Beat,
    OrderAnswered,
    ResultReported,
    ResultTaken,
    RunsOpened,
    StopAnswered,
    TryId,
)
from sim.processes.jobs_node import JobsNode, JobsSurroundings, Letter, Mail

RUN_STORE = "runs/store"
"""Address of the run store."""
STOP_RESENDS_MAX = 30
"""Most repetitions of an order to drop a try; its executor may be gone for good."""


@dataclass(frozen=True, slots=True)
class _Errand:
    """Key of an unanswered order."""

    order: TryId
    is_stop: bool = False


class StoreNode(JobsNode):
    """Where the run store, the pool and the orders to executors are kept."""

    def __init__(
        self,
        around: JobsSurroundings,
        mail: Mail,
        ledger: JobsLedger,
        *,
        config: SchedulerConfig,
        jobs: Sequence[JobConfig],
        handlers: Mapping[str, Handler],
    ) -> None:
        super().__init__(around, service="runs", name="store", zone=config.lock.zone)
        self._mail = mail
        self._ledger = ledger
        self._leader: Letter | None = None
        self._pool = ExecutorPool(
            config.executors, handlers, executor_lease_ns=config.executor_lease_ns
        )
        for executor in config.executors:
            self._pool.heard(executor.name, now=self.now, life=1)
        self._dispatcher = RunDispatcher(jobs, RunStore(), self._pool)
        self._orders: Outbox[_Errand, RunOrder | StopOrder] = Outbox(config.resend_ns)
        self._pool_driver: Driver[tuple[PoolAction, ...]] = Driver(
            around.kernel, self.clock, self._pool, tie_class=SWEEP, deliver=self._settle
        )
        self._orders_driver: Driver[tuple[RunOrder | StopOrder, ...]] = Driver(
            around.kernel, self.clock, self._orders, tie_class=SWEEP, deliver=self._send_orders
        )
        mail.join(self)
        self._start_drivers()

    def begin(self) -> None:
        """Take up where the disk left off."""
        self._pool.excuse_silence(now=self.now)
        self._start_drivers()

    def end(self) -> None:
        """Stop everything that would happen by itself."""
        self._pool_driver.stop()
        self._orders_driver.stop()

    def receive(self, letter: Letter) -> None:
        """Serve a scheduler or an executor."""
        match letter.body:
            case OpenRuns() | StartRun() | CancelRun() | Skipped():
                self._serve_scheduler(letter, letter.body)
            case Beat(executor):
                self._settle(self._pool.heard(executor, now=self.now, life=letter.life))
            case OrderAnswered(order, answer):
                self._order_answered(order, answer)
            case StopAnswered(order):
                self._orders.settle(_Errand(order, is_stop=True))
            case ResultReported(order, is_success):
                self._mail.reply(self, letter, ResultTaken(order))
                self._settle(
                    self._pool.finished(
                        order.executor,
                        order.key,
                        order.attempt,
                        is_success=is_success,
                        now=self.now,
                    )
                )
        self._poke()

    def _serve_scheduler(
        self, letter: Letter, request: OpenRuns | StartRun | CancelRun | Skipped
    ) -> None:
        match request:
            case OpenRuns(token):
                history = self._dispatcher.open(request)
                if history is not None:
                    self._leader = letter
                self._mail.reply(self, letter, RunsOpened(token, history))
            case StartRun(job, tick):
                answer, actions = self._dispatcher.start(request, now=self.now)
                if answer.result is StartResult.ACCEPTED:
                    self._ledger.run_claimed(RunKey(job, tick), _name_of(letter.sender))
                self._mail.reply(self, letter, answer)
                self._carry(actions)
            case CancelRun():
                self._carry(self._dispatcher.cancel(request, now=self.now))
            case Skipped(job, tick, reason):
                if self._dispatcher.skip(request) is Claim.ACCEPTED:
                    self._ledger.run_skipped(RunKey(job, tick), reason)
            case _:
                assert_never(request)

    def _order_answered(self, order: TryId, answer: Admission) -> None:
        self._orders.settle(_Errand(order))
        actions = self._pool.admitted(
            order.executor, order.key, order.attempt, answer, now=self.now
        )
        if answer is Admission.BUSY:
            self._ledger.try_withdrawn(order)
        self._settle(actions)

    def _settle(self, actions: Sequence[PoolAction]) -> None:
        self._carry(self._dispatcher.settle(actions))
        self._poke()

    def _carry(self, actions: Sequence[DispatchAction]) -> None:
        for action in actions:
            match action:
                case RunOrder() | StopOrder():
                    self._order(action)
                case TryEnded(result):
                    self._orders.settle(_Errand(TryId(result.executor, result.key, result.attempt)))
                    self._ledger.try_ended(result)
                case ResultFenced():
                    self._ledger.result_fenced(action)
                case TaskEnded(key, status):
                    self._ledger.run_ended(key, status)
                case RunEnded():
                    self._tell_leader(action)
                case _:
                    assert_never(action)

    def _order(self, order: RunOrder | StopOrder) -> None:
        if isinstance(order, RunOrder):
            placed = TryId(order.executor, order.task.key, order.attempt)
            self._orders.put(_Errand(placed), order, now=self.now)
            self._ledger.try_placed(order)
        else:
            placed = TryId(order.executor, order.key, order.attempt)
            errand = _Errand(placed, is_stop=True)
            self._orders.put(errand, order, now=self.now, resends_max=STOP_RESENDS_MAX)
        self._send_orders((order,))

    def _send_orders(self, orders: Sequence[RunOrder | StopOrder]) -> None:
        for order in orders:
            self._mail.send(self, f"executor/{order.executor}", order)

    def _tell_leader(self, ended: RunEnded) -> None:
        if self._leader is not None:
            self._mail.reply(self, self._leader, ended)

    def _start_drivers(self) -> None:
        self._pool_driver.start()
        self._orders_driver.start()

    def _poke(self) -> None:
        self._pool_driver.poke()
        self._orders_driver.poke()


def _name_of(address: str) -> str:
    return address.partition("/")[2]
