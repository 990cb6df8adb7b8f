"""Balancers: which policies a file may name, and which keys each of them reads."""

from collections.abc import Mapping, Sequence
from math import isqrt
from types import MappingProxyType

from models.traffic.balancer.prequal.config import PrequalConfig
from models.traffic.config import BalancerConfig
from scenarios.compile.findings import Findings
from scenarios.compile.layers import LAYER_KEYS, check_layers, layers_config
from scenarios.document.edges import BalancerDoc
from scenarios.document.layers import PrequalDoc
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
        "ring_hash": ("ring_size_min", "ring_size_max", "hash_balance_factor"),
        "ketama": ("points_per_weight", "hash_balance_factor"),
        "maglev": ("table_size", "hash_balance_factor"),
        "prequal": ("prequal",),
    }
)
"""The keys that each built-in policy reads."""

KEYED = frozenset({"ring_hash", "ketama", "maglev"})
"""Policies that follow what requests are about."""

_OWN_KEYS = LAYER_KEYS | {"policy", "options"}


def check_balancer(
    path: KeyPath, doc: BalancerDoc, zones: Sequence[str], findings: Findings
) -> None:
    """Find a policy that would lack something, and keys that its policy does not read."""
    policy = quoted(doc.policy)
    if doc.policy in KEYS_OF and doc.options:
        findings.at_key((*path, "options"), f"policy {policy} has no options")
    check_layers(path, doc, zones, findings, is_keyed=doc.policy in KEYED)
    if doc.policy == "prequal":
        for key in sorted(doc.model_fields_set & LAYER_KEYS):
            findings.at_key((*path, key), "nothing is laid around a policy that probes its members")
    known = KEYS_OF.get(doc.policy, ())
    if not _is_prime(doc.table_size):
        findings.at_value((*path, "table_size"), "Maglev's table needs a prime number of entries")
    if doc.ring_size_max < doc.ring_size_min:
        findings.at_value((*path, "ring_size_max"), "must not be less than ring_size_min")
    for key in sorted(doc.model_fields_set - _OWN_KEYS):
        if key not in known:
            findings.at_key((*path, key), f"policy {policy} does not read this key")


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % factor for factor in range(2, isqrt(number) + 1))


def balancer_config(doc: BalancerDoc) -> BalancerConfig:
    """What the balancer of an edge is made from."""
    return BalancerConfig(
        doc.policy,
        doc.choices,
        dict(doc.options),
        active_request_bias=doc.active_request_bias,
        scans_all=doc.full_scan,
        decay_ns=doc.decay,
        ring_size_min=doc.ring_size_min,
        ring_size_max=doc.ring_size_max,
        points_per_weight=doc.points_per_weight,
        table_size=doc.table_size,
        hash_balance_factor=doc.hash_balance_factor,
        layers=layers_config(doc),
        prequal=_prequal(doc.prequal),
    )


def _prequal(doc: PrequalDoc) -> PrequalConfig:
    return PrequalConfig(
        doc.pool,
        doc.probes,
        doc.removals,
        doc.reuse,
        doc.hot,
        doc.window,
        doc.age,
        doc.timeout,
    )
