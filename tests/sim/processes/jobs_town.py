"""A hand-built world of nothing but job scheduling, with three zones and clocks set by the test."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.base.distributions import Deterministic, Distribution
from models.base.streams import Stream
from models.base.time import NS_PER_MINUTE, NS_PER_MS, NS_PER_S, DurationNs, TimeNs
from models.records.events import EventKind, JsonValue
from models.scheduling.config import (
    ExecutorConfig,
    JobConfig,
    LockConfig,
    Misfire,
    Overlap,
    SchedulerConfig,
)
from models.scheduling.tasks import Handler, SleepHandler
from sim.blueprint import LinksSpec
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.kernel.ties import FAULT
from sim.network.links import Network
from sim.nodes.control import ControlNode
from sim.nodes.power import Power
from sim.processes.jobs import Jobs, JobsSurroundings
from sim.processes.jobs_node import Letter

NIGHT = 1_767_319_080 * NS_PER_S
"""2026-01-02T01:58:00Z: two minutes before the nightly tick."""
TICK = 2 * NS_PER_MINUTE
"""The nightly tick in virtual time."""
JOB = "invoice"


@dataclass(frozen=True, slots=True)
class Row:
    job: str
    scheduled_ns: TimeNs
    started_ns: TimeNs
    ended_ns: TimeNs
    attempt: int
    scheduler: str
    executor: str
    token: int
    status: str


@dataclass
class Log:
    kernel: Kernel
    events: list[tuple[TimeNs, EventKind, str, Mapping[str, JsonValue]]] = field(
        default_factory=list
    )
    rows: list[Row] = field(default_factory=list)
    lines: list[tuple[TimeNs, str, str, str]] = field(default_factory=list)

    def event(
        self, kind: EventKind, subject: str, detail: Mapping[str, JsonValue] | None = None
    ) -> None:
        self.events.append((self.kernel.now, kind, subject, dict(detail or {})))

    def job(self, *row: object) -> None:
        self.rows.append(Row(*row))  # type: ignore[arg-type]

    def log(self, node: str, level: str, message: str) -> None:
        self.lines.append((self.kernel.now, node, level, message))


def nightly(
    *,
    schedule: str = "0 2 * * *",
    work: Distribution | None = None,
    retries: int = 3,
    timeout_ns: DurationNs = 10 * NS_PER_MINUTE,
    misfire: Misfire = Misfire.FIRE_ONCE,
    overlap: Overlap = Overlap.FORBID,
    task: str = "sleep",
    starting_deadline_ns: DurationNs | None = None,
) -> JobConfig:
    return JobConfig(
        JOB,
        schedule,
        work or Deterministic(30 * NS_PER_S),
        retries=retries,
        timeout_ns=timeout_ns,
        misfire=misfire,
        overlap=overlap,
        task=task,
        starting_deadline_ns=starting_deadline_ns,
    )


class Wire(Network):
    """A network that remembers what was sent, lost or not."""

    sent: list[tuple[TimeNs, Letter]]

    def send(
        self,
        here: str,
        there: str,
        deliver: Callable[[Any], object],
        message: Any,
        **how: Any,
    ) -> None:
        self.sent.append((self._kernel.now, message))
        super().send(here, there, deliver, message, **how)


class Town:
    """Schedulers in zones a and b, executors in a and b, lock and run store in c."""

    def __init__(
        self,
        *jobs: JobConfig,
        seed: int = 1,
        shuffle_ties: bool = False,
        offsets_ns: Mapping[str, DurationNs] | None = None,
        drifts_ppm: Mapping[str, int] | None = None,
        schedulers: tuple[tuple[str, str], ...] = (("s1", "a"), ("s2", "b")),
        executors: tuple[ExecutorConfig, ...] = (
            ExecutorConfig("x1", "a"),
            ExecutorConfig("x2", "b"),
        ),
        latency: Distribution | None = None,
        handlers: Mapping[str, Handler] | None = None,
        wall_start_ns: TimeNs = NIGHT,
    ) -> None:
        ties = Stream(seed, "kernel/ties") if shuffle_ties else None
        self.seed = seed
        self.kernel = Kernel(seed=seed, ties=ties)
        self.log = Log(self.kernel)
        self.power = Power()
        law = latency or Deterministic(NS_PER_MS)
        self.network = Wire(self.kernel, ("a", "b", "c"), LinksSpec(law, law, law), seed)
        self.network.sent = []
        self._offsets_ns = offsets_ns or {}
        self._drifts_ppm = drifts_ppm or {}
        self._wall_start_ns = wall_start_ns
        around = JobsSurroundings(
            self.kernel,
            self.log,
            self.network,
            self.power,
            self.stream,
            self.clock,
            wall_start_ns,
        )
        config = SchedulerConfig(schedulers, LockConfig("c"), executors)
        self.jobs = Jobs(
            around, config, jobs or (nightly(),), handlers=handlers or {"sleep": SleepHandler()}
        )

    def stream(self, name: str) -> Stream:
        return Stream(self.seed, name)

    def clock(self, name: str) -> NodeClock:
        node = name.partition("/")[2]
        return NodeClock(
            wall_start_ns=self._wall_start_ns,
            offset_ns=self._offsets_ns.get(node, 0),
            drift_ppm=self._drifts_ppm.get(node, 0),
        )

    def run(self, until: TimeNs) -> None:
        self.kernel.advance(until)

    def node(self, name: str) -> ControlNode:
        return next(node for node in self.jobs.nodes() if node.name == name)

    def leader(self) -> str:
        (name,) = [node.name for node in self.jobs.schedulers if node.leads]
        return name

    def crash(self, name: str, at: TimeNs, *, back_after: DurationNs | None = None) -> None:
        node = self.node(name)
        self.kernel.call_at(at, FAULT, lambda _: node.die())
        if back_after is not None:
            self.kernel.call_at(at + back_after, FAULT, lambda _: node.revive())

    def darken(self, zone: str, at: TimeNs, lasting: DurationNs) -> None:
        self.kernel.call_at(at, FAULT, self._cut, zone)
        self.kernel.call_at(at + lasting, FAULT, self._restore, zone)

    def _cut(self, zone: str) -> None:
        self.power.cut(zone)
        for link in self.network.links_of(zone):
            link.cut()
        self.jobs.zone_lost(zone)

    def _restore(self, zone: str) -> None:
        self.power.restore(zone)
        for link in self.network.links_of(zone):
            link.mend()
        self.jobs.zone_restored(zone)

    def effective(self, job: str = JOB) -> Counter[TimeNs]:
        """Successful executions by tick."""
        return Counter(
            row.scheduled_ns
            for row in self.log.rows
            if row.job == job and row.status == "succeeded"
        )

    def sent(self, body: type[object]) -> list[TimeNs]:
        """When messages of that type were sent."""
        return [time_ns for time_ns, letter in self.network.sent if isinstance(letter.body, body)]

    def cut_link(self, here: str, there: str, at: TimeNs, lasting: DurationNs) -> None:
        link = self.network.link(here, there)
        self.kernel.call_at(at, FAULT, lambda _: link.cut())
        self.kernel.call_at(at + lasting, FAULT, lambda _: link.mend())

    def statuses(self) -> list[tuple[int, str, str]]:
        return [(row.attempt, row.executor, row.status) for row in self.log.rows]

    def kinds(self, *wanted: EventKind) -> list[tuple[TimeNs, EventKind, object]]:
        """Events of the wanted kinds, with their owner, reason or status."""
        return [
            (
                time_ns,
                kind,
                detail.get("owner") or detail.get("reason") or detail.get("status"),
            )
            for time_ns, kind, _, detail in self.log.events
            if kind in wanted
        ]
