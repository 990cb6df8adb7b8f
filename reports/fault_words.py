"""How a fault is named: by its label, or by what it did to whom where the label is only a place."""

import re

from models.planning.incident import FaultSpan
from models.records.manifest import Manifest

REGISTRY = "registry"

_WORDS = {"slow": "slowness", "abort": "aborted connections", "exhaust": "exhaustion"}
_PLACE = re.compile(r"faults\[\d+\]")


def fault_title(span: FaultSpan, manifest: Manifest) -> str:
    """A short name: the label somebody chose, otherwise what was done to whom."""
    return fault_deed(span, manifest) if _PLACE.fullmatch(span.label) else span.label


def fault_deed(span: FaultSpan, manifest: Manifest) -> str:
    """What was done to whom: ``zone outage of zone b``, ``partition around zone a``."""
    kind = _WORDS.get(span.kind, span.kind.replace("_", " ")) or "fault"
    if span.where:
        return f"{kind} {span.where}"
    if span.targets == (REGISTRY,):
        return kind
    whom = _whom(span, manifest)
    return f"{kind} of {whom}" if whom else kind


def _whom(span: FaultSpan, manifest: Manifest) -> str:
    if len(span.targets) <= 1:
        return "".join(span.targets)
    struck = [info for info in manifest.instances if info.name in set(span.targets)]
    zones = {info.zone for info in struck}
    services = {info.service for info in struck}
    count = f"{len(span.targets)} instances"
    if span.kind == "zone_outage" and len(zones) == 1:
        return f"zone {zones.pop()}, {count}"
    return f"{count} of {services.pop()}" if len(services) == 1 else count
