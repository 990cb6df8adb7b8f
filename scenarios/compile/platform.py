"""Phases, topology, discovery, prices and limits."""

from collections.abc import Iterable

from models.base.distributions import Distribution
from models.base.time import NS_PER_S, format_duration
from models.discovery.config import DiscoveryConfig
from models.faults.selector import Region
from models.planning.prices import PriceList
from models.service.spec import MachineSpec
from scenarios.compile.checks import compile_checks
from scenarios.compile.findings import Findings, unknown_name
from scenarios.compile.laws import distribution_of
from scenarios.document.scenario import (
    DiscoveryDoc,
    LimitsDoc,
    LinkDoc,
    PricesDoc,
    ScenarioDoc,
    TimeDoc,
    TopologyDoc,
)
from scenarios.document.services import DEFAULT_MACHINE
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted
from sim.blueprint import ClocksSpec, Limits, LinksSpec, Phases


def compile_phases(time: TimeDoc, limits: LimitsDoc, findings: Findings) -> Phases:
    """The four phases; together they must fit the budget of virtual time."""
    phases = Phases(
        measure_ns=time.measure,
        warm_up_ns=time.warm_up,
        heal_ns=time.heal,
        settle_ns=time.settle,
        wall_start_ns=time.start,
    )
    if phases.end_ns > limits.virtual:
        findings.at_key(
            ("time",),
            f"the phases take {format_duration(phases.end_ns)}, more than the budget"
            f" limits.virtual of {format_duration(limits.virtual)}",
        )
    return phases


def compile_zones(topology: TopologyDoc, findings: Findings) -> tuple[str, ...]:
    """Zone names, each once."""
    for index, zone in enumerate(topology.zones):
        if zone in topology.zones[:index]:
            findings.at_value(("topology", "zones", index), f"zone {quoted(zone)} is listed twice")
    return topology.zones


def compile_regions(topology: TopologyDoc, findings: Findings) -> tuple[Region, ...]:
    """Regions of zones that exist, each zone in one of them at most."""
    region_of: dict[str, str] = {}
    for name, zones in topology.regions.items():
        for place, zone in enumerate(zones):
            path: KeyPath = ("topology", "regions", name, place)
            if zone not in topology.zones:
                findings.unknown(path, "zone", zone, topology.zones)
            elif zone in region_of:
                findings.at_value(path, f"zone {quoted(zone)} is in region {region_of[zone]}")
            region_of.setdefault(zone, name)
    return tuple(Region(name, zones) for name, zones in topology.regions.items())


def compile_links(topology: TopologyDoc) -> LinksSpec:
    """Latencies of links; what is not given keeps its default."""
    default, links = LinksSpec(), topology.links
    return LinksSpec(
        same_zone=_latency(links.same_zone, default.same_zone),
        cross_zone=_latency(links.cross_zone, default.cross_zone),
        external=_latency(links.external, default.external),
    )


def _latency(doc: LinkDoc | None, default: Distribution) -> Distribution:
    return default if doc is None else distribution_of(doc.latency)


def compile_clocks(topology: TopologyDoc) -> ClocksSpec:
    """Bounds of clock errors."""
    return ClocksSpec(topology.clocks.offset, topology.clocks.drift)


def compile_machines(document: ScenarioDoc) -> tuple[MachineSpec, ...]:
    """Machine types in the order of the file; the reference machine exists without mention."""
    machines = [MachineSpec(name, doc.speed) for name, doc in document.machines.items()]
    if DEFAULT_MACHINE not in document.machines:
        machines.append(MachineSpec(DEFAULT_MACHINE))
    return tuple(machines)


def compile_discovery(
    doc: DiscoveryDoc | None,
    zones: tuple[str, ...],
    services: Iterable[str],
    findings: Findings,
) -> DiscoveryConfig | None:
    """Registry and its loops; a lease must outlive the gap between heartbeats."""
    if doc is None:
        return None
    if doc.zone not in zones:
        findings.unknown(("discovery", "zone"), "zone", doc.zone, zones)
    if doc.lease <= doc.heartbeat:
        findings.at_value(
            ("discovery", "lease"),
            f"a lease of {format_duration(doc.lease)} ends before the next heartbeat, which is"
            f" {format_duration(doc.heartbeat)} apart; make it a few heartbeats long",
        )
    return DiscoveryConfig(
        zone=doc.zone,
        heartbeat_ns=doc.heartbeat,
        lease_ns=doc.lease,
        sweep_ns=doc.sweep,
        refresh_ns=doc.refresh,
        history_limit=doc.history_limit,
        dns_ttl_ns=None if doc.resolve is None else doc.resolve.dns_ttl,
        checks=compile_checks(doc.checks, services, findings),
    )


def compile_prices(document: ScenarioDoc, findings: Findings) -> PriceList:
    """The price list; once anything has a price, every machine in use must have one."""
    prices: PricesDoc = document.prices
    used = {service.instances.machine for service in document.services.values()}
    known = (*document.machines, DEFAULT_MACHINE)
    for machine in prices.machines:
        if machine not in known:
            path: KeyPath = ("prices", "machines", machine)
            findings.at_key(path, unknown_name("machine", machine, known))
    is_priced = bool(prices.machines) or prices.egress.cross_zone > 0
    for name, service in document.services.items():
        machine = service.instances.machine
        if is_priced and machine in known and machine in used and machine not in prices.machines:
            used.discard(machine)
            path = ("services", name, "instances", "machine")
            findings.at_value(path, f"machine {quoted(machine)} has no price in prices.machines")
    return PriceList(
        machine_usd_per_hour=tuple(
            (name, price.on_demand) for name, price in prices.machines.items()
        ),
        cross_zone_usd_per_gb=prices.egress.cross_zone,
    )


def compile_limits(limits: LimitsDoc) -> Limits:
    """Budgets of a run."""
    return Limits(
        events=limits.events,
        virtual_ns=limits.virtual,
        wall_s=limits.wall / NS_PER_S,
        memory_bytes=limits.memory,
    )
