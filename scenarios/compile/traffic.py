"""Load sources: mixes that add up, loads over the whole run, and what requests carry."""

import math
from collections.abc import Mapping

from models.base.distributions import Distribution
from models.base.keys import KeyLaw
from models.service.traffic import (
    Arrivals,
    KeySpec,
    MixEntry,
    RateProfile,
    SourceSpec,
    UserSpec,
)
from models.traffic.shedding.priority import Criticality
from scenarios.compile.arrivals import compile_arrivals
from scenarios.compile.findings import Findings, no_endpoint
from scenarios.compile.gateways import http_of
from scenarios.compile.laws import distribution_of
from scenarios.document.distributions import DistributionDoc
from scenarios.document.scenario import ScenarioDoc
from scenarios.document.traffic import (
    SourceDoc,
    UsersDoc,
)
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted
from sim.blueprint import Phases

SHARES_TOLERANCE = 1e-9
SILENCE = RateProfile((0,), (0.0,))


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
        arrivals: Arrivals | None = SILENCE
        if doc.arrivals is not None:
            arrivals = compile_arrivals(doc.arrivals, (*path, "arrivals"), phases, findings)
        if arrivals is not None:
            sources.append(
                SourceSpec(
                    name,
                    doc.to,
                    mix,
                    arrivals,
                    doc.zone or "",
                    users=_users(doc.users, mix, (*path, "users"), findings),
                    keys=_keys(doc),
                    tenants=_tenants(doc, path, findings),
                    patience_ns=doc.patience or 0,
                    http=http_of(doc.http),
                )
            )
    return tuple(sources)


def _mix(
    doc: SourceDoc, path: KeyPath, document: ScenarioDoc, findings: Findings
) -> tuple[MixEntry, ...]:
    if doc.to not in document.services:
        findings.unknown((*path, "to"), "service", doc.to, document.services)
        return ()
    known = document.services[doc.to].endpoints
    importance = _importance(doc, path, known, findings)
    if doc.mix is None:
        if len(known) > 1:
            findings.at_key(
                path, f"{quoted(doc.to)} has {len(known)} endpoints, so a 'mix' is needed"
            )
        only = next(iter(known))
        return (MixEntry(only, 1.0, importance.get(only)),)
    for endpoint in doc.mix:
        if endpoint not in known:
            place: KeyPath = (*path, "mix", endpoint)
            findings.at_key(place, no_endpoint(doc.to, endpoint, known))
    total = math.fsum(doc.mix.values())
    if abs(total - 1.0) > SHARES_TOLERANCE:
        findings.at_key((*path, "mix"), f"the shares add up to {100 * total:.6g}%, not 100%")
    return tuple(
        MixEntry(endpoint, share, importance.get(endpoint))
        for endpoint, share in doc.mix.items()
        if share > 0
    )


def _importance(
    doc: SourceDoc, path: KeyPath, known: Mapping[str, object], findings: Findings
) -> dict[str, int]:
    named = doc.criticality or {}
    for endpoint in named:
        if endpoint not in known:
            place: KeyPath = (*path, "criticality", endpoint)
            findings.at_key(place, no_endpoint(doc.to, endpoint, known))
    return {endpoint: int(Criticality[name.upper()]) for endpoint, name in named.items()}


def _users(
    doc: UsersDoc | None, mix: tuple[MixEntry, ...], path: KeyPath, findings: Findings
) -> UserSpec | None:
    if doc is None:
        return None
    places = {entry.endpoint: place for place, entry in enumerate(mix)}
    for index, endpoint in enumerate(doc.journey or ()):
        if mix and endpoint not in places:
            where: KeyPath = (*path, "journey", index)
            findings.unknown(where, "endpoint in the mix", endpoint, places)
    return UserSpec(
        count=doc.count,
        think=distribution_of(doc.think),
        ramp_ns=doc.ramp,
        journey=tuple(places[endpoint] for endpoint in doc.journey or () if endpoint in places),
        rest=_law(doc.rest),
    )


def _law(doc: DistributionDoc | None) -> Distribution | None:
    return None if doc is None else distribution_of(doc)


def _keys(doc: SourceDoc) -> KeySpec | None:
    if doc.keys is None:
        return None
    return KeySpec(KeyLaw(doc.keys.count, doc.keys.zipf), doc.keys.hot)


def _tenants(doc: SourceDoc, path: KeyPath, findings: Findings) -> tuple[tuple[int, float], ...]:
    shares = doc.tenants or {}
    total = math.fsum(shares.values())
    if shares and abs(total - 1.0) > SHARES_TOLERANCE:
        findings.at_key((*path, "tenants"), f"the shares add up to {100 * total:.6g}%, not 100%")
    return tuple((int(number), share) for number, share in shares.items() if share > 0)
