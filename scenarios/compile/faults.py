"""Faults: targets that exist, instants at which something can still happen."""

from collections.abc import Sequence
from typing import assert_never

from models.base.time import format_duration
from models.faults.plan import (
    AddedLatency,
    CacheFlush,
    ErrorRate,
    Fault,
    FaultKind,
    InstanceCrash,
    ZoneOutage,
)
from models.scheduling.config import SchedulerConfig
from models.service.spec import ServiceSpec
from scenarios.compile.findings import Findings
from scenarios.compile.laws import distribution_of
from scenarios.compile.network_faults import compile_network_fault
from scenarios.compile.targets import Placed, Targets
from scenarios.document.faults import (
    AddedLatencyFault,
    CacheFlushFault,
    ErrorRateFault,
    FaultDoc,
    InstanceCrashFault,
    ZoneOutageFault,
)
from scenarios.document.network_faults import NetworkFaultSection
from scenarios.source.marks import KeyPath
from sim.blueprint import Phases


def compile_faults(
    faults: Sequence[FaultDoc],
    zones: tuple[str, ...],
    services: Sequence[ServiceSpec],
    scheduler: SchedulerConfig | None,
    others: Sequence[Placed],
    phases: Phases,
    findings: Findings,
) -> tuple[Fault, ...]:
    """The plan, in the order of the file, so that ``faults[0]`` names the same everywhere.

    A crash may also hit the job scheduler's nodes, as services `scheduler` and `executor`;
    faults of the network those and the ``others`` that send messages.
    """
    after_start_ns = phases.end_ns - phases.warm_up_ns
    for index, doc in enumerate(faults):
        path: KeyPath = ("faults", index)
        if doc.at >= phases.measure_ns:
            findings.at_value(
                (*path, "at"),
                f"strikes {format_duration(doc.at)} into measure, which is over after"
                f" {format_duration(phases.measure_ns)}",
            )
        elif doc.for_ is not None and isinstance(doc, CacheFlushFault):
            findings.at_value((*path, "for"), "a flush is over at once; leave 'for' out")
        elif doc.for_ is not None and doc.at + doc.for_ > after_start_ns:
            findings.at_value(
                (*path, "for"),
                "the run is over before this fault ends; leave 'for' out if it is to stay",
            )
    targets = _Kinds(zones, _placed(services), findings)
    crash_targets = _Kinds(zones, [*_placed(services), *_nodes(scheduler)], findings)
    cached = _Kinds(zones, _placed(_with_caches(services)), findings)
    candidates: dict[type, _Kinds] = {
        InstanceCrashFault: crash_targets,
        CacheFlushFault: cached,
    }
    on_network = _Kinds(
        zones, [*_placed(services), *others, *_nodes(scheduler), *_stores(scheduler)], findings
    )
    return tuple(
        Fault(
            f"faults[{index}]",
            doc.at,
            doc.for_,
            (
                on_network
                if isinstance(doc, NetworkFaultSection)
                else candidates.get(type(doc), targets)
            ).kind(doc, ("faults", index)),
        )
        for index, doc in enumerate(faults)
    )


def _placed(services: Sequence[ServiceSpec]) -> list[Placed]:
    return [
        Placed(instance.name, service.name, instance.zone)
        for service in services
        for instance in service.instances
    ]


def _with_caches(services: Sequence[ServiceSpec]) -> list[ServiceSpec]:
    return [
        service
        for service in services
        if any(endpoint.cache is not None for endpoint in service.endpoints)
    ]


def _nodes(scheduler: SchedulerConfig | None) -> list[Placed]:
    if scheduler is None:
        return []
    nodes = [Placed(name, "scheduler", zone) for name, zone in scheduler.nodes]
    return nodes + [
        Placed(executor.name, "executor", executor.zone) for executor in scheduler.executors
    ]


def _stores(scheduler: SchedulerConfig | None) -> list[Placed]:
    if scheduler is None:
        return []
    zone = scheduler.lock.zone
    return [Placed("server", "lock", zone), Placed("store", "runs", zone)]


class _Kinds(Targets):
    """Resolves faults against the services and zones there are."""

    def kind(self, doc: FaultDoc, path: KeyPath) -> FaultKind:
        match doc:
            case ZoneOutageFault(zone_outage=outage):
                if outage.zone not in self.zones:
                    place = (*path, "zone_outage", "zone")
                    self.findings.unknown(place, "zone", outage.zone, self.zones)
                return ZoneOutage(outage.zone)
            case InstanceCrashFault(instance_crash=target):
                return InstanceCrash(self.select(target, (*path, "instance_crash")))
            case AddedLatencyFault(added_latency=target):
                selector = self.select(target, (*path, "added_latency"))
                return AddedLatency(selector, distribution_of(target.delay))
            case ErrorRateFault(error_rate=target):
                return ErrorRate(self.select(target, (*path, "error_rate")), target.ratio)
            case CacheFlushFault(cache_flush=target):
                return CacheFlush(self.select(target, (*path, "cache_flush")))
            case NetworkFaultSection():
                return compile_network_fault(doc, path, self)
            case _:
                assert_never(doc)
