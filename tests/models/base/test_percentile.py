"""Nearest rank: ranks by whole-number arithmetic, values as they were seen."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.percentile import nearest_rank, rank

moderate = settings(derandomize=True, deadline=None, max_examples=60)


# The worked example of nearest rank in Wikipedia, "Percentile": 15, 20, 35, 40, 50.
@pytest.mark.parametrize(
    ("q", "value"), [(0.05, 15), (0.3, 20), (0.4, 20), (0.5, 35), (1.0, 50), (0.0, 15)]
)
def test_the_textbook_example(q: float, value: int) -> None:
    assert nearest_rank([50, 15, 40, 20, 35], q) == value


@pytest.mark.parametrize(
    ("count", "q", "position"),
    [
        (100, 0.99, 99),
        (101, 0.99, 100),
        (99, 0.99, 99),
        (100, 0.55, 55),
        (100, 0.07, 7),
        (1000, 0.999, 999),
        (1001, 0.999, 1000),
        (1, 0.0, 1),
        (10, 0.0, 1),
        (10, 0.1, 1),
        (10, 0.11, 2),
        (3, 1.0, 3),
    ],
)
def test_the_rank_is_that_of_the_decimal_that_was_written(
    count: int, q: float, position: int
) -> None:
    assert rank(count, q) == position


@given(st.integers(1, 10**6), st.integers(0, 1000))
@moderate
def test_the_rank_is_the_smallest_that_covers_the_share(count: int, per_mille: int) -> None:
    position = rank(count, per_mille / 1000)
    assert Fraction(position, count) >= Fraction(per_mille, 1000)
    assert position == 1 or Fraction(position - 1, count) < Fraction(per_mille, 1000)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.floats(0.0, 1.0))
@moderate
def test_arrays_and_lists_in_any_order_agree_with_sorting(values: list[int], q: float) -> None:
    expected = sorted(values)[rank(len(values), q) - 1]
    assert nearest_rank(values, q) == expected
    assert nearest_rank(np.array(values), q) == expected
    assert nearest_rank(np.array(values, float), q) == expected


def test_nothing_has_no_percentile() -> None:
    assert nearest_rank([], 0.5) is None
    assert nearest_rank(np.empty(0), 0.5) is None


def test_an_array_of_integers_gives_a_python_integer() -> None:
    assert type(nearest_rank(np.array([2**60 + 1, 3]), 1.0)) is int


def test_the_values_are_left_in_their_order() -> None:
    array, values = np.array([3, 1, 2]), [3, 1, 2]
    nearest_rank(array, 0.5)
    nearest_rank(values, 0.5)
    assert (array.tolist(), values) == ([3, 1, 2], [3, 1, 2])


@pytest.mark.parametrize("q", [-0.01, 1.01, math.nan])
@pytest.mark.parametrize("values", [[], [1, 2]])
def test_a_share_outside_zero_and_one_is_refused(values: list[int], q: float) -> None:
    with pytest.raises(ValueError, match="no rank"):
        nearest_rank(values, q)


def test_there_is_no_rank_among_nothing() -> None:
    with pytest.raises(ValueError, match="no rank"):
        rank(0, 0.5)


@pytest.mark.parametrize("values", [[1.0, math.nan], np.array([math.nan, 1.0])])
def test_values_that_are_not_numbers_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="not all numbers"):
        nearest_rank(values, 0.5)
