"""Laws of arrivals besides the piecewise constant Poisson process (see test_source)."""

from itertools import islice, takewhile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from models.base.distributions import Deterministic, Gamma
from models.base.samplers import UnitExponentials
from models.base.streams import Stream
from models.service.arrivals import BurstArrivals, BurstState, RenewalArrivals, TimedArrivals
from models.service.traffic import RateProfile
from sim.nodes.arrivals import bursts, instants_of, poisson, renewals
from tests.sim.worlds import MS, S


def until(end_ns: int, instants) -> np.ndarray:
    return np.array(list(takewhile(lambda instant: instant < end_ns, instants)))


def test_on_a_slope_arrivals_follow_the_area_under_the_line() -> None:
    """From 100/s to 500/s over 40 s: the time-changed process is uniform; KS at 0.1 %."""
    profile = RateProfile((0, 40 * S), (100.0, 500.0), (500.0, 500.0))
    times = until(40 * S, poisson(profile, Stream(1, "slope"))) / S
    area = 100.0 * times + 5.0 * times**2
    assert len(times) == pytest.approx(12_000, abs=3.3 * 12_000**0.5)
    assert stats.kstest(area / 12_000.0, "uniform").pvalue > 0.001


def one_by_one(profile: RateProfile, stream: Stream, count: int) -> list[int]:
    """The inversion of a profile of constant pieces as the textbook has it, gap by gap."""
    gaps, found = UnitExponentials(stream).draws, []
    now_ns, gap = 0.0, next(gaps)
    ends = (*map(float, profile.starts_ns[1:]), float("inf"))
    for rate_per_s, end_ns in zip(profile.rates_per_s, ends, strict=True):
        rate = rate_per_s / S
        while rate and gap < (end_ns - now_ns) * rate:
            now_ns += gap / rate
            found.append(int(now_ns))
            gap = next(gaps)
            if len(found) == count:
                return found
        gap -= (end_ns - now_ns) * rate
        now_ns = end_ns
    return found


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    lengths=st.lists(st.integers(1, 5 * S), min_size=0, max_size=6),
    rates=st.lists(st.sampled_from([0.0, 0.5, 3.0, 40.0, 900.0]), min_size=7, max_size=7),
    seed=st.integers(0, 5),
)
def test_arrivals_at_constant_rates_are_those_of_one_gap_after_the_other(
    lengths: list[int], rates: list[float], seed: int
) -> None:
    starts = tuple(int(start) for start in np.cumsum([0, *lengths]))
    profile = RateProfile(starts, (*rates[: len(starts) - 1], 20.0))
    found = list(islice(poisson(profile, Stream(seed, "gaps")), 400))
    assert found == one_by_one(profile, Stream(seed, "gaps"), 400)


def test_a_slope_may_fall_to_zero_and_the_gap_goes_on_behind_it() -> None:
    profile = RateProfile((0, 10 * S, 20 * S), (400.0, 0.0, 300.0), (0.0, 0.0, 300.0))
    times = until(30 * S, poisson(profile, Stream(1, "slope")))
    falling, silent, level = np.histogram(times, [0, 10 * S, 20 * S, 30 * S])[0]
    assert falling == pytest.approx(2000, abs=3.3 * 2000**0.5)
    assert silent == 0
    assert level == pytest.approx(3000, abs=3.3 * 3000**0.5)
    assert list(times) == sorted(times)


def test_even_arrivals_come_one_gap_apart_from_the_start() -> None:
    found = renewals(RenewalArrivals(Deterministic(10 * MS)), Stream(1, "even"))
    assert list(islice(found, 3)) == [10 * MS, 20 * MS, 30 * MS]


def test_gaps_of_any_law_have_its_mean_and_spread() -> None:
    found = renewals(RenewalArrivals(Gamma(10 * MS, 4.0)), Stream(1, "gamma"))
    gaps = np.diff([0, *islice(found, 20_000)])
    assert gaps.mean() == pytest.approx(10 * MS, rel=0.02)
    assert gaps.std() / gaps.mean() == pytest.approx(0.5, rel=0.03)


def test_bursts_have_the_long_run_rate_and_more_spread_than_poisson() -> None:
    law = BurstArrivals((BurstState(10.0, 2 * S), BurstState(400.0, S)))
    assert law.rate_per_s == pytest.approx(140.0)
    times = until(3000 * S, bursts(law, Stream(1, "arrivals"), Stream(1, "stays")))
    assert len(times) / 3000 == pytest.approx(140.0, rel=0.1)
    counts = np.histogram(times, np.arange(0, 3001) * S)[0]
    assert counts.var() > 20 * counts.mean()


def test_bursts_begin_in_their_first_state() -> None:
    law = BurstArrivals((BurstState(0.0, 50 * S), BurstState(1000.0, S)))
    first = next(bursts(law, Stream(1, "arrivals"), Stream(1, "stays")))
    assert first > S


def test_logged_instants_are_played_as_they_are() -> None:
    found = instants_of(TimedArrivals((0, 5, 5, 9)), "log", lambda name: Stream(1, name))
    assert list(found) == [0, 5, 5, 9]
