"""A planned fault in words, for whoever checks a scenario before it is run."""

from models.base.time import format_duration
from models.faults.kind import InstanceFault
from models.faults.plan import Fault, ZoneOutage

_WORDS = {"exhaust": "exhaustion"}


def fault_plan(fault: Fault) -> str:
    """``faults[0]: instance crash of 1 of service cart, 30s into measure, for 1m``."""
    kind = _WORDS.get(fault.kind.name, fault.kind.name.replace("_", " "))
    lasting = "for good" if fault.for_ns is None else f"for {format_duration(fault.for_ns)}"
    when = f"{format_duration(fault.at_ns)} into measure, {lasting}"
    return f"{fault.label}: {' '.join((kind, _whom(fault))).strip()}, {when}"


def _whom(fault: Fault) -> str:
    kind = fault.kind
    if kind.where:
        return kind.where
    match kind:
        case ZoneOutage(zone):
            return f"of zone {zone}"
        case InstanceFault(target=target):
            return f"of {target.words}"
        case _:
            return ""
