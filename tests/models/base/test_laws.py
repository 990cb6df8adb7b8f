"""Laws as transforms: the shape people asked for, row by row, at the edges of the words."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from models.base.distributions import (
    Deterministic,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Normal,
    Pareto,
    Uniform,
)
from models.base.laws import DRAW_NS_MAX, law_of, unit_exponentials
from models.base.samplers import lognormal_from_moments
from models.base.streams import Stream, Words
from tests.models.base.laws_under_test import LAWS

TRIES = 20_000
MS = 1_000_000
SMALLEST, LARGEST = 0, 2**64 - 1
CONTINUOUS = {
    "uniform": stats.uniform(MS, 4 * MS),
    "exponential": stats.expon(scale=15 * MS),
    "normal": stats.norm(20 * MS, 4 * MS),
    "lognormal": stats.lognorm(0.8, scale=math.exp(15.0)),
    "pareto": stats.pareto(2.5, scale=MS),
    "gamma": stats.gamma(2.5, scale=10 * MS / 2.5),
    "erlang": stats.gamma(4.0, scale=10 * MS / 4.0),
    "gamma under shape one": stats.gamma(0.4, scale=10 * MS / 0.4),
}


def rows(name: str, law: Distribution, tries: int) -> Words:
    width = law_of(law).words_per_try
    return Stream(2026, name).words(tries * width).reshape(tries, width)


def draws_of(law: Distribution, *words: int) -> list[int]:
    decided = law_of(law)
    row = np.array([words], np.uint64)
    assert row.shape[1] == decided.words_per_try
    return decided.draws(row).tolist()


def words_with_exponential_near(target: float) -> Words:
    """Neighbouring words whose unit exponentials lie under and over ``target``."""
    k = int((1.0 - math.exp(-target)) * 2**53)
    candidates = np.arange(k - 3, k + 4, dtype=np.uint64) << np.uint64(11)
    gaps = unit_exponentials(candidates)
    over = int(np.flatnonzero(gaps >= target)[0])
    assert over > 0
    return candidates[over - 1 : over + 1].reshape(2, 1)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_draws_fit_the_law(name: str) -> None:
    # Kolmogorov-Smirnov at the 1 % level for a fixed seed; a nanosecond is no step at this scale.
    draws = law_of(LAWS[name]).draws(rows(name, LAWS[name], TRIES))
    statistic = stats.kstest(draws, CONTINUOUS[name].cdf).statistic
    assert statistic < 1.63 / math.sqrt(len(draws))


@pytest.mark.parametrize("name", LAWS)
def test_rows_do_not_see_each_other(name: str) -> None:
    law, words = law_of(LAWS[name]), rows(name, LAWS[name], 400)
    one_by_one = [draw for row in words for draw in law.draws(row[np.newaxis]).tolist()]
    assert law.draws(words).tolist() == one_by_one


@pytest.mark.parametrize("name", LAWS)
def test_the_words_are_left_as_they_were(name: str) -> None:
    words = rows(name, LAWS[name], 50)
    before = words.copy()
    law_of(LAWS[name]).draws(words)
    assert np.array_equal(words, before)


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("word", [SMALLEST, LARGEST])
def test_no_word_leads_out_of_range(name: str, word: int) -> None:
    law = law_of(LAWS[name])
    for draw in law.draws(np.full((1, law.words_per_try), word, np.uint64)).tolist():
        assert 0 <= draw <= DRAW_NS_MAX


def test_the_exponential_ends_at_53_bits() -> None:
    gaps = unit_exponentials(np.array([SMALLEST, LARGEST], np.uint64))
    assert gaps.tolist() == [0.0, pytest.approx(53 * math.log(2.0), rel=1e-15)]


def test_halves_of_a_nanosecond_are_rounded_up() -> None:
    assert law_of(Exponential(1)).draws(words_with_exponential_near(0.5)).tolist() == [0, 1]


def test_a_uniform_never_reaches_its_upper_bound() -> None:
    assert draws_of(Uniform(7, 10), SMALLEST) == [7]
    assert draws_of(Uniform(7, 10), LARGEST) == [9]
    # As floats the span is 2**53 + 4, and the largest uniform of it rounds up to the same.
    assert draws_of(Uniform(0, 2**53 + 3), LARGEST) == [2**53 + 2]


def test_a_uniform_over_an_empty_interval_is_its_bound() -> None:
    assert draws_of(Uniform(7, 7), LARGEST) == [7]


def test_a_deterministic_value_is_exact_beyond_the_precision_of_floats() -> None:
    assert draws_of(Deterministic(2**60 + 1), 0) == [2**60 + 1]


def test_a_normal_under_zero_is_drawn_as_zero() -> None:
    assert draws_of(Normal(MS, MS), SMALLEST) == [0]
    draws = law_of(Normal(MS, MS)).draws(rows("cut", Normal(MS, MS), TRIES))
    # Binomial: Phi(-1) = 0.1587, three standard deviations are 0.0078.
    assert np.mean(draws == 0) == pytest.approx(stats.norm.cdf(-1.0), abs=0.0078)


def test_a_normal_without_spread_is_its_mean() -> None:
    assert draws_of(Normal(MS, 0), LARGEST) == [MS]


def test_a_lognormal_without_spread_is_its_median() -> None:
    assert draws_of(Lognormal(math.log(MS), 0.0), LARGEST) == [MS]


def test_tails_without_end_stop_at_the_longest_duration() -> None:
    assert draws_of(Lognormal(1e6, 1e6), LARGEST) == [DRAW_NS_MAX]
    assert draws_of(Lognormal(-1e6, 1e6), SMALLEST) == [0]
    assert draws_of(Pareto(DRAW_NS_MAX, 1e-6), LARGEST) == [DRAW_NS_MAX]
    assert draws_of(Exponential(DRAW_NS_MAX), LARGEST) == [DRAW_NS_MAX]


def test_a_pareto_begins_at_its_scale() -> None:
    assert draws_of(Pareto(MS, 2.5), SMALLEST) == [MS]


def test_a_pareto_over_its_cap_is_drawn_as_the_cap() -> None:
    law = Pareto(MS, 1.0, cap_ns=10 * MS)
    draws = law_of(law).draws(rows("cap", law, TRIES))
    assert draws.max() == 10 * MS
    # Binomial: P(X > 10 scale) = 1/10, three standard deviations are 0.0064.
    assert np.mean(draws == 10 * MS) == pytest.approx(0.1, abs=0.0064)


def test_a_gamma_rejects_a_normal_whose_cube_is_not_above_zero() -> None:
    # Shape 1: the cube is negative under a normal of -sqrt(6); the smallest word is -8.2.
    assert draws_of(Gamma(MS, 1.0), SMALLEST, LARGEST, 0) == []


def test_a_gamma_accepts_a_try_just_over_its_bound_and_rejects_it_just_under() -> None:
    word = 2**60
    normal = NormalDist().inv_cdf((2 * (word >> 12) + 1) / 2**53)
    d = 1.0 - 1.0 / 3.0
    cube = (1.0 + normal / math.sqrt(9.0 * d)) ** 3
    bound = normal**2 / 2.0 + d - d * cube + d * math.log(cube)
    under = int(words_with_exponential_near(-bound * (1.0 - 1e-9))[0, 0])
    over = int(words_with_exponential_near(-bound * (1.0 + 1e-9))[1, 0])
    assert draws_of(Gamma(MS, 1.0), word, under, 0) == []
    assert draws_of(Gamma(MS, 1.0), word, over, 0) == [pytest.approx(d * cube * MS, abs=1)]


def test_a_gamma_accepts_the_middle_normal_always() -> None:
    # A normal of 0 gives a cube of 1 and a bound of 0: d = shape - 1/3 of the mean over shape.
    middle = 2**63
    value = draws_of(Gamma(9 * MS, 3.0), middle, LARGEST, 0)
    assert value == [pytest.approx(9 * MS * (3.0 - 1.0 / 3.0) / 3.0, abs=1)]


@pytest.mark.parametrize("shape", [1e-6, 0.01, 0.999, 1.0, 1.001, 100.0, 1e6])
def test_a_gamma_of_any_shape_keeps_its_mean(shape: float) -> None:
    law = Gamma(100 * MS, shape)
    draws = law_of(law).draws(rows(f"gamma/{shape}", law, 40_000))
    if shape < 1e-3:
        assert np.mean(draws == 0) > 0.99
    else:
        spread = 100 * MS / math.sqrt(shape * len(draws))
        assert draws.mean() == pytest.approx(100 * MS, abs=4 * spread + 1)


def test_most_gamma_tries_are_accepted() -> None:
    # Marsaglia and Tsang 2000, table: at least 95 % for shapes of 1 and more.
    law = Gamma(MS, 1.0)
    assert len(law_of(law).draws(rows("accepted", law, TRIES))) > 0.95 * TRIES


def test_a_table_gives_each_value_its_weight() -> None:
    law = Empirical((10, 20, 30), (1.0, 2.0, 5.0))
    draws = law_of(law).draws(rows("table", law, TRIES))
    # Chi-square at the 1 % level for a fixed seed.
    counts = [int(np.sum(draws == value)) for value in (10, 20, 30)]
    assert stats.chisquare(counts, np.array([1.0, 2.0, 5.0]) * TRIES / 8).pvalue > 0.01


def test_a_table_cuts_exactly_at_its_weights() -> None:
    law = Empirical((10, 20, 30), (1.0, 2.0, 5.0))
    step = 2**11
    assert draws_of(law, 2**61 - step) == [10]
    assert draws_of(law, 2**61) == [20]
    assert draws_of(law, 3 * 2**61 - step) == [20]
    assert draws_of(law, 3 * 2**61) == [30]


def test_a_value_without_weight_is_never_drawn() -> None:
    law = Empirical((10, 20, 30), (0.0, 1.0, 0.0))
    assert draws_of(law, SMALLEST) == [20]
    assert draws_of(law, LARGEST) == [20]


def test_rounding_at_the_end_of_a_table_stays_in_its_last_value() -> None:
    law = Empirical((10, 20, 30), (0.0, 5e-324, 0.0))
    assert draws_of(law, LARGEST) == [20]


def test_moments_and_quantiles_agree_on_a_known_lognormal() -> None:
    # Mean 1 and cv sqrt(e - 1) is sigma 1, mu -1/2 (in units of the mean).
    law = lognormal_from_moments(MS, math.sqrt(math.e - 1.0))
    assert law.sigma == pytest.approx(1.0, rel=1e-15)
    assert law.mu == pytest.approx(math.log(MS) - 0.5, rel=1e-15)
