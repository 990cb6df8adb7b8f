"""Instants at which open-loop requests arrive, one law each; whole nanoseconds, ascending."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain, islice
from math import inf, sqrt
from typing import assert_never

import numpy as np

from models.base.samplers import UnitExponentials, make_sampler
from models.base.streams import Stream
from models.base.time import DURATION_NS_MAX, NS_PER_S, TimeNs
from models.service.arrivals import BurstArrivals, RenewalArrivals, TimedArrivals
from models.service.traffic import Arrivals, RateProfile

_FIRST_CHUNK = 16
_CHUNK_MAX = 4096


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


class _Gaps:
    """Unit-rate exponential gaps, of which those taken too many can be put back."""

    def __init__(self, stream: Stream) -> None:
        self._draws = UnitExponentials(stream).draws
        self._kept: deque[float] = deque()

    def take(self, count: int) -> list[float]:
        """The next ``count`` of them."""
        kept = self._kept
        taken = [kept.popleft() for _ in range(min(count, len(kept)))]
        taken.extend(islice(self._draws, count - len(taken)))
        return taken

    def put_back(self, gaps: list[float]) -> None:
        """Let these be taken next."""
        self._kept.extendleft(reversed(gaps))


def poisson(profile: RateProfile, stream: Stream) -> Iterator[TimeNs]:
    """A Poisson process whose rate is constant or runs in a straight line in each piece.

    By inversion: unit-rate exponential gaps are spent along the integral of the rate, one draw
    per arrival and no rejection. Ends where the rate is zero from there on, or as good as zero.
    """
    return chain.from_iterable(_poisson_chunks(profile, _Gaps(stream)))


def _poisson_chunks(profile: RateProfile, gaps: _Gaps) -> Iterator[list[TimeNs]]:
    ends_ns = (*(float(start) for start in profile.starts_ns[1:]), inf)
    now_ns = 0.0
    for rate_per_s, last_per_s, end_ns in zip(
        profile.rates_per_s, profile.ends, ends_ns, strict=True
    ):
        rate = rate_per_s / NS_PER_S
        if rate_per_s != last_per_s:
            slope = (last_per_s / NS_PER_S - rate) / (end_ns - now_ns)
            yield from _along(now_ns, end_ns, rate, slope, gaps)
        elif rate:
            yield from _steadily(now_ns, end_ns, rate, gaps)
        now_ns = end_ns


def _steadily(begin_ns: float, end_ns: float, rate: float, gaps: _Gaps) -> Iterator[list[TimeNs]]:
    """One piece at a constant rate; what is left of the last gap is spent in the next piece.

    Sums run one after the other, so that the instants do not depend on the size of chunks.
    """
    now_ns, size = begin_ns, _FIRST_CHUNK
    while now_ns < DURATION_NS_MAX:
        spent = np.array(gaps.take(size))
        with np.errstate(over="ignore", invalid="ignore"):
            instants = np.add.accumulate(np.concatenate(((now_ns,), spent / rate)))
            room = (end_ns - instants[:-1]) * rate
        is_beyond = (spent >= room) | (instants[1:] >= DURATION_NS_MAX)
        count = int(np.argmax(is_beyond)) if is_beyond.any() else size
        yield instants[1 : count + 1].astype(np.int64).tolist()
        if count < size:
            left = spent[count:].tolist()
            left[0] -= float(room[count])
            gaps.put_back(left)
            return
        now_ns = float(instants[-1])
        size = min(2 * size, _CHUNK_MAX)


def _along(
    begin_ns: float, end_ns: float, rate: float, slope: float, gaps: _Gaps
) -> Iterator[list[TimeNs]]:
    """One piece on a slope: the area under the line up to the next arrival is its gap."""
    area = 0.0
    whole = (rate + slope * (end_ns - begin_ns) / 2.0) * (end_ns - begin_ns)
    (gap,) = gaps.take(1)
    while area + gap < whole:
        area += gap
        root = sqrt(max(rate * rate + 2.0 * slope * area, 0.0))
        yield [int(begin_ns + 2.0 * area / (rate + root))]
        (gap,) = gaps.take(1)
    gaps.put_back([gap - (whole - area)])


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
