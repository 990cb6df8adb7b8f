"""When to stop replicating, and how many more it will take."""

import math

import pytest
from scipy.special import ndtri, stdtrit

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.quality.interval import exact_interval, t_interval
from models.quality.replications import Precision, SequentialMean, replications_needed


def collected(values: list[float], precision: Precision) -> SequentialMean:
    mean = SequentialMean(precision)
    for value in values:
        mean.add(value)
    return mean


def test_nothing_stops_before_the_minimum() -> None:
    precision = Precision(0.1, at_least=4)
    assert not collected([5.0] * 3, precision).is_finished
    assert collected([5.0] * 4, precision).is_finished


def test_the_maximum_stops_what_is_not_precise() -> None:
    mean = collected([1.0, 100.0, 1.0, 100.0], Precision(0.01, at_least=2, at_most=4))
    assert mean.is_finished
    assert not mean.is_precise


def test_the_observed_half_width_is_a_little_under_the_promised_one() -> None:
    """Source: Law 9.4.1: g' = g / (1 + g)."""
    assert Precision(0.1).observed_half_width == pytest.approx(1 / 11)
    values = [9.0, 11.0, 9.5, 10.5, 10.0]
    width = t_interval(values).relative_half_width
    exactly = width / (1 - width)
    assert collected(values, Precision(exactly * 1.0001, at_least=5)).is_precise
    assert not collected(values, Precision(exactly * 0.9999, at_least=5)).is_precise


def test_the_interval_is_that_of_all_values() -> None:
    values = [1.0, 2.0, 4.0]
    mean = collected(values, Precision(0.1, confidence=0.9))
    assert (mean.count, mean.interval()) == (3, t_interval(values, 0.9))


@pytest.mark.parametrize("relative", [0.5, 0.2, 0.05, 0.01])
def test_the_number_needed_is_the_smallest_that_does(relative: float) -> None:
    """Judged by the half-width that the same spread would have with n values."""
    values = [8.0, 12.0, 9.0, 11.0, 10.0, 10.5]
    precision = Precision(relative, at_least=2)
    needed = replications_needed(values, precision)
    assert needed is not None
    spread = t_interval(values, 0.95)
    sd = spread.half_width * math.sqrt(6) / 2.570581835636197

    def width(n: int) -> float:
        return float(stdtrit(n - 1, 0.975)) * sd / math.sqrt(n) / 10.083333333333334

    assert width(needed) <= precision.observed_half_width
    assert needed == 2 or width(needed - 1) > precision.observed_half_width


def test_equal_values_need_no_more_than_the_minimum() -> None:
    assert replications_needed([3.0, 3.0], Precision(0.01, at_least=7)) == 7


def test_no_number_narrows_a_share_of_nothing() -> None:
    assert replications_needed([-1.0, 1.0], Precision(0.1)) is None


def test_the_number_needed_may_exceed_the_maximum() -> None:
    mean = collected([1.0, 3.0, 2.0], Precision(0.01, at_least=2, at_most=3))
    assert (mean.needed() or 0) > 3


def test_one_replication_tells_no_spread() -> None:
    with pytest.raises(ConfigError):
        replications_needed([1.0], Precision(0.1))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_replication_without_a_figure_is_refused(value: float) -> None:
    with pytest.raises(ConfigError):
        SequentialMean(Precision(0.1)).add(value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"relative_half_width": 0.0},
        {"relative_half_width": 1.0},
        {"relative_half_width": 0.1, "confidence": 1.0},
        {"relative_half_width": 0.1, "at_least": 1},
        {"relative_half_width": 0.1, "at_least": 9, "at_most": 8},
    ],
)
def test_a_precision_that_makes_no_sense_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Precision(**arguments)  # type: ignore[arg-type]


def test_the_mean_is_within_the_promise_as_often_as_stated() -> None:
    """300 sequential experiments on a normal law of mean 10 and sd 3, to 5 % at 95 %."""
    stream = Stream(8, "sequential")
    hits = 0
    for _ in range(300):
        mean = SequentialMean(Precision(0.05, at_least=10))
        while not mean.is_finished:
            mean.add(10.0 + 3.0 * float(ndtri(stream.uniform() + 2.0**-54)))
        hits += abs(mean.interval().mean - 10.0) <= 0.5
    assert exact_interval(hits, 300, 0.999).contains(0.95)
