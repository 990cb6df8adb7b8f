"""A planned fault in words, for whoever checks a scenario before it is run."""

import re
from dataclasses import fields

from models.base.time import format_duration
from models.faults.network import NetworkFault
from models.faults.plan import Fault, ZoneOutage
from models.faults.selector import Selector

_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])")


def fault_plan(fault: Fault) -> str:
    """``faults[0]: instance crash of 1 of service cart, 30s into measure, for 1m``."""
    kind = _SEAM.sub(" ", type(fault.kind).__name__).lower()
    lasting = "for good" if fault.for_ns is None else f"for {format_duration(fault.for_ns)}"
    when = f"{format_duration(fault.at_ns)} into measure, {lasting}"
    return f"{fault.label}: {' '.join((kind, _whom(fault))).strip()}, {when}"


def _whom(fault: Fault) -> str:
    kind = fault.kind
    if isinstance(kind, NetworkFault):
        return kind.where
    if isinstance(kind, ZoneOutage):
        return f"of zone {kind.zone}"
    values = (getattr(kind, field.name) for field in fields(kind))
    return "".join(f"of {value.words}" for value in values if isinstance(value, Selector))
