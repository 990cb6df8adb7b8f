"""Poisson arrivals by inversion, against theory and at the edges of a profile."""

from itertools import takewhile

import numpy as np
import pytest
from scipy import stats

from models.base.streams import Stream
from models.service.traffic import RateProfile
from sim.nodes.arrivals import poisson as arrivals_of
from tests.sim.worlds import S


def arrivals(profile: RateProfile, until_ns: int, seed: int = 1) -> np.ndarray:
    instants = arrivals_of(profile, Stream(seed, "arrivals"))
    return np.array(list(takewhile(lambda instant: instant < until_ns, instants)))


def test_gaps_at_a_steady_rate_are_exponential() -> None:
    """Kolmogorov-Smirnov at the 0.1 % level over 20,000 gaps."""
    gaps_s = np.diff(arrivals(RateProfile((0,), (200.0,)), 100 * S)) / S
    assert len(gaps_s) > 19_000
    assert stats.kstest(gaps_s, "expon", args=(0, 1 / 200)).pvalue > 0.001


def test_each_piece_of_a_profile_has_its_own_rate() -> None:
    """Counts are Poisson: within 3.3 standard deviations of rate times length."""
    starts, rates = (0, 50 * S, 80 * S, 100 * S), (100.0, 0.0, 400.0, 25.0)
    instants = arrivals(RateProfile(starts, rates), 200 * S)
    counts, _ = np.histogram(instants, bins=[*starts, 200 * S])
    expected = np.array([5000.0, 0.0, 8000.0, 2500.0])
    assert np.all(np.abs(counts - expected) <= 3.3 * np.sqrt(expected))
    assert counts[1] == 0


def test_arrivals_within_a_piece_are_spread_evenly_over_it() -> None:
    instants = arrivals(RateProfile((0, 10 * S), (10.0, 500.0)), 40 * S)
    inside = (instants[instants >= 10 * S] - 10 * S) / (30 * S)
    assert stats.kstest(inside, "uniform").pvalue > 0.001


def test_a_source_whose_rate_ends_at_zero_falls_silent() -> None:
    instants = list(arrivals_of(RateProfile((0, S), (1000.0, 0.0)), Stream(1, "arrivals")))
    assert 900 < len(instants) < 1100
    assert 0 < instants[-1] < S


def test_a_source_that_begins_with_a_pause_sends_nothing_before_its_end() -> None:
    assert arrivals(RateProfile((0, S), (0.0, 1000.0)), 2 * S)[0] >= S


@pytest.mark.parametrize("rate", [0.0, 1e-12, 1e-300, 5e-324])
def test_a_rate_too_small_for_any_clock_never_arrives(rate: float) -> None:
    assert not list(arrivals_of(RateProfile((0,), (rate,)), Stream(1, "arrivals")))
