"""Samplers: the draws of a law in order, and the laws that measurements describe."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from models.base.distributions import (
    Deterministic,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Normal,
    Pareto,
    Uniform,
)
from models.base.errors import ConfigError
from models.base.laws import Draws, law_of
from models.base.samplers import (
    Sampler,
    UnitExponentials,
    lognormal_from_moments,
    lognormal_from_quantiles,
    make_sampler,
    mean_ns,
)
from models.base.streams import Stream, Words
from tests.models.base.laws_under_test import LAWS

MS = 1_000_000
moderate = settings(derandomize=True, deadline=None, max_examples=60)


@pytest.mark.parametrize("name", LAWS)
def test_draws_come_in_the_order_of_the_words_whatever_the_chunks(name: str) -> None:
    law = law_of(LAWS[name])
    width = law.words_per_try
    in_one_go = law.draws(Stream(5, name).words(12_000 * width).reshape(-1, width)).tolist()
    sampler = make_sampler(LAWS[name], Stream(5, name))
    count = min(len(in_one_go), 9_000)
    assert [sampler.draw() for _ in range(count)] == in_one_go[:count]


def test_a_draw_is_a_plain_integer() -> None:
    assert type(make_sampler(Exponential(MS), Stream(1, "x")).draw()) is int


class OddTries:
    """A law that accepts every other row, none of the first chunk, and counts what it is given."""

    words_per_try = 1

    def __init__(self) -> None:
        self.chunks: list[int] = []

    def draws(self, words: Words) -> Draws:
        self.chunks.append(len(words))
        accepted = len(words) // 2 if len(self.chunks) > 1 else 0
        return np.arange(accepted, dtype=np.int64)


def test_a_chunk_without_a_draw_is_passed_over() -> None:
    sampler = Sampler(OddTries(), Stream(1, "x"))
    assert [sampler.draw() for _ in range(18)] == [*range(16), 0, 1]


def test_chunks_grow_to_4096_rows_and_are_fetched_when_they_are_needed() -> None:
    law = OddTries()
    sampler = Sampler(law, Stream(1, "x"))
    assert law.chunks == []
    for _ in range(8000):
        sampler.draw()
    assert law.chunks == [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 4096, 4096]


def test_a_bound_draw_goes_on_where_the_sampler_is() -> None:
    sampler, twin = (make_sampler(Exponential(MS), Stream(1, "x")) for _ in range(2))
    draw = sampler.draw
    alternating = [draw() if turn % 2 else sampler.draw() for turn in range(50)]
    assert alternating == [twin.draw() for _ in range(50)]


def test_unit_exponentials_have_mean_one_and_no_memory() -> None:
    gaps = UnitExponentials(Stream(3, "gaps"))
    draws = [gaps.draw() for _ in range(20_000)]
    # Kolmogorov-Smirnov at the 1 % level for a fixed seed.
    assert stats.kstest(draws, "expon").statistic < 1.63 / math.sqrt(20_000)


def test_unit_exponentials_times_the_mean_are_the_exponential_law() -> None:
    gaps = UnitExponentials(Stream(3, "gaps"))
    sampler = make_sampler(Exponential(MS), Stream(3, "gaps"))
    draws = [sampler.draw() for _ in range(300)]
    assert draws == [math.floor(gaps.draw() * MS + 0.5) for _ in range(300)]


@given(st.integers(1, 10**12), st.integers(0, 10**12))
@moderate
def test_a_lognormal_by_quantiles_has_them(p50_ns: int, more_ns: int) -> None:
    law = lognormal_from_quantiles(p50_ns, p50_ns + more_ns)
    assert math.exp(law.mu) == pytest.approx(p50_ns, rel=1e-13)
    assert math.exp(law.mu + law.sigma * stats.norm.ppf(0.99)) == pytest.approx(
        p50_ns + more_ns, rel=1e-12
    )


def test_a_lognormal_by_equal_quantiles_is_a_point() -> None:
    assert lognormal_from_quantiles(MS, MS).sigma == 0.0


@pytest.mark.parametrize(("p50_ns", "p99_ns"), [(0, 10), (-1, 10), (10, 9)])
def test_quantiles_in_the_wrong_order_are_refused(p50_ns: int, p99_ns: int) -> None:
    with pytest.raises(ConfigError, match="0 < p50 <= p99"):
        lognormal_from_quantiles(p50_ns, p99_ns)


@given(st.integers(1, 10**12), st.floats(0.0, 20.0))
@moderate
def test_a_lognormal_by_moments_has_them(mean: int, cv: float) -> None:
    law = lognormal_from_moments(mean, cv)
    assert mean_ns(law) == pytest.approx(mean, rel=1e-12)
    assert math.expm1(law.sigma**2) == pytest.approx(cv * cv, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(("mean", "cv"), [(0, 1.0), (-1, 1.0), (1, -0.1), (1, math.inf)])
def test_moments_that_no_lognormal_has_are_refused(mean: int, cv: float) -> None:
    with pytest.raises(ConfigError, match="mean > 0 and a cv >= 0"):
        lognormal_from_moments(mean, cv)


@pytest.mark.parametrize(
    ("law", "mean"),
    [
        (Deterministic(5), 5.0),
        (Uniform(2, 6), 4.0),
        (Exponential(7), 7.0),
        (Gamma(9, 2.5), 9.0),
        (Normal(10, 0), 10.0),
        (Normal(0, 10), 10.0 / math.sqrt(2.0 * math.pi)),
        (Lognormal(2.0, 1.0), math.exp(2.5)),
        (Lognormal(700.0, 10.0), math.inf),
        (Pareto(10, 3.0), 15.0),
        (Pareto(10, 1.0), math.inf),
        (Pareto(10, 0.5, cap_ns=10), 10.0),
        (Empirical((10, 20), (1.0, 3.0)), 17.5),
    ],
)
def test_means_in_closed_form(law: Lognormal, mean: float) -> None:
    assert mean_ns(law) == pytest.approx(mean, rel=1e-14)


@pytest.mark.parametrize("shape", [0.5, 0.999, 1.0, 1.001, 2.5])
def test_the_mean_of_a_capped_pareto_is_the_integral_of_its_tail(shape: float) -> None:
    tail, _ = integrate.quad(lambda x: (10 / x) ** shape, 10, 1000)
    assert mean_ns(Pareto(10, shape, cap_ns=1000)) == pytest.approx(10 + tail, rel=1e-9)


@pytest.mark.parametrize(("mean", "sd"), [(1, 1), (1, 5), (30, 10)])
def test_the_mean_of_a_normal_cut_at_zero_is_the_integral_of_its_tail(mean: int, sd: int) -> None:
    tail, _ = integrate.quad(stats.norm(mean, sd).sf, 0, mean + 40 * sd)
    assert mean_ns(Normal(mean, sd)) == pytest.approx(tail, rel=1e-9)


@pytest.mark.parametrize("name", LAWS)
def test_draws_have_the_mean_that_is_claimed(name: str) -> None:
    # Four standard errors of the sample, for a fixed seed.
    sampler = make_sampler(LAWS[name], Stream(17, name))
    draws = np.array([sampler.draw() for _ in range(30_000)], float)
    error = 4.0 * draws.std() / math.sqrt(len(draws)) + 1.0
    assert draws.mean() == pytest.approx(mean_ns(LAWS[name]), abs=error)
