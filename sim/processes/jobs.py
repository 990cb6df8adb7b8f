"""Job scheduling in time: a lock, a run store, schedulers and executors, joined by messages.

::

    scheduler --acquire, renew--> lock server
    scheduler --open, start, skip, cancel--> run store --run, stop--> executor
    executor  --beat, answer, result--> run store --run ended--> scheduler that leads

The lock server and the run store stand in the lock's zone, each a node with clocks of its own.
The pool of executors is kept with the run store and not with the leader, so a leader that dies
takes no run with it. The loops only carry: what a lease, a tick or a result means is decided in
``models.scheduling``.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from models.scheduling.config import JobConfig, SchedulerConfig
from models.scheduling.tasks import Handler, SleepHandler
from sim.nodes.control import ControlNode
from sim.processes.jobs_executor import ExecutorAgent
from sim.processes.jobs_ledger import JobsLedger
from sim.processes.jobs_lock import LockNode
from sim.processes.jobs_node import JobsNode, JobsSurroundings, Mail
from sim.processes.jobs_scheduler import SchedulerAgent
from sim.processes.jobs_store import StoreNode

__all__ = ["Jobs", "JobsSurroundings"]

_HANDLERS: Mapping[str, Handler] = MappingProxyType({"sleep": SleepHandler()})


class Jobs:
    """All nodes of job scheduling, and what the world tells them about life and death.

    ``handlers`` are those of every executor, by task kind; a job whose task has none fails.
    """

    def __init__(
        self,
        around: JobsSurroundings,
        scheduler: SchedulerConfig,
        jobs: Sequence[JobConfig],
        *,
        handlers: Mapping[str, Handler] = _HANDLERS,
    ) -> None:
        """Start every node.

        Raises:
            ConfigError: repeated names, a schedule or a period that makes no sense.
        """
        mail = Mail(around.network)
        self._ledger = JobsLedger(around.kernel, around.log, around.wall_start_ns)
        lock = LockNode(around, mail, self._ledger, zone=scheduler.lock.zone)
        store = StoreNode(
            around, mail, self._ledger, config=scheduler, jobs=jobs, handlers=handlers
        )
        self.schedulers = tuple(
            SchedulerAgent(
                around, mail, self._ledger, name=name, zone=zone, lock=scheduler.lock, jobs=jobs
            )
            for name, zone in scheduler.nodes
        )
        self.executors = tuple(
            ExecutorAgent(
                around,
                mail,
                self._ledger,
                config=config,
                scheduler=scheduler,
                jobs={job.name: job for job in jobs},
                handlers=handlers,
            )
            for config in scheduler.executors
        )
        self._all: tuple[JobsNode, ...] = (lock, store, *self.schedulers, *self.executors)

    def nodes(self) -> list[ControlNode]:
        """Schedulers and executors, in the order of the configuration, for faults to choose."""
        return [*self.schedulers, *self.executors]

    def zone_lost(self, zone: str) -> None:
        """A zone has gone dark: every process in it is gone."""
        for node in self._all:
            if node.zone == zone:
                node.power_lost()

    def zone_restored(self, zone: str) -> None:
        """A zone may have power again."""
        for node in self._all:
            if node.zone == zone:
                node.power_restored()

    def close(self) -> None:
        """Write down the tries that are still running; call once, at the end of the record."""
        self._ledger.close()
