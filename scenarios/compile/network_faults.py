"""Faults of the network and of the registry: between whom, and whether there is such a thing."""

from collections.abc import Iterable

from models.alerting.config import MonitoringConfig
from models.discovery.config import DiscoveryConfig
from models.faults.network import (
    EVERYTHING,
    PROBES,
    Between,
    Carried,
)
from models.service.traffic import SourceSpec
from scenarios.compile.targets import Placed, Targets
from scenarios.document.network_faults import (
    BetweenDoc,
    CertificateExpiryDoc,
    PartitionDoc,
    ProbeLossDoc,
    WhomDoc,
)
from scenarios.source.marks import KeyPath


def nodes_around(
    sources: Iterable[SourceSpec],
    discovery: DiscoveryConfig | None,
    monitoring: MonitoringConfig | None,
    mesh_zone: str | None = None,
) -> list[Placed]:
    """Who sends messages besides services and job scheduling."""
    placed = [Placed(source.name, source.name, source.zone) for source in sources]
    if discovery is not None:
        placed.append(Placed("registry", "registry", discovery.zone))
    if monitoring is not None:
        placed.append(Placed("monitoring", "monitoring", monitoring.zone))
        if monitoring.alertmanager_zone is not None:
            placed.append(Placed("alertmanager", "alertmanager", monitoring.alertmanager_zone))
    if mesh_zone is not None:
        placed.append(Placed("control-plane", "control-plane", mesh_zone))
    return placed


def check_somebody_probes(path: KeyPath, targets: Targets) -> None:
    """Only discovery and monitoring send what a probe loss loses."""
    if not (targets.has_service("registry") or targets.has_service("monitoring")):
        targets.findings.at_key(path, "nobody probes: there is no discovery and no alerting")


def check_registry(path: KeyPath, targets: Targets) -> None:
    """What a registry does is only there to break with discovery."""
    if not targets.has_service("registry"):
        targets.findings.at_key(path, "there is no registry; add a section 'discovery'")


def between(doc: WhomDoc, path: KeyPath, targets: Targets) -> Between:
    """Between whom, and which messages; names that do not exist are reported."""
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
    if one is None and other is None and isinstance(doc, PartitionDoc | CertificateExpiryDoc):
        targets.findings.at_key(path, "say between whom: 'from', 'to' or both")
    return Between(one, other, both_ways=doc.direction == "both", carries=carries)
