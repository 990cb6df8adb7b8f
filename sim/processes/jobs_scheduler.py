"""A scheduler's node: stands for the leader lock, and starts what is due while it leads."""

from collections.abc import Sequence

from models.base.time import TimeNs
from models.scheduling.config import JobConfig, LockConfig
from models.scheduling.dispatch import RunEnded
from models.scheduling.lease import (
    AcquireLock,
    LeaseGained,
    LeaseLost,
    ReleaseLock,
    RenewLock,
)
from models.scheduling.lock import Granted
from models.scheduling.node import NodeAction, SchedulerNode
from models.scheduling.scheduler import StartAnswer
from sim.kernel.clocks import NodeClock
from sim.kernel.driver import Driver
from sim.kernel.environment import Kernel
from sim.kernel.ties import USER
from sim.processes.jobs_ledger import JobsLedger
from sim.processes.jobs_lock import LOCK_SERVER
from sim.processes.jobs_messages import LockAnswered, RunsOpened
from sim.processes.jobs_node import JobsNode, JobsSurroundings, Letter, Mail
from sim.processes.jobs_store import RUN_STORE


class _WallWatcher:
    """Shows the node's wall clock to a scheduler at each tick."""

    def __init__(self, node: SchedulerNode, clock: NodeClock, kernel: Kernel) -> None:
        self._node = node
        self._clock = clock
        self._kernel = kernel

    def next_deadline(self) -> TimeNs | None:
        return self._node.next_deadline()

    def tick(self, *, now: TimeNs) -> tuple[NodeAction, ...]:
        return self._node.tick(now=now, wall=self._clock.wall_at(self._kernel.now))


class SchedulerAgent(JobsNode):
    """One node that may lead. Each life is a candidate of its own and knows nothing of the last.

    ``jobs`` came into being when the run began, so no life runs a tick of before that.
    """

    def __init__(
        self,
        around: JobsSurroundings,
        mail: Mail,
        ledger: JobsLedger,
        *,
        name: str,
        zone: str,
        lock: LockConfig,
        jobs: Sequence[JobConfig],
    ) -> None:
        super().__init__(around, service="scheduler", name=name, zone=zone)
        self._mail = mail
        self._ledger = ledger
        self._lock = lock
        self._jobs = jobs
        self._phase_ns = around.phase(f"lock/{name}", lock.retry_ns)
        self._node, self._driver = self._new_life()
        mail.join(self)
        self._driver.start()

    @property
    def leads(self) -> bool:
        """Whether a process runs here that trusts its lease now."""
        return self.is_running and self._node.holder.leads(now=self.now)

    def begin(self) -> None:
        """A new candidate stands."""
        self._node, self._driver = self._new_life()
        self._driver.start()

    def end(self) -> None:
        """The candidate is gone, without a word to the lock server."""
        self._driver.stop()

    def receive(self, letter: Letter) -> None:
        """Take in an answer, or the news of a run's end."""
        node, now = self._node, self.now
        actions: tuple[NodeAction, ...] = ()
        match letter.body:
            case LockAnswered(Granted(token, _), _, sent_ns):
                actions = node.lock_granted(token, sent_ns=sent_ns, now=now)
            case LockAnswered(_, token, _):
                actions = node.lock_refused(token, now=now)
            case RunsOpened(token, history):
                actions = node.runs_opened(token, history, now=now)
            case StartAnswer():
                actions = node.start_answered(letter.body, now=now)
            case RunEnded(job, tick, _, revision):
                node.run_ended(job, tick, revision=revision)
        self._driver.poke()
        self._carry(actions)

    def _new_life(self) -> tuple[SchedulerNode, Driver[tuple[NodeAction, ...]]]:
        around = self.around
        node = SchedulerNode(
            f"{self.name}#{self.life}",
            self._lock,
            self._jobs,
            start=self.now + self._phase_ns,
            created_wall=around.wall_start_ns,
        )
        driver = Driver(
            around.kernel,
            self.clock,
            _WallWatcher(node, self.clock, around.kernel),
            tie_class=USER,
            deliver=self._carry,
        )
        return node, driver

    def _carry(self, actions: tuple[NodeAction, ...]) -> None:
        for action in actions:
            match action:
                case LeaseGained(lock, _, token):
                    self._ledger.lock_gained(lock, self.name, token)
                case LeaseLost(_, _, token):
                    self._ledger.lock_lost(token)
                case AcquireLock() | RenewLock() | ReleaseLock():
                    self._mail.send(self, LOCK_SERVER, action)
                case _:
                    self._mail.send(self, RUN_STORE, action)
