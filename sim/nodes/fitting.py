"""Makes the instances of a service: the simplest kind that does what is asked of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count

from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.base.time import DurationNs
from models.service.queueing import Discipline
from models.service.resources import ResourcesSpec
from models.service.spec import InstanceSpec, MachineSpec, ServiceSpec
from models.traffic.gateway.config import GatewayConfig
from models.traffic.gateway.gateway import Gateway
from models.traffic.gateway.plugin import Plugin
from models.traffic.gateway.plugins.block_list import BlockList
from models.traffic.gateway.plugins.size_limit import SizeLimit
from models.traffic.shedding.adaptive_lifo import AdaptiveLifo, AdaptiveLifoConfig
from sim.blueprint import GatewaySpec
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.nodes.equipped import EquippedInstance
from sim.nodes.gated import GatedInstance
from sim.nodes.gateway import Gatekeeper, Visitors, gatekeeper
from sim.nodes.instance import Instance, Line
from sim.nodes.metered import AnswerMeter, Metered, metered
from sim.nodes.plain import PlainInstance
from sim.nodes.probed import LoadBook, Probed, probed
from sim.nodes.provisioned import ProvisionedInstance
from sim.nodes.queueing.classes import MostImportantFirst, TenantsInTurn
from sim.nodes.queueing.lines import AdaptiveLine, NewestFirst
from sim.nodes.queueing.marks import criticality_of, tenant_of
from sim.nodes.runtime import RuntimeInstance
from sim.nodes.short import Short, short
from sim.nodes.stores.cache import Cache, Caches
from sim.nodes.stores.database import DatabaseInstance
from sim.nodes.stores.messages import BrokerInstance, MessageQueues, Topics
from sim.nodes.stores.remembering import ProvisionedRemembering, RememberingInstance

_BOUNDLESS = ResourcesSpec()


@dataclass(frozen=True, slots=True)
class Fittings:
    """What the world gives an instance besides its service's own: caches, by endpoint.

    ``topics`` are the message queues that its calls publish to, by endpoint. ``out_of_memory``
    kills it and starts it again. ``is_paced`` asks for one whose ``pace`` faults can change.
    ``metered_ns`` asks for one that counts its answers by their durations, at these bounds,
    ``is_probed`` for one that answers probes of its load, ``runs_short`` for one whose slots faults
    can take. With a ``gateway`` it asks who comes.
    """

    caches: Mapping[str, Cache] = field(default_factory=dict)
    out_of_memory: Callable[[Instance], object] | None = None
    is_paced: bool = False
    topics: Topics = field(default_factory=dict)
    metered_ns: tuple[DurationNs, ...] | None = None
    is_probed: bool = False
    gateway: GatewaySpec | None = None
    visitors: Visitors | None = None
    runs_short: bool = False


def make_instance(
    kernel: Kernel,
    *,
    index: int,
    service: ServiceSpec,
    spec: InstanceSpec,
    speed_ratio: float,
    clock: NodeClock,
    streams: Callable[[str], Stream],
    fittings: Fittings | None = None,
) -> Instance:
    """One copy of a service.

    Raises:
        ConfigError: the service's shedding or its turning over makes no sense.
    """
    fittings = fittings or Fittings()
    kind = _fitted_kind(service, fittings)
    instance = kind(
        kernel,
        index=index,
        service=service,
        spec=spec,
        speed_ratio=speed_ratio,
        clock=clock,
        error_stream=streams(f"errors/{spec.name}"),
        line=_line(service, kernel),
    )
    if isinstance(instance, Metered) and fittings.metered_ns is not None:
        instance.meter = AnswerMeter(fittings.metered_ns)
    if isinstance(instance, Probed):
        instance.book = LoadBook()
    if fittings.gateway is not None and fittings.visitors is not None:
        assert isinstance(instance, Gatekeeper)
        instance.stand_guard(partial(_make_gateway, fittings.gateway), fittings.visitors)
    if isinstance(instance, Short):
        instance.slots_in_all = service.slots
    if isinstance(instance, RuntimeInstance):
        instance.provide(service.resources, streams)
        if fittings.out_of_memory is not None:
            instance.on_out_of_memory = fittings.out_of_memory
    if isinstance(instance, RememberingInstance):
        instance.remember(fittings.caches, service)
    if isinstance(instance, BrokerInstance):
        instance.publish_to(fittings.topics)
    if isinstance(instance, GatedInstance) and service.queue.patience is not None:
        stream = streams(f"patience/{spec.name}")
        instance.lose_patience_after(make_sampler(service.queue.patience, stream))
    return instance


def _fitted_kind(service: ServiceSpec, fittings: Fittings) -> type[Instance]:
    """The kind of a service, with what the world gives it."""
    kind = _kind_of(service, is_paced=fittings.is_paced)
    if fittings.caches:
        kind = RememberingInstance if kind is Instance else ProvisionedRemembering
    if fittings.topics:
        kind = BrokerInstance
    if service.replication is not None:
        kind = DatabaseInstance
    if fittings.runs_short:
        kind = short(kind)
    if fittings.gateway is not None:
        kind = gatekeeper(kind)
    if fittings.is_probed:
        kind = probed(kind)
    if fittings.metered_ns is not None:
        kind = metered(kind)
    return PlainInstance if kind is Instance else kind


def _make_gateway(spec: GatewaySpec) -> Gateway:
    plugins: list[Plugin] = [BlockList(spec.blocked)] if spec.blocked else []
    if spec.body_bytes_max is not None:
        plugins.append(SizeLimit(body_bytes_max=spec.body_bytes_max))
    return Gateway(GatewayConfig(spec.routes, tuple(plugins)))


def _kind_of(service: ServiceSpec, *, is_paced: bool) -> type[Instance]:
    queue = service.queue
    is_shared = queue.discipline is Discipline.PROCESSOR_SHARING
    if replace(service.resources, millicores=None) != _BOUNDLESS:
        return ProvisionedInstance
    has_cores = service.resources.millicores is not None
    if is_paced or is_shared or queue.preempts or has_cores:
        return EquippedInstance
    is_full_by_class = queue.discipline is Discipline.PRIORITY
    if service.shedding.is_on or queue.patience is not None or is_full_by_class:
        return GatedInstance
    return Instance


def _line(service: ServiceSpec, kernel: Kernel) -> Line | None:
    """Where requests wait; None is first come first served."""
    spec = service.queue
    line: Line | None = None
    match spec.discipline:
        case Discipline.LIFO:
            line = NewestFirst()
        case Discipline.ADAPTIVE_LIFO:
            turn = spec.turn_over
            config = AdaptiveLifoConfig(turn.length_from, turn.standing_ns, turn.length_back)
            line = AdaptiveLine(AdaptiveLifo(config), lambda: kernel.now)
        case Discipline.PRIORITY:
            line = MostImportantFirst(criticality_of)
        case Discipline.ROUND_ROBIN:
            line = TenantsInTurn(tenant_of, dict(spec.tenant_weights))
        case Discipline.FIFO | Discipline.PROCESSOR_SHARING:
            pass
    return line


@dataclass(frozen=True, slots=True)
class Workshop:
    """What it takes to make the instances of a world; ``probed`` and ``short`` name services."""

    kernel: Kernel
    streams: Callable[[str], Stream]
    clock: Callable[[str], NodeClock]
    caches: Caches
    queues: MessageQueues
    out_of_memory: Callable[[Instance], object]
    metered_ns: tuple[DurationNs, ...] | None = None
    probed: frozenset[str] = frozenset()
    gateways: Mapping[str, GatewaySpec] = field(default_factory=dict)
    visitors: Visitors | None = None
    short: frozenset[str] = frozenset()


def make_instances(
    workshop: Workshop, services: Sequence[ServiceSpec], machines: Sequence[MachineSpec]
) -> dict[str, list[Instance]]:
    """All instances, by service, numbered in the order of the manifest."""
    speeds = {machine.name: machine.speed_ratio for machine in machines}
    made: dict[str, list[Instance]] = {}
    numbers = count()
    for service in services:
        made[service.name] = []
        for spec in service.instances:
            clock = workshop.clock(spec.name)
            caches = workshop.caches.of(service, spec, clock)
            made[service.name].append(
                make_instance(
                    workshop.kernel,
                    index=next(numbers),
                    service=service,
                    spec=spec,
                    speed_ratio=speeds.get(spec.machine, 1.0),
                    clock=clock,
                    streams=workshop.streams,
                    fittings=Fittings(
                        caches,
                        workshop.out_of_memory,
                        topics=workshop.queues.topics_of(service.name),
                        metered_ns=workshop.metered_ns,
                        is_probed=service.name in workshop.probed,
                        gateway=workshop.gateways.get(service.name),
                        visitors=workshop.visitors,
                        runs_short=service.name in workshop.short,
                    ),
                )
            )
    return made
