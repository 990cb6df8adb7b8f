"""MSER-5 against hand-worked sequences and against its definition, term by term."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.quality.warm_up import mser5


def naive_errors(values: list[float]) -> list[float]:
    """The definition: for each d, sum of squares of what is left over its count squared."""
    batches = [math.fsum(values[i : i + 5]) / 5 for i in range(0, len(values) // 5 * 5, 5)]
    errors = []
    for dropped in range(len(batches) - 5):
        left = batches[dropped:]
        mean = math.fsum(left) / len(left)
        errors.append(math.fsum((x - mean) ** 2 for x in left) / len(left) ** 2)
    return errors


def test_one_high_batch_at_the_start_is_dropped() -> None:
    """Batch means 10, 1, 1, 1, 1, 1, 1: z(0) = 69.43 / 49, z(1) = 0."""
    warm_up = mser5([10.0] * 5 + [1.0] * 30)
    assert (warm_up.truncated, warm_up.error, warm_up.is_over) == (5, 0.0, True)


def test_nothing_is_dropped_where_nothing_is_gained() -> None:
    """Batch means 1, 3 in turn: dropping one pair leaves the spread and costs values."""
    assert mser5(([1.0] * 5 + [3.0] * 5) * 10).truncated == 0


def test_the_smallest_of_equally_good_truncations_is_taken() -> None:
    assert mser5([4.0] * 100).truncated == 0


def test_a_hand_worked_decay() -> None:
    """Batch means 8, 4, 2, then 1, 0, 1, 0, 1, 0, 1.

    z(2) = 7.5 / 64 and z(3) = 12 / 7 / 49 = 0.0350; z(4) = 1.5 / 36 = 0.0417.
    """
    means = [8.0, 4.0, 2.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
    warm_up = mser5([mean for mean in means for _ in range(5)])
    assert warm_up.truncated == 15
    assert warm_up.error == pytest.approx(12 / 7 / 49)


def test_a_run_that_is_all_transient_is_called_too_short() -> None:
    warm_up = mser5([float(200 - i) for i in range(200)])
    assert not warm_up.is_over


@pytest.mark.parametrize(("transient", "is_over"), [(10, True), (11, False)])
def test_dropping_exactly_half_is_still_allowed(transient: int, is_over: bool) -> None:
    warm_up = mser5([100.0] * (5 * transient) + [1.0] * (5 * (20 - transient)))
    assert warm_up.truncated == 5 * transient
    assert warm_up.is_over is is_over


def test_values_after_the_last_whole_batch_are_not_judged() -> None:
    values = [10.0] * 5 + [1.0] * 30
    assert mser5([*values, 1e9, 1e9, 1e9, 1e9]).truncated == 5


@pytest.mark.parametrize("values", [[1.0] * 29, [1.0] * 40 + [math.nan], [math.inf] * 40])
def test_too_few_values_or_none_that_are_numbers_are_refused(values: list[float]) -> None:
    with pytest.raises(ConfigError):
        mser5(values)


def test_30_values_are_enough() -> None:
    assert mser5([1.0] * 30).length == 30


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.integers(-1000, 1000), min_size=30, max_size=200))
def test_no_truncation_is_better_than_the_one_found(values: list[int]) -> None:
    errors = naive_errors([float(value) for value in values])
    warm_up = mser5([float(value) for value in values])
    assert warm_up.error == pytest.approx(min(errors), rel=1e-9, abs=1e-9)
    assert errors[warm_up.truncated // 5] == pytest.approx(min(errors), rel=1e-9, abs=1e-9)


def test_a_large_level_does_not_drown_the_judgement() -> None:
    wave = [math.sin(i) for i in range(400)]
    start = [50.0 / (i + 1) for i in range(400)]
    low = mser5([a + b for a, b in zip(wave, start, strict=True)])
    high = mser5([a + b + 1e9 for a, b in zip(wave, start, strict=True)])
    assert high.truncated == low.truncated > 0


def test_a_queue_that_starts_empty_loses_its_climb() -> None:
    """Waits of M/M/1 at 90 % by Lindley's recursion; the mean of the rest is nearer to 9."""
    stream = Stream(4, "lindley")
    gaps = -np.log1p(-stream.uniforms(20_000)) / 0.9
    works = -np.log1p(-stream.uniforms(20_000))
    shifted = np.concatenate([[0.0], np.cumsum(works[:-1] - gaps[1:])])
    waits = shifted - np.minimum.accumulate(shifted)
    climbing = np.concatenate([np.linspace(-200, 0, 500), np.zeros(19_500)]) + waits
    warm_up = mser5(climbing)
    assert 300 <= warm_up.truncated <= 10_000
    assert warm_up.is_over
