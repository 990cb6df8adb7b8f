"""Node clocks: drift in whole nanoseconds, steps of the wall clock only, and the way back."""

from hypothesis import given
from hypothesis import strategies as st

from sim.kernel.clocks import NodeClock


def test_a_true_clock_shows_true_time() -> None:
    clock = NodeClock(wall_start_ns=1_000)
    assert (clock.monotonic_at(7), clock.wall_at(7), clock.true_at(7)) == (7, 1_007, 7)


def test_drift_is_parts_per_million_and_both_clocks_have_it() -> None:
    clock = NodeClock(offset_ns=-5, drift_ppm=200)
    assert clock.monotonic_at(1_000_000_000) == 1_000_200_000
    assert clock.wall_at(1_000_000_000) == 1_000_199_995


def test_a_step_moves_the_wall_clock_alone() -> None:
    clock = NodeClock()
    clock.step(-3_600)
    assert (clock.wall_at(10_000), clock.monotonic_at(10_000)) == (6_400, 10_000)


@given(st.integers(0, 10**15), st.integers(-500, 500))
def test_true_at_is_the_first_instant_that_shows_the_reading(reading: int, drift: int) -> None:
    clock = NodeClock(drift_ppm=drift)
    instant = clock.true_at(reading)
    assert clock.monotonic_at(instant) >= reading
    assert instant == 0 or clock.monotonic_at(instant - 1) < reading


@given(st.integers(0, 10**15), st.integers(0, 10**12), st.integers(-500, 500))
def test_the_monotonic_clock_never_goes_back(start: int, later: int, drift: int) -> None:
    clock = NodeClock(drift_ppm=drift)
    assert clock.monotonic_at(start + later) >= clock.monotonic_at(start)


def test_a_skew_moves_the_wall_clock_alone_until_it_is_set_right() -> None:
    clock = NodeClock(wall_start_ns=1_000)
    clock.skew(1, since_ns=10, by_ns=-500)
    assert (clock.wall_at(10), clock.monotonic_at(10), clock.true_at(10)) == (510, 10, 10)
    clock.set_right(1)
    assert clock.wall_at(10) == 1_010


def test_a_skew_that_drifts_grows_from_its_beginning_on() -> None:
    clock = NodeClock()
    clock.skew(1, since_ns=1_000_000, drift_ppm=300)
    assert [clock.wall_at(1_000_000 + later) for later in (0, 1_000_000)] == [1_000_000, 2_000_300]
    assert clock.monotonic_at(2_000_000) == 2_000_000


def test_causes_of_skew_add_up_and_end_one_by_one() -> None:
    clock = NodeClock()
    clock.skew(1, since_ns=0, by_ns=5)
    clock.skew(2, since_ns=0, by_ns=7)
    assert clock.wall_at(0) == 12
    clock.set_right(1)
    assert clock.wall_at(0) == 7


@given(st.integers(0, 10**12), st.integers(1, 10**6), st.integers(-999_999, 999_999))
def test_a_wall_clock_that_drifts_less_than_time_itself_goes_on(
    start: int, later: int, drift: int
) -> None:
    clock = NodeClock()
    clock.skew(1, since_ns=start, drift_ppm=drift)
    assert clock.wall_at(start + later) >= clock.wall_at(start)
