"""The plan of one world: every package's configuration, composed. No behaviour here."""

from dataclasses import dataclass, field

from models.alerting.config import MonitoringConfig
from models.base.distributions import Deterministic, Distribution
from models.base.time import NS_PER_DAY, NS_PER_MS, DurationNs, TimeNs
from models.discovery.config import DiscoveryConfig
from models.faults.experiment.probe import ExperimentConfig
from models.faults.plan import Fault
from models.faults.surge import with_surges
from models.planning.prices import PriceList
from models.scheduling.config import JobConfig, SchedulerConfig
from models.service.spec import MachineSpec, ServiceSpec
from models.service.traffic import SourceSpec
from models.storage.message_queue import MessageQueueConfig
from models.traffic.config import EdgeConfig
from models.traffic.gateway.config import Route
from models.traffic.mesh.config import MeshPlan


@dataclass(frozen=True, slots=True)
class Phases:
    """Lengths of the four phases, and the civil instant (ns since the epoch) of the start."""

    measure_ns: DurationNs
    warm_up_ns: DurationNs = 0
    heal_ns: DurationNs = 0
    settle_ns: DurationNs = 0
    wall_start_ns: TimeNs = 0

    @property
    def end_ns(self) -> TimeNs:
        """Virtual instant at which the run ends."""
        return self.warm_up_ns + self.measure_ns + self.heal_ns + self.settle_ns


@dataclass(frozen=True, slots=True)
class LinksSpec:
    """One-way latency by how far apart two nodes are. ``external`` joins clients to zones."""

    same_zone: Distribution = Deterministic(NS_PER_MS // 4)
    cross_zone: Distribution = Deterministic(NS_PER_MS)
    external: Distribution = Deterministic(NS_PER_MS)


@dataclass(frozen=True, slots=True)
class ClocksSpec:
    """How wrong node clocks may be: each node draws its own within these bounds."""

    offset_ns_max: DurationNs = 0
    drift_ppm_max: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets that end a run with a record of what happened so far."""

    events: int = 50_000_000
    virtual_ns: DurationNs = 7 * NS_PER_DAY
    wall_s: float = 900.0
    memory_bytes: int = 4_000_000_000


@dataclass(frozen=True, slots=True)
class Plugin:
    """A user's process by entry-point name with its options."""

    name: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A message queue: each good call of ``broker``'s ``endpoint`` publishes a message.

    ``name`` is that of the source which delivers them, at most ``consumers`` at a time.
    """

    name: str
    broker: str
    endpoint: str
    consumers: int = 10
    config: MessageQueueConfig = MessageQueueConfig()


@dataclass(frozen=True, slots=True)
class GatewaySpec:
    """An API gateway on every instance of a service.

    ``blocked`` are addresses and networks; no body may be over ``body_bytes_max``.
    """

    service: str
    routes: tuple[Route, ...]
    blocked: tuple[str, ...] = ()
    body_bytes_max: int | None = None


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything ``sim.world.build`` needs, with cross references already checked."""

    name: str
    phases: Phases
    zones: tuple[str, ...]
    services: tuple[ServiceSpec, ...]
    edges: tuple[EdgeConfig, ...]
    sources: tuple[SourceSpec, ...] = ()
    queues: tuple[QueueSpec, ...] = ()
    gateways: tuple[GatewaySpec, ...] = ()
    question: str = ""
    section: str = "failover"
    links: LinksSpec = LinksSpec()
    clocks: ClocksSpec = ClocksSpec()
    machines: tuple[MachineSpec, ...] = ()
    discovery: DiscoveryConfig | None = None
    monitoring: MonitoringConfig | None = None
    scheduler: SchedulerConfig | None = None
    jobs: tuple[JobConfig, ...] = ()
    faults: tuple[Fault, ...] = ()
    experiment: ExperimentConfig | None = None
    prices: PriceList = PriceList()
    limits: Limits = field(default_factory=Limits)
    processes: tuple[Plugin, ...] = ()
    sample_interval_ns: DurationNs = 1000 * NS_PER_MS
    mesh: MeshPlan | None = None

    @property
    def surged_sources(self) -> tuple[SourceSpec, ...]:
        """The sources with what the surges among the faults make of their rates."""
        return with_surges(self.sources, self.faults, self.phases.warm_up_ns)
