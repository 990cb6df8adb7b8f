"""Loads that no run could come near: a hundred times the requests that the budget has events.

A run that is merely too long is begun, and ends with what it has when its budget is spent.
"""

from collections.abc import Iterable

from models.base.time import NS_PER_S, TimeNs
from models.service.arrivals import BurstArrivals, TimedArrivals
from models.service.traffic import RateProfile, SourceSpec
from scenarios.compile.findings import Findings

HOPELESS = 100
HOPELESS_MIN = 5_000_000_000


def check_volume(
    sources: Iterable[SourceSpec], *, end_ns: TimeNs, events_max: int, findings: Findings
) -> None:
    """Each request takes an event at least."""
    offered = [(source.name, _offered(source, end_ns)) for source in sources]
    total = sum(requests for _, requests in offered)
    if total <= max(HOPELESS * events_max, HOPELESS_MIN):
        return
    name, requests = max(offered, key=lambda each: each[1])
    findings.at_value(
        ("traffic", name, "arrivals"),
        f"about {requests:,.0f} requests in a run of {end_ns / NS_PER_S:g} s, and each takes an"
        f" event or more: 'limits.events' is {events_max:,}",
    )


def _offered(source: SourceSpec, end_ns: TimeNs) -> float:
    """Expected number of requests; 0 for users who wait, and for gaps of any law."""
    profile = source.profile
    if source.users is not None:
        return 0.0
    if isinstance(profile, TimedArrivals):
        return float(len(profile.instants_ns))
    if isinstance(profile, BurstArrivals):
        return profile.rate_per_s * end_ns / NS_PER_S
    if not isinstance(profile, RateProfile):
        return 0.0
    pieces = list(profile.pieces(end_ns))
    ends = [*(begin for begin, _ in pieces[1:]), end_ns]
    return sum(
        rate * (end - begin) / NS_PER_S for (begin, rate), end in zip(pieces, ends, strict=True)
    )
