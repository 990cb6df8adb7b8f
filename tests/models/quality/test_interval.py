"""Intervals against printed tables and hand-worked figures."""

import math
import subprocess
import sys

import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.quality.interval import (
    Interval,
    exact_interval,
    moments,
    t_interval,
    t_quantile,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("probability", "degrees", "printed"),
    [
        (0.975, 1, 12.706),
        (0.975, 9, 2.262),
        (0.995, 4, 4.604),
        (0.9995, 9, 4.781),
        (0.9995, 19, 3.883),
        (0.975, 120, 1.980),
    ],
)
def test_quantiles_of_t_agree_with_printed_tables(
    probability: float, degrees: int, printed: float
) -> None:
    """Source: table III of Fisher and Yates, Statistical Tables."""
    assert t_quantile(probability, degrees) == pytest.approx(printed, abs=5e-4)


def test_ten_delays_give_the_interval_worked_in_the_textbook() -> None:
    """Source: Law, example 4.26: mean 1.34, 90 per cent half-width 0.24."""
    delays = [1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09]
    interval = t_interval(delays, 0.9)
    assert interval.mean == pytest.approx(1.343)
    assert interval.half_width == pytest.approx(0.24, abs=0.005)
    assert interval.count == 10


def test_one_value_bounds_nothing() -> None:
    interval = t_interval([3.0])
    assert (interval.low, interval.high) == (-math.inf, math.inf)
    assert interval.contains(1e9)


def test_equal_values_leave_a_point() -> None:
    interval = t_interval([2.0, 2.0, 2.0])
    assert (interval.low, interval.high) == (2.0, 2.0)


@pytest.mark.parametrize(
    ("value", "inside"), [(4.0, True), (3.999, False), (6.0, True), (6.001, False)]
)
def test_the_ends_belong_to_the_interval(value: float, inside: bool) -> None:
    assert Interval(5.0, 1.0, 0.95, 9).contains(value) is inside


@pytest.mark.parametrize(
    ("mean", "half_width", "relative"),
    [(4.0, 1.0, 0.25), (-4.0, 1.0, 0.25), (0.0, 1.0, math.inf), (0.0, 0.0, 0.0), (2.0, 0.0, 0.0)],
)
def test_a_half_width_is_relative_to_the_size_of_the_mean(
    mean: float, half_width: float, relative: float
) -> None:
    assert Interval(mean, half_width, 0.95, 9).relative_half_width == relative


def test_the_variance_survives_a_large_mean() -> None:
    """The textbook formula sum(x^2) - n mean^2 gives 0 or less here."""
    assert moments([1e9 + 1, 1e9 + 2, 1e9 + 3]) == (1e9 + 2, 1.0)


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf, 1.0]])
def test_no_mean_comes_out_of_nothing_or_of_what_is_no_number(values: list[float]) -> None:
    with pytest.raises(ConfigError):
        t_interval(values)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5, math.nan])
def test_a_confidence_is_strictly_between_0_and_1(confidence: float) -> None:
    with pytest.raises(ConfigError):
        t_interval([1.0, 2.0], confidence)
    with pytest.raises(ConfigError):
        wilson_interval(1, 2, confidence)
    with pytest.raises(ConfigError):
        exact_interval(1, 2, confidence)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_agree_with_the_published_examples(
    successes: int, trials: int, low: float, high: float
) -> None:
    """Source: Newcombe 1998, table I, method 3."""
    share = wilson_interval(successes, trials)
    assert (share.low, share.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_exact_intervals_agree_with_the_published_examples(
    successes: int, trials: int, low: float, high: float
) -> None:
    """Source: Newcombe 1998, table I, method 5."""
    share = exact_interval(successes, trials)
    assert (share.low, share.high) == pytest.approx((low, high), abs=6e-5)


def test_a_certain_outcome_still_leaves_doubt_on_one_side() -> None:
    always = wilson_interval(20, 20)
    assert (always.ratio, always.high) == (1.0, 1.0)
    assert always.low == pytest.approx(20 / (20 + 1.959964**2), abs=1e-6)
    assert always.contains(1.0)
    assert not always.contains(0.8)
    assert exact_interval(20, 20).low == pytest.approx(0.025 ** (1 / 20))


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 2)])
def test_shares_of_impossible_counts_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(ConfigError):
        wilson_interval(successes, trials)
    with pytest.raises(ConfigError):
        exact_interval(successes, trials)


@pytest.mark.parametrize(("probability", "degrees"), [(0.0, 3), (1.0, 3), (0.5, 0)])
def test_quantiles_of_no_law_are_refused(probability: float, degrees: int) -> None:
    with pytest.raises(ConfigError):
        t_quantile(probability, degrees)


def test_95_of_100_intervals_hold_the_mean() -> None:
    """2,000 experiments of 5 uniforms: the count of hits within its own 99.9 % bounds."""
    stream = Stream(1, "uniform means")
    hits = sum(t_interval(stream.uniforms(5).tolist()).contains(0.5) for _ in range(2000))
    assert exact_interval(hits, 2000, 0.999).contains(0.937)
    assert 0.92 < hits / 2000 < 0.955


def test_scipy_waits_until_an_interval_is_asked_for() -> None:
    code = (
        "import sys, models.quality.interval, models.quality.paired, models.quality.replications,"
        " models.quality.batch_means, models.quality.warm_up; print('scipy' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
