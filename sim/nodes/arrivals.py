"""Instants at which open-loop requests arrive, one law each; whole nanoseconds, ascending."""

from collections.abc import Callable, Generator, Iterator
from math import inf, sqrt
from typing import assert_never

from models.base.samplers import UnitExponentials, make_sampler
from models.base.streams import Stream
from models.base.time import DURATION_NS_MAX, NS_PER_S, TimeNs
from models.service.arrivals import BurstArrivals, RenewalArrivals, TimedArrivals
from models.service.traffic import Arrivals, RateProfile


def instants_of(
    arrivals: Arrivals, name: str, streams: Callable[[str], Stream]
) -> Iterator[TimeNs]:
    """The instants of one source, on streams of its own."""
    match arrivals:
        case RateProfile():
            return poisson(arrivals, streams(f"arrivals/{name}"))
        case RenewalArrivals():
            return renewals(arrivals, streams(f"arrivals/{name}"))
        case BurstArrivals():
            return bursts(arrivals, streams(f"arrivals/{name}"), streams(f"bursts/{name}"))
        case TimedArrivals():
            return iter(arrivals.instants_ns)
        case _:
            assert_never(arrivals)


def poisson(profile: RateProfile, stream: Stream) -> Iterator[TimeNs]:
    """A Poisson process whose rate is constant or runs in a straight line in each piece.

    By inversion: unit-rate exponential gaps are spent along the integral of the rate, one draw
    per arrival and no rejection. Ends where the rate is zero from there on, or as good as zero.
    """
    gaps = UnitExponentials(stream).draws
    ends_ns = (*(float(start) for start in profile.starts_ns[1:]), inf)
    now_ns = 0.0
    gap = next(gaps)
    for rate_per_s, last_per_s, end_ns in zip(
        profile.rates_per_s, profile.ends, ends_ns, strict=True
    ):
        rate = rate_per_s / NS_PER_S
        if rate_per_s != last_per_s:
            slope = (last_per_s / NS_PER_S - rate) / (end_ns - now_ns)
            now_ns, gap = yield from _along(now_ns, end_ns, rate, slope, gap, gaps)
            continue
        while rate and gap < (end_ns - now_ns) * rate:
            now_ns += gap / rate
            if now_ns >= DURATION_NS_MAX:
                return
            yield int(now_ns)
            gap = next(gaps)
        gap -= (end_ns - now_ns) * rate
        now_ns = end_ns


def _along(
    begin_ns: float, end_ns: float, rate: float, slope: float, gap: float, gaps: Iterator[float]
) -> Generator[TimeNs, None, tuple[float, float]]:
    """One piece on a slope: the area under the line up to the next arrival is its gap.

    Returns the end of the piece, and what is left of the gap there.
    """
    area = 0.0
    whole = (rate + slope * (end_ns - begin_ns) / 2.0) * (end_ns - begin_ns)
    while area + gap < whole:
        area += gap
        root = sqrt(max(rate * rate + 2.0 * slope * area, 0.0))
        yield int(begin_ns + 2.0 * area / (rate + root))
        gap = next(gaps)
    return end_ns, gap - (whole - area)


def renewals(arrivals: RenewalArrivals, stream: Stream) -> Iterator[TimeNs]:
    """Independent gaps, from the start of the run; ends where time does."""
    now_ns = 0
    for gap_ns in make_sampler(arrivals.gap, stream).draws:
        now_ns += gap_ns
        if now_ns >= DURATION_NS_MAX:
            return
        yield now_ns


def bursts(arrivals: BurstArrivals, stream: Stream, lengths: Stream) -> Iterator[TimeNs]:
    """State after state, each for an exponential time; the gap left over goes on in the next."""
    gaps, stays = UnitExponentials(stream).draws, UnitExponentials(lengths).draws
    now_ns, gap = 0.0, next(gaps)
    while now_ns < DURATION_NS_MAX:
        for state in arrivals.states:
            end_ns = now_ns + next(stays) * state.mean_ns
            rate = state.rate_per_s / NS_PER_S
            while rate and gap < (end_ns - now_ns) * rate:
                now_ns += gap / rate
                yield int(now_ns)
                gap = next(gaps)
            gap -= (end_ns - now_ns) * rate
            now_ns = end_ns
