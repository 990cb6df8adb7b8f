"""Caches in front of calls that there are; replication among instances that there are."""

from models.base.distributions import Deterministic
from models.base.keys import KeyLaw
from models.service.cache import CacheSpec
from models.service.replication import ReadsFrom, ReplicationSpec
from scenarios.compile.findings import Findings
from scenarios.compile.laws import distribution_of
from scenarios.document.services import EndpointDoc, ServiceDoc
from scenarios.source.marks import KeyPath


def compile_cache(
    path: KeyPath, endpoint: EndpointDoc, findings: Findings, *, requests_have_keys: bool
) -> CacheSpec | None:
    """The cache of an endpoint; one that could never matter is a problem."""
    doc = endpoint.cache
    if doc is None:
        return None
    if not endpoint.calls:
        findings.at_key(path, "without 'calls' there is nothing that a cache could spare")
    if doc.negative_ttl and not doc.absent:
        place: KeyPath = (*path, "negative_ttl")
        findings.at_value(place, "every key exists; say with 'absent' how many do not")
    if doc.keys is None and not requests_have_keys:
        findings.at_value((*path, "keys"), "no source of traffic gives its requests 'keys'")
    if doc.keys is None and doc.start == "warm":
        findings.at_value((*path, "start"), "only a cache with keys of its own can start warm")
    return CacheSpec(
        keys=None if doc.keys is None else KeyLaw(doc.keys.count, doc.keys.zipf),
        capacity=doc.capacity,
        ttl_ns=doc.ttl,
        jitter_ratio=doc.jitter,
        stale_ns=doc.stale,
        absent_ratio=doc.absent,
        negative_ttl_ns=doc.negative_ttl,
        early_beta=doc.early_refresh,
        coalesces=doc.coalesce,
        is_shared=doc.scope == "service",
        is_warm=doc.start == "warm",
    )


def compile_replication(
    service: str, doc: ServiceDoc, zones: tuple[str, ...], findings: Findings
) -> ReplicationSpec | None:
    """How the instances of a service replicate; ``writes`` mean nothing without."""
    replication = doc.replication
    if replication is None:
        for name, endpoint in doc.endpoints.items():
            if endpoint.writes:
                place: KeyPath = ("services", service, "endpoints", name, "writes")
                findings.at_key(place, "only a service with 'replication' tells writes from reads")
        return None
    path: KeyPath = ("services", service, "replication")
    replicas = doc.instances.count - 1
    if replication.zone not in zones:
        findings.unknown((*path, "zone"), "zone", replication.zone, zones)
    if replicas < 1:
        findings.at_key(path, "with one instance there is no replica")
    elif replication.acks > replicas:
        findings.at_value((*path, "acks"), f"there are only {replicas} replicas")
    if replication.silence <= replication.heartbeat:
        findings.at_value((*path, "silence"), "must be longer than a heartbeat")
    if any(endpoint.cache is not None for endpoint in doc.endpoints.values()):
        findings.at_key(path, "a database cannot have caches")
    lag = replication.lag
    return ReplicationSpec(
        monitor_zone=replication.zone,
        acks_needed=replication.acks,
        reads_from=ReadsFrom(replication.reads),
        lag=Deterministic(0) if lag is None else distribution_of(lag),
        heartbeat_ns=replication.heartbeat,
        silence_ns=replication.silence,
        promote_ns=replication.promote,
    )
