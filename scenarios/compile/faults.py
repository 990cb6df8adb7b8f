"""Faults: targets that exist, instants at which something can still happen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from models.base.time import format_duration
from models.faults.plan import (
    AddedLatency,
    CacheFlush,
    ErrorRate,
    Fault,
    FaultKind,
    InstanceCrash,
    Selector,
    ZoneOutage,
)
from models.scheduling.config import SchedulerConfig
from models.service.spec import ServiceSpec
from scenarios.compile.findings import Findings
from scenarios.compile.laws import distribution_of
from scenarios.document.faults import (
    AddedLatencyFault,
    CacheFlushFault,
    ErrorRateFault,
    FaultDoc,
    InstanceCrashFault,
    SelectorDoc,
    ZoneOutageFault,
)
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted
from sim.blueprint import Phases


def compile_faults(
    faults: Sequence[FaultDoc],
    zones: tuple[str, ...],
    services: Sequence[ServiceSpec],
    scheduler: SchedulerConfig | None,
    phases: Phases,
    findings: Findings,
) -> tuple[Fault, ...]:
    """The plan, in the order of the file, so that ``faults[0]`` names the same everywhere.

    A crash may also hit the job scheduler's nodes, as services `scheduler` and `executor`.
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
    targets = _Targets(zones, _placed(services), findings)
    crash_targets = _Targets(zones, [*_placed(services), *_nodes(scheduler)], findings)
    cached = _Targets(zones, _placed(_with_caches(services)), findings)
    candidates: dict[type, _Targets] = {
        InstanceCrashFault: crash_targets,
        CacheFlushFault: cached,
    }
    return tuple(
        Fault(
            f"faults[{index}]",
            doc.at,
            doc.for_,
            candidates.get(type(doc), targets).kind(doc, ("faults", index)),
        )
        for index, doc in enumerate(faults)
    )


@dataclass(frozen=True, slots=True)
class _Placed:
    """Something that a fault can hit: a service's copy, or a node of the control plane."""

    name: str
    service: str
    zone: str


def _placed(services: Sequence[ServiceSpec]) -> list[_Placed]:
    return [
        _Placed(instance.name, service.name, instance.zone)
        for service in services
        for instance in service.instances
    ]


def _with_caches(services: Sequence[ServiceSpec]) -> list[ServiceSpec]:
    return [
        service
        for service in services
        if any(endpoint.cache is not None for endpoint in service.endpoints)
    ]


def _nodes(scheduler: SchedulerConfig | None) -> list[_Placed]:
    if scheduler is None:
        return []
    nodes = [_Placed(name, "scheduler", zone) for name, zone in scheduler.nodes]
    return nodes + [
        _Placed(executor.name, "executor", executor.zone) for executor in scheduler.executors
    ]


class _Targets:
    """Resolves what faults name against the services and zones there are."""

    def __init__(
        self, zones: tuple[str, ...], placed: Sequence[_Placed], findings: Findings
    ) -> None:
        self._zones = zones
        self._placed = placed
        self._services = tuple(dict.fromkeys(target.service for target in placed))
        self._findings = findings

    def kind(self, doc: FaultDoc, path: KeyPath) -> FaultKind:
        match doc:
            case ZoneOutageFault(zone_outage=outage):
                if outage.zone not in self._zones:
                    place = (*path, "zone_outage", "zone")
                    self._findings.unknown(place, "zone", outage.zone, self._zones)
                return ZoneOutage(outage.zone)
            case InstanceCrashFault(instance_crash=target):
                return InstanceCrash(self._select(target, (*path, "instance_crash")))
            case AddedLatencyFault(added_latency=target):
                selector = self._select(target, (*path, "added_latency"))
                return AddedLatency(selector, distribution_of(target.delay))
            case ErrorRateFault(error_rate=target):
                return ErrorRate(self._select(target, (*path, "error_rate")), target.ratio)
            case CacheFlushFault(cache_flush=target):
                return CacheFlush(self._select(target, (*path, "cache_flush")))
            case _:
                assert_never(doc)

    def _select(self, doc: SelectorDoc, path: KeyPath) -> Selector:
        if self._names_exist(doc, path):
            self._check_number(doc, path)
        return Selector(doc.service, doc.instance, doc.zone, doc.count, doc.share)

    def _names_exist(self, doc: SelectorDoc, path: KeyPath) -> bool:
        named = (
            ("service", doc.service, self._services),
            ("instance", doc.instance, tuple(target.name for target in self._placed)),
            ("zone", doc.zone, self._zones),
        )
        if all(name is None for _, name, _ in named):
            self._findings.at_key(path, "say what is hit: service, instance or zone")
            return False
        is_known = True
        for what, name, known in named:
            if name is not None and name not in known:
                self._findings.unknown((*path, what), what, name, known)
                is_known = False
        return is_known

    def _check_number(self, doc: SelectorDoc, path: KeyPath) -> None:
        number = sum(_matches(doc, target) for target in self._placed)
        if number == 0:
            self._findings.at_key(path, "no instance is all of this at once")
        elif doc.count is not None and doc.share is not None:
            self._findings.at_key((*path, "share"), "give either count or share")
        elif doc.count is not None and doc.count > number:
            self._findings.at_value(
                (*path, "count"), f"only {number} instances match, not {quoted(doc.count)}"
            )


def _matches(doc: SelectorDoc, target: _Placed) -> bool:
    return (
        doc.service in (None, target.service)
        and doc.instance in (None, target.name)
        and doc.zone in (None, target.zone)
    )
