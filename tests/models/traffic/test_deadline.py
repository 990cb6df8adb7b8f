"""Deadlines that travel with the request. Semantics 8.5."""

import pytest

from models.traffic.deadline import (
    NO_DEADLINE,
    NO_TIME,
    has_time,
    on_own_clock,
    time_left,
    try_ends,
)


@pytest.mark.parametrize(
    ("now", "timeout", "deadline", "margin", "ends"),
    [
        (0, 50, 100, 0, 50),
        (60, 50, 100, 0, 100),
        (60, 50, 100, 10, 90),
        (89, 50, 100, 10, 90),
        (90, 50, 100, 10, NO_TIME),
        (100, 50, 100, 0, NO_TIME),
        (0, 0, 100, 0, 100),
        (0, 50, NO_DEADLINE, 10, 50),
        (0, 0, NO_DEADLINE, 10, NO_DEADLINE),
    ],
)
def test_a_try_ends_at_its_timeout_or_the_deadline_less_the_margin(
    now: int, timeout: int, deadline: int, margin: int, ends: int
) -> None:
    assert try_ends(now, timeout, deadline, margin) == ends


@pytest.mark.parametrize(
    ("left", "delay", "needed", "is_enough"),
    [
        (100, 40, 60, True),
        (100, 40, 61, False),
        (100, 99, 0, True),
        (100, 100, 0, False),
        (0, 0, 0, False),
    ],
)
def test_a_retry_needs_time_to_begin_and_to_end(
    left: int, delay: int, needed: int, is_enough: bool
) -> None:
    assert has_time(left, delay, needed) is is_enough


def test_a_deadline_crosses_between_clocks_as_the_time_that_is_left() -> None:
    caller_now, callee_now = 1_000, 77
    left = time_left(caller_now, 1_250)
    assert left == 250
    assert on_own_clock(callee_now, left) == 327


def test_what_is_over_has_no_time_left() -> None:
    assert time_left(10, 10) == time_left(11, 10) == 0


def test_no_deadline_stays_none_on_the_other_side() -> None:
    assert on_own_clock(77, time_left(1_000, NO_DEADLINE)) == NO_DEADLINE
