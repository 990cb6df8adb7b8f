"""Faults of the network and of the registry: between whom, and whether there is such a thing."""

from collections.abc import Iterable

from models.alerting.config import MonitoringConfig
from models.discovery.config import DiscoveryConfig
from models.faults.network import (
    EVERYTHING,
    PROBES,
    BandwidthCut,
    Between,
    Carried,
    CertificateExpiry,
    NetworkFault,
    NetworkLatency,
    PacketDuplication,
    PacketLoss,
    PacketReordering,
    Partition,
    ProbeLoss,
    RegistryDown,
    StaleDiscovery,
)
from models.service.traffic import SourceSpec
from scenarios.compile.laws import distribution_of
from scenarios.compile.targets import Placed, Targets
from scenarios.document.network_faults import (
    NETWORK_FAULT_KINDS,
    BandwidthDoc,
    BetweenDoc,
    DuplicationDoc,
    LossDoc,
    NetworkFaultSection,
    NetworkLatencyDoc,
    NothingDoc,
    PartitionFault,
    ProbeLossDoc,
    ReorderingDoc,
    StaleDiscoveryFault,
    WhomDoc,
)
from scenarios.source.marks import KeyPath


def nodes_around(
    sources: Iterable[SourceSpec],
    discovery: DiscoveryConfig | None,
    monitoring: MonitoringConfig | None,
) -> list[Placed]:
    """Who sends messages besides services and job scheduling."""
    placed = [Placed(source.name, source.name, source.zone) for source in sources]
    if discovery is not None:
        placed.append(Placed("registry", "registry", discovery.zone))
    if monitoring is not None:
        placed.append(Placed("monitoring", "monitoring", monitoring.zone))
    return placed


def compile_network_fault(
    doc: NetworkFaultSection, path: KeyPath, targets: Targets
) -> NetworkFault:
    """The fault as data."""
    name = next(kind for kind in NETWORK_FAULT_KINDS if hasattr(doc, kind))
    path = (*path, name)
    section = getattr(doc, name)
    if isinstance(section, NothingDoc):
        if not targets.has_service("registry"):
            targets.findings.at_key(path, "there is no registry; add a section 'discovery'")
        return StaleDiscovery() if isinstance(doc, StaleDiscoveryFault) else RegistryDown()
    between = _between(section, path, targets)
    if isinstance(section, ProbeLossDoc):
        if not (targets.has_service("registry") or targets.has_service("monitoring")):
            targets.findings.at_key(path, "nobody probes: there is no discovery and no alerting")
        return ProbeLoss(between, section.ratio)
    if type(section) is BetweenDoc:
        return Partition(between) if isinstance(doc, PartitionFault) else CertificateExpiry(between)
    return _shaped(section, between)


def _shaped(section: BetweenDoc, between: Between) -> NetworkFault:
    match section:
        case LossDoc():
            return PacketLoss(between, section.ratio)
        case DuplicationDoc():
            return PacketDuplication(between, section.ratio, distribution_of(section.gap))
        case ReorderingDoc():
            return PacketReordering(between, section.ratio, distribution_of(section.delay))
        case NetworkLatencyDoc():
            return NetworkLatency(between, distribution_of(section.delay))
        case BandwidthDoc():
            return BandwidthCut(between, section.rate)
    raise AssertionError(section)


def _between(doc: WhomDoc, path: KeyPath, targets: Targets) -> Between:
    one, other = (
        None if selector is None else targets.select(selector, (*path, end))
        for end, selector in (("from", doc.from_), ("to", doc.to))
    )
    carries = EVERYTHING
    if isinstance(doc, ProbeLossDoc):
        carries = PROBES
    elif isinstance(doc, BetweenDoc) and doc.only is not None:
        carries = frozenset(Carried(word) for word in doc.only)
    if one is None and other is None and doc.direction == "forward":
        targets.findings.at_value(
            (*path, "direction"), "there is no forward without 'from' or 'to'"
        )
    if one is None and other is None and isinstance(doc, BetweenDoc) and type(doc) is BetweenDoc:
        targets.findings.at_key(path, "say between whom: 'from', 'to' or both")
    return Between(one, other, both_ways=doc.direction == "both", carries=carries)
