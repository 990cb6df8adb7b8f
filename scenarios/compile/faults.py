"""Faults: instants at which something can still happen, and what they break."""

from collections.abc import Sequence

from models.base.time import format_duration
from models.faults.plan import Fault
from scenarios.compile.fault_kinds import plan_of
from scenarios.compile.findings import Findings
from scenarios.compile.targets import Surroundings
from scenarios.document.faults import FaultSection
from scenarios.source.marks import KeyPath
from sim.blueprint import Phases

_OVER_AT_ONCE = {"cache_flush": "a flush is over at once; leave 'for' out"}


def compile_faults(
    faults: Sequence[FaultSection], around: Surroundings, phases: Phases
) -> tuple[Fault, ...]:
    """The plan, in the order of the file, so that ``faults[0]`` names the same everywhere."""
    planned = []
    for index, doc in enumerate(faults):
        path: KeyPath = ("faults", index)
        _check_timing(doc, path, phases, around.findings)
        kind = plan_of(doc.body, around, (*path, doc.kind))
        planned.append(Fault(f"faults[{index}]", doc.at, doc.for_, kind))
    return tuple(planned)


def _check_timing(doc: FaultSection, path: KeyPath, phases: Phases, findings: Findings) -> None:
    after_start_ns = phases.end_ns - phases.warm_up_ns
    if doc.at >= phases.measure_ns:
        findings.at_value(
            (*path, "at"),
            f"strikes {format_duration(doc.at)} into measure, which is over after"
            f" {format_duration(phases.measure_ns)}",
        )
    elif doc.for_ is not None and doc.kind in _OVER_AT_ONCE:
        findings.at_value((*path, "for"), _OVER_AT_ONCE[doc.kind])
    elif doc.for_ is not None and doc.at + doc.for_ > after_start_ns:
        findings.at_value(
            (*path, "for"),
            "the run is over before this fault ends; leave 'for' out if it is to stay",
        )
