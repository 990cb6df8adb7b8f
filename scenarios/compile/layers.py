"""What is laid around a balancing policy, from its written form."""

from collections.abc import Sequence

from models.traffic.balancer.layers.config import (
    LayersConfig,
    PriorityConfig,
    SlowStartConfig,
    SubsetConfig,
    SubsetMethod,
    ZoneAwareConfig,
    ZoneWeightsConfig,
)
from models.traffic.balancer.layers.placement import PriorityOrder
from scenarios.compile.findings import Findings
from scenarios.document.layers import Layered, PrioritiesDoc
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted

LAYER_KEYS = frozenset(Layered.model_fields)


def check_layers(
    path: KeyPath, doc: Layered, zones: Sequence[str], findings: Findings, *, is_keyed: bool
) -> None:
    """Find zones that do not exist, and layers that exclude each other or the policy."""
    if doc.zone_aware is not None and doc.zone_weights is not None:
        findings.at_key((*path, "zone_weights"), "a balancer has zone_aware or zone_weights")
    if doc.slow_start is not None and doc.slow_start.lowest == 0:
        findings.at_value((*path, "slow_start", "lowest"), "must be more than 0%")
    for zone in doc.zone_weights or ():
        if zone not in zones:
            findings.unknown((*path, "zone_weights", zone), "zone", zone, zones)
    if doc.priorities is not None:
        _check_order((*path, "priorities", "order"), doc.priorities, zones, findings)
    if is_keyed:
        for key in ("zone_aware", "zone_weights", "slow_start"):
            if getattr(doc, key) is not None:
                findings.at_key((*path, key), "does not go with a policy that follows request keys")


def _check_order(
    path: KeyPath, doc: PrioritiesDoc, zones: Sequence[str], findings: Findings
) -> None:
    for place, zone in enumerate(doc.order):
        if zone not in zones:
            findings.unknown((*path, place), "zone", zone, zones)
        elif zone in doc.order[:place]:
            findings.at_value((*path, place), f"zone {quoted(zone)} has its place already")


def layers_config(doc: Layered) -> LayersConfig:
    """What a balancer's policy is wrapped in."""
    weights, aware = doc.zone_weights, doc.zone_aware
    zones: ZoneWeightsConfig | ZoneAwareConfig | None = None
    if weights is not None:
        zones = ZoneWeightsConfig(dict(weights))
    elif aware is not None:
        zones = ZoneAwareConfig(aware.share, aware.members, aware.force_local)
    slow, subset = doc.slow_start, doc.subset
    return LayersConfig(
        priorities=None if doc.priorities is None else _priorities(doc.priorities),
        zones=zones,
        slow_start=None
        if slow is None or not slow.lowest
        else SlowStartConfig(slow.window, slow.aggression, slow.lowest),
        subset=None if subset is None else SubsetConfig(subset.size, SubsetMethod(subset.method)),
    )


def _priorities(doc: PrioritiesDoc) -> PriorityConfig:
    return PriorityConfig(
        doc.overprovisioning_percent,
        doc.panic,
        doc.fail_on_panic,
        PriorityOrder(tuple(dict.fromkeys(doc.order))),
    )
