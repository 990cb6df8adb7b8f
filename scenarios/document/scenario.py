"""The whole scenario file: every section, and what holds when one is left out."""

from typing import Annotated, Any, Literal

from pydantic import Field

from scenarios.document.checks import CheckDoc
from scenarios.document.dashboards import DashboardDoc
from scenarios.document.distributions import DistributionDoc
from scenarios.document.edges import DefaultsDoc, EdgeDoc
from scenarios.document.expectations import ExpectationDoc
from scenarios.document.experiment import ExperimentDoc
from scenarios.document.faults import FaultDoc
from scenarios.document.mesh import MeshDoc
from scenarios.document.monitoring import AlertingDoc
from scenarios.document.quantities import (
    Bytes,
    CivilTime,
    Drift,
    Duration,
    GigabytePrice,
    HourlyPrice,
    PositiveDuration,
)
from scenarios.document.scheduling import JobDoc, SchedulerDoc
from scenarios.document.services import MachineDoc, ServiceDoc
from scenarios.document.shapes import Name, Section, Several
from scenarios.document.stores import MessageQueueDoc
from scenarios.document.traffic import SourceDoc

DRIFT_PPM_MAX = 10_000


class TimeDoc(Section):
    """Lengths of the phases and the civil time at which the run starts (2026 if not said)."""

    start: CivilTime = 1_767_225_600_000_000_000
    warm_up: Duration = 0
    measure: PositiveDuration
    heal: Duration = 0
    settle: Duration = 0


class LinkDoc(Section):
    """One-way latency of a kind of link."""

    latency: DistributionDoc


class LinksDoc(Section):
    """Links by how far apart two nodes are; ``external`` joins clients to zones."""

    same_zone: LinkDoc | None = None
    cross_zone: LinkDoc | None = None
    external: LinkDoc | None = None


class ClocksDoc(Section):
    """Bounds of how wrong each node's clock is; no clock in use drifts by a hundredth."""

    offset: Duration = 0
    drift: Annotated[Drift, Field(le=DRIFT_PPM_MAX)] = 0


class TopologyDoc(Section):
    """Zones, the links between nodes, and their clocks.

    ``regions`` put zones that may be lost together under one name.
    """

    zones: Annotated[Several[Name], Field(min_length=1, max_length=100)]
    regions: dict[Name, Annotated[Several[Name], Field(min_length=1)]] = Field(default_factory=dict)
    links: LinksDoc = LinksDoc()
    clocks: ClocksDoc = ClocksDoc()


class ResolveDoc(Section):
    """How callers resolve names: by DNS, whose answers stand for ``dns_ttl``, right or wrong.

    A caller asks again when its answer has run out, and every ``refresh`` while it gets none.
    """

    dns_ttl: PositiveDuration


class DiscoveryDoc(Section):
    """Registry and its loops: heartbeats, lease, sweep for expired leases, refresh of views.

    Without ``resolve`` callers ask the registry for changes at every ``refresh``. Services under
    ``checks`` are probed from the registry's node.
    """

    zone: Name
    heartbeat: PositiveDuration = 1_000_000_000
    lease: PositiveDuration = 3_000_000_000
    sweep: PositiveDuration = 1_000_000_000
    refresh: PositiveDuration = 1_000_000_000
    history_limit: Annotated[int, Field(ge=1, le=1_000_000)] = 4096
    resolve: ResolveDoc | None = None
    checks: dict[Name, CheckDoc] = Field(default_factory=dict)


class MachinePriceDoc(Section):
    """Price of one machine type."""

    on_demand: HourlyPrice


class EgressDoc(Section):
    """Price of traffic that leaves a zone for another, per GB (10^9 bytes)."""

    cross_zone: GigabytePrice = 0.0


class PricesDoc(Section):
    """What things cost."""

    machines: dict[Name, MachinePriceDoc] = Field(default_factory=dict)
    egress: EgressDoc = EgressDoc()


class LimitsDoc(Section):
    """Budgets that end a run early, with a record of what happened so far."""

    events: Annotated[int, Field(ge=1)] = 50_000_000
    virtual: PositiveDuration = 604_800_000_000_000
    wall: PositiveDuration = 900_000_000_000
    memory: Annotated[Bytes, Field(gt=0)] = 4_000_000_000


class SamplingDoc(Section):
    """How often the true state of the world is sampled for the report."""

    interval: PositiveDuration = 1_000_000_000


class AlternativeDoc(Section):
    """The same scenario with other values, by path as in ``--set``."""

    set: Annotated[dict[str, Any], Field(min_length=1)]


class ProcessDoc(Section):
    """A plug-in's process and its options."""

    name: str
    options: dict[str, str] = Field(default_factory=dict)


class ScenarioDoc(Section):
    """A platform, what is done to it, and what is expected of it."""

    version: Literal[1]
    scenario: Name
    question: str = ""
    section: Literal["failover", "capacity", "cost", "jobs", "traffic"] = "failover"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    extends: str | None = None
    time: TimeDoc
    topology: TopologyDoc
    machines: dict[Name, MachineDoc] = Field(default_factory=dict)
    services: Annotated[dict[Name, ServiceDoc], Field(min_length=1)]
    defaults: DefaultsDoc = DefaultsDoc()
    edges: dict[str, EdgeDoc] = Field(default_factory=dict)
    mesh: MeshDoc | None = None
    discovery: DiscoveryDoc | None = None
    traffic: dict[Name, SourceDoc] = Field(default_factory=dict)
    queues: dict[Name, MessageQueueDoc] = Field(default_factory=dict)
    scheduler: SchedulerDoc | None = None
    jobs: dict[Name, JobDoc] = Field(default_factory=dict)
    faults: Several[FaultDoc] = ()
    experiment: ExperimentDoc | None = None
    alerting: AlertingDoc | None = None
    dashboards: dict[Name, DashboardDoc] = Field(default_factory=dict)
    prices: PricesDoc = PricesDoc()
    limits: LimitsDoc = LimitsDoc()
    sampling: SamplingDoc = SamplingDoc()
    expect: Several[ExpectationDoc] = ()
    alternatives: dict[Name, AlternativeDoc] = Field(default_factory=dict)
    processes: Several[ProcessDoc] = ()
