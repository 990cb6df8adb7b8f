"""Caches: limits and times that fit together, in front of calls that there are."""

from models.base.keys import KeyLaw
from models.service.cache import CacheSpec
from scenarios.compile.findings import Findings
from scenarios.document.services import EndpointDoc
from scenarios.source.marks import KeyPath


def compile_cache(path: KeyPath, endpoint: EndpointDoc, findings: Findings) -> CacheSpec | None:
    """The cache of an endpoint; one that could never matter is a problem."""
    doc = endpoint.cache
    if doc is None:
        return None
    if not endpoint.calls:
        findings.at_key(path, "without 'calls' there is nothing that a cache could spare")
    if doc.negative_ttl and not doc.absent:
        place: KeyPath = (*path, "negative_ttl")
        findings.at_value(place, "every key exists; say with 'absent' how many do not")
    return CacheSpec(
        keys=KeyLaw(doc.keys.count, doc.keys.zipf),
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
