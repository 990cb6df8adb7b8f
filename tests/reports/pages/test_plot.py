"""Axes that hold their values and count in round steps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.pages.plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, axis, polyline, round_step


@pytest.mark.parametrize(
    ("rough", "step"), [(1, 1), (1.01, 2), (2.3, 2.5), (2.6, 5), (7, 10), (0.03, 0.05), (180, 200)]
)
def test_steps_are_round(rough, step):
    assert round_step(rough) == pytest.approx(step)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 1e9), max_size=8))
def test_an_axis_holds_its_values_between_zero_and_top(values):
    found = axis(values)
    assert found.top >= max(values, default=0) * (1 - 1e-9)
    ticks = list(found.ticks())
    assert ticks[0] == (LEFT, 0)
    assert ticks[-1][0] == WIDTH - RIGHT
    assert 1 <= len(ticks) - 1 <= 5


def test_a_vertical_axis_grows_upwards():
    found = axis([10], is_vertical=True)
    assert found.place(0) == HEIGHT - BOTTOM
    assert found.place(found.top) == TOP


def test_values_that_are_no_numbers_do_not_stretch_the_axis():
    assert axis([float("nan"), 4.0]).top == 4.0


def test_a_line_moves_once_and_then_draws():
    assert polyline([(0, 1), (2.5, 3)]) == "M0 1L2.5 3"
    assert polyline([]) == ""
