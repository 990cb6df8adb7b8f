"""Small worlds that tests build by hand."""

from collections.abc import Sequence

from models.base.distributions import Deterministic, Distribution, Exponential
from models.base.time import NS_PER_MS, NS_PER_S, DurationNs
from models.discovery.config import DiscoveryConfig
from models.faults.kind import FaultKind
from models.faults.plan import Fault
from models.service.cache import CacheSpec
from models.service.queueing import QueueSpec, SheddingSpec
from models.service.resources import ResourcesSpec
from models.service.spec import CallSpec, Cancel, EndpointSpec, InstanceSpec, ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.traffic.config import BalancerConfig, EdgeConfig, RetryConfig
from sim.blueprint import Blueprint, LinksSpec, Phases

MS = NS_PER_MS
S = NS_PER_S
ZONES = ("a", "b", "c")


def service(
    name: str,
    *,
    count: int = 3,
    slots: int = 4,
    queue_limit: int = 50,
    work: Distribution | None = None,
    calls: Sequence[Sequence[str]] = (),
    cancel: Cancel = Cancel.NONE,
    start_up_ns: DurationNs = 0,
    cache: CacheSpec | None = None,
    queue: QueueSpec | None = None,
    shedding: SheddingSpec | None = None,
    resources: ResourcesSpec | None = None,
    disk_bytes: int = 0,
) -> ServiceSpec:
    """A service with one endpoint `do`; ``calls`` names callees, step by step."""
    steps = tuple(tuple(CallSpec(callee, "do") for callee in step) for step in calls)
    return ServiceSpec(
        name=name,
        instances=tuple(
            InstanceSpec(f"{name}-{index}", ZONES[index % 3], "m") for index in range(count)
        ),
        slots=slots,
        queue_limit=queue_limit,
        endpoints=(
            EndpointSpec(
                "do", work or Exponential(10 * MS), steps, cache=cache, disk_bytes=disk_bytes
            ),
        ),
        cancel=cancel,
        start_up_ns=start_up_ns,
        queue=queue or QueueSpec(),
        shedding=shedding or SheddingSpec(),
        resources=resources or ResourcesSpec(),
    )


def edge(
    caller: str,
    callee: str,
    *,
    timeout_ns: DurationNs = S,
    retry: RetryConfig | None = None,
    policy: str = "least_request",
) -> EdgeConfig:
    """An edge without a breaker."""
    return EdgeConfig(
        caller,
        callee,
        timeout_ns=timeout_ns,
        balancer=BalancerConfig(policy),
        retry=retry or RetryConfig(),
    )


def users(to: str, rate_per_s: float) -> SourceSpec:
    """A steady source called `users`."""
    return SourceSpec("users", to, (MixEntry("do", 1.0),), RateProfile((0,), (rate_per_s,)))


def blueprint(
    services: Sequence[ServiceSpec],
    edges: Sequence[EdgeConfig],
    *,
    rate_per_s: float = 200.0,
    seconds: int = 20,
    faults: Sequence[Fault] = (),
    discovery: DiscoveryConfig | None = None,
    latency: Distribution | None = None,
) -> Blueprint:
    """A plan whose users call the first service."""
    link = latency or Deterministic(MS)
    return Blueprint(
        name="test",
        phases=Phases(measure_ns=seconds * S),
        zones=ZONES,
        services=tuple(services),
        edges=tuple(edges),
        sources=(users(services[0].name, rate_per_s),) if rate_per_s else (),
        links=LinksSpec(link, link, link),
        faults=tuple(faults),
        discovery=discovery,
    )


def fault(kind: FaultKind, *, at_s: float = 5, for_s: float | None = 5) -> Fault:
    """A fault at five seconds for five seconds, unless told otherwise."""
    length = None if for_s is None else round(for_s * S)
    return Fault("fault", round(at_s * S), length, kind)
