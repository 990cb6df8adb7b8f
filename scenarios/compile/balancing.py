"""Balancers: which policies a file may name, and which keys each of them reads."""

from collections.abc import Mapping
from types import MappingProxyType

from models.traffic.config import BalancerConfig
from scenarios.compile.findings import Findings
from scenarios.document.edges import BalancerDoc
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted

KEYS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "round_robin": (),
        "smooth_weighted": (),
        "least_request": ("choices", "active_request_bias", "full_scan"),
        "random": (),
        "weighted_random": (),
        "pick_first": (),
        "least_connections": (),
        "weighted_least_request": ("active_request_bias",),
        "peak_ewma": ("decay",),
    }
)
"""The keys that each built-in policy reads."""

UNFED: Mapping[str, str] = MappingProxyType(
    {
        "ring_hash": "requests in a scenario file have no keys to hash",
        "ketama": "requests in a scenario file have no keys to hash",
        "maglev": "requests in a scenario file have no keys to hash",
        "prequal": "instances in a scenario file answer no probes of their load",
    }
)
"""Policies that exist as production code, and what the simulated world does not give them."""

_OWN_KEYS = frozenset({"policy", "options"})


def check_balancer(path: KeyPath, doc: BalancerDoc, findings: Findings) -> None:
    """Find a policy that would lack something, and keys that its policy does not read."""
    policy = quoted(doc.policy)
    if doc.policy in UNFED:
        findings.at_value((*path, "policy"), f"no policy {policy} here: {UNFED[doc.policy]}")
        return
    if doc.policy in KEYS_OF and doc.options:
        findings.at_key((*path, "options"), f"policy {policy} has no options")
    known = KEYS_OF.get(doc.policy, ())
    for key in sorted(doc.model_fields_set - _OWN_KEYS):
        if key not in known:
            findings.at_key((*path, key), f"policy {policy} does not read this key")


def balancer_config(doc: BalancerDoc) -> BalancerConfig:
    """What the balancer of an edge is made from."""
    return BalancerConfig(
        doc.policy,
        doc.choices,
        dict(doc.options),
        active_request_bias=doc.active_request_bias,
        scans_all=doc.full_scan,
        decay_ns=doc.decay,
    )
