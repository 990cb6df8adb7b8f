"""Intervals of one run, and how often they hold the truth on a process with a known mean."""

import math

import numpy as np
import pytest
from scipy.special import ndtri

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.quality.batch_means import (
    QuantileInterval,
    batch_interval,
    batch_means,
    lag_one_correlation,
    quantile_interval,
)
from models.quality.interval import exact_interval, t_interval

RUNS = 400


def autoregressive(stream: Stream, length: int, memory: float) -> np.ndarray:
    """x[k] = memory x[k-1] + noise, started in its stationary law: mean 0, variance 1."""
    noise = ndtri(stream.uniforms(length) + 2.0**-54)
    values = np.empty(length)
    values[0] = noise[0]
    scale = math.sqrt(1 - memory * memory)
    for i in range(1, length):
        values[i] = memory * values[i - 1] + scale * noise[i]
    return values


@pytest.fixture(scope="module")
def runs() -> list[np.ndarray]:
    stream = Stream(3, "autoregressive")
    return [autoregressive(stream, 2000, 0.8) for _ in range(RUNS)]


def test_what_does_not_fill_the_batches_is_dropped_from_the_front() -> None:
    assert batch_means([9.0, 1.0, 3.0, 5.0, 7.0], 2).tolist() == [2.0, 6.0]


def test_a_batch_of_one_is_the_value_itself() -> None:
    assert batch_means([1.0, 2.0, 3.0], 3).tolist() == [1.0, 2.0, 3.0]


def test_the_interval_is_that_of_the_batch_means() -> None:
    values = [1.0, 3.0, 2.0, 6.0, 8.0, 10.0]
    assert batch_interval(values, 3, 0.9) == t_interval([2.0, 4.0, 9.0], 0.9)


@pytest.mark.parametrize(("values", "batches"), [([1.0, 2.0], 3), ([1.0, 2.0], 1), ([], 2)])
def test_too_few_values_or_batches_are_refused(values: list[float], batches: int) -> None:
    with pytest.raises(ConfigError):
        batch_means(values, batches)


def test_batch_intervals_hold_the_mean_as_often_as_they_say(runs: list[np.ndarray]) -> None:
    """AR(1) with memory 0.8, batches of 100: nominal 95 %, and 95 % is not excluded."""
    hits = sum(batch_interval(run).contains(0.0) for run in runs)
    assert exact_interval(hits, RUNS, 0.999).contains(0.95)


def test_neighbours_taken_for_independent_would_miss_the_mean_far_too_often(
    runs: list[np.ndarray],
) -> None:
    """The control: the same runs, no batches. Theory says about 49 % instead of 95 %."""
    hits = sum(t_interval(run.tolist()).contains(0.0) for run in runs)
    assert exact_interval(hits, RUNS, 0.999).high < 0.7


@pytest.mark.parametrize("q", [0.5, 0.9])
def test_quantile_intervals_hold_the_quantile_as_often_as_they_say(
    runs: list[np.ndarray], q: float
) -> None:
    truth = float(ndtri(q))
    hits = sum(quantile_interval(run, q).contains(truth) for run in runs)
    assert exact_interval(hits, RUNS, 0.999).contains(0.95)


def test_a_quantile_beyond_the_data_is_not_bounded_there() -> None:
    found = quantile_interval([float(i) for i in range(100)], 0.99, 10)
    assert found.value == 98.0
    assert found.high == math.inf
    assert math.isfinite(found.low)
    assert found.half_width == math.inf


def test_a_low_quantile_is_not_bounded_below() -> None:
    found = quantile_interval([float(i) for i in range(100)], 0.01, 10)
    assert found.low == -math.inf
    assert found.contains(-5.0)
    assert not found.contains(1e9)


def test_a_quantile_is_a_value_that_was_seen() -> None:
    found = quantile_interval([3.0, 1.0, 2.0, 5.0, 4.0, 6.0] * 20, 0.5, 20)
    assert (found.low, found.value, found.high) == (3.0, 3.0, 3.0)
    assert found.count == 120


@pytest.mark.parametrize(
    ("value", "inside"), [(1.0, True), (0.999, False), (4.0, True), (4.001, False)]
)
def test_the_ends_belong_to_a_quantiles_interval(value: float, inside: bool) -> None:
    found = QuantileInterval(2.0, 1.0, 4.0, 0.95, 100)
    assert found.contains(value) is inside
    assert found.half_width == 2.0


@pytest.mark.parametrize("q", [0.0, 1.0, -0.1])
def test_quantiles_lie_strictly_inside(q: float) -> None:
    with pytest.raises(ConfigError):
        quantile_interval([1.0, 2.0, 3.0], q, 2)


def test_a_quantile_of_what_is_no_number_is_refused() -> None:
    with pytest.raises(ConfigError):
        quantile_interval([1.0, math.nan, 2.0], 0.5, 2)


def test_correlation_of_neighbours_by_hand() -> None:
    """1, 2, 3, 4 around 2.5: (0.75 - 0.25 + 0.75) / 5 = 0.25."""
    assert lag_one_correlation([1.0, 2.0, 3.0, 4.0]) == pytest.approx(0.25)
    assert lag_one_correlation([1.0, -1.0] * 50) == pytest.approx(-0.99)
    assert lag_one_correlation([2.0, 2.0, 2.0]) == 0.0


def test_correlation_sees_the_memory_and_batches_lose_it(runs: list[np.ndarray]) -> None:
    assert lag_one_correlation(runs[0]) == pytest.approx(0.8, abs=0.06)
    assert abs(np.mean([lag_one_correlation(batch_means(run)) for run in runs])) < 0.08


def test_two_values_have_no_correlation() -> None:
    with pytest.raises(ConfigError):
        lag_one_correlation([1.0, 2.0])
