"""Load sources: mixes that add up, rates over the whole run."""

import math

from models.base.time import format_duration
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from scenarios.compile.findings import Findings, no_endpoint
from scenarios.compile.profile import compile_profile
from scenarios.document.scenario import ScenarioDoc
from scenarios.document.traffic import (
    ConstantArrivals,
    ProfileArrivals,
    SourceDoc,
    SteppedArrivals,
)
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted
from sim.blueprint import Phases

SHARES_TOLERANCE = 1e-9


def compile_sources(
    document: ScenarioDoc, zones: tuple[str, ...], phases: Phases, findings: Findings
) -> tuple[SourceSpec, ...]:
    """All load sources in the order of the file; one that is broken is left out."""
    sources = []
    for name, doc in document.traffic.items():
        path: KeyPath = ("traffic", name)
        if doc.zone is not None and doc.zone not in zones:
            findings.unknown((*path, "zone"), "zone", doc.zone, zones)
        mix = _mix(doc, path, document, findings)
        profile = _profile(doc, (*path, "arrivals"), phases, findings)
        if profile is not None:
            sources.append(SourceSpec(name, doc.to, mix, profile, doc.zone or ""))
    return tuple(sources)


def _mix(
    doc: SourceDoc, path: KeyPath, document: ScenarioDoc, findings: Findings
) -> tuple[MixEntry, ...]:
    if doc.to not in document.services:
        findings.unknown((*path, "to"), "service", doc.to, document.services)
        return ()
    known = document.services[doc.to].endpoints
    if doc.mix is None:
        if len(known) > 1:
            findings.at_key(
                path, f"{quoted(doc.to)} has {len(known)} endpoints, so a 'mix' is needed"
            )
        return (MixEntry(next(iter(known)), 1.0),)
    for endpoint in doc.mix:
        if endpoint not in known:
            place: KeyPath = (*path, "mix", endpoint)
            findings.at_key(place, no_endpoint(doc.to, endpoint, known))
    total = math.fsum(doc.mix.values())
    if abs(total - 1.0) > SHARES_TOLERANCE:
        findings.at_key((*path, "mix"), f"the shares add up to {100 * total:.6g}%, not 100%")
    return tuple(MixEntry(endpoint, share) for endpoint, share in doc.mix.items() if share > 0)


def _profile(
    doc: SourceDoc, path: KeyPath, phases: Phases, findings: Findings
) -> RateProfile | None:
    match doc.arrivals:
        case ConstantArrivals(rate=rate):
            return RateProfile((0,), (rate,))
        case SteppedArrivals():
            return _stairs(doc.arrivals, (*path, "steps"), phases, findings)
        case ProfileArrivals():
            return compile_profile(doc.arrivals, path, phases.end_ns, findings)


def _stairs(
    doc: SteppedArrivals, path: KeyPath, phases: Phases, findings: Findings
) -> RateProfile | None:
    """Stairs count from the start of measure; warm up has the first rate, the end the last."""
    starts, rates = [0], [doc.steps[0].rate]
    position = 0
    for index, step in enumerate(doc.steps):
        if position >= phases.measure_ns:
            findings.at_key((*path, index), "this step begins after the end of measure")
            return None
        if index > 0:
            starts.append(phases.warm_up_ns + position)
            rates.append(step.rate)
        if step.for_ is None and index + 1 < len(doc.steps):
            findings.at_key((*path, index), "only the last step may leave 'for' out")
            return None
        position += step.for_ or phases.measure_ns
    if position < phases.measure_ns:
        findings.at_key(
            path,
            f"the steps last {format_duration(position)}, measure lasts"
            f" {format_duration(phases.measure_ns)}; leave 'for' out of the last to fill the rest",
        )
        return None
    return RateProfile(tuple(starts), tuple(rates))
