"""What surges make of a rate: cut where they begin and end, slopes kept, overlaps multiplied."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic
from models.base.errors import ConfigError
from models.faults.ailments import DependencyOutage
from models.faults.plan import Fault
from models.faults.surge import LoadSurge, has_rate, surged, with_surges
from models.service.arrivals import RenewalArrivals
from models.service.traffic import MixEntry, RateProfile, SourceSpec, UserSpec

LEVEL = RateProfile((0,), (10.0,))
SLOPE = RateProfile((0, 100, 200), (10.0, 10.0, 30.0), (10.0, 30.0, 30.0))


def source(arrivals=LEVEL, *, name="users", users=None) -> SourceSpec:
    return SourceSpec(name, "shop", (MixEntry("do", 1.0),), arrivals, users=users)


@pytest.mark.parametrize(
    ("begin", "end", "profile"),
    [
        (50, 80, RateProfile((0, 50, 80), (10.0, 30.0, 10.0))),
        (50, None, RateProfile((0, 50), (10.0, 30.0))),
        (0, 80, RateProfile((0, 80), (30.0, 10.0))),
        (0, None, RateProfile((0,), (30.0,))),
    ],
)
def test_a_level_rate_is_multiplied_from_the_begin_to_the_end(begin, end, profile):
    assert surged(LEVEL, begin, end, 3.0) == profile


def test_a_slope_that_is_cut_stays_on_its_line():
    """From 10/s to 30/s over 100 ns: 15/s after 25 ns, 25/s after 75 ns, then twice as much."""
    assert surged(SLOPE, 125, 175, 2.0) == RateProfile(
        (0, 100, 125, 175, 200),
        (10.0, 10.0, 30.0, 25.0, 30.0),
        (10.0, 15.0, 50.0, 30.0, 30.0),
    )


def test_cuts_at_the_bounds_of_pieces_add_no_piece():
    assert surged(SLOPE, 100, 200, 2.0) == RateProfile(
        (0, 100, 200), (10.0, 20.0, 30.0), (10.0, 60.0, 30.0)
    )


def test_a_factor_of_one_changes_no_rate():
    assert surged(SLOPE, 100, 200, 1.0) == SLOPE


def test_a_factor_below_one_is_less_load():
    assert surged(LEVEL, 50, 80, 0.0).rates_per_s == (10.0, 0.0, 10.0)


def area(profile: RateProfile, begin: int, end: int) -> float:
    """Expected arrivals (1e-9) between two instants, by trapezoids."""
    bounds = [*profile.starts_ns, max(end, profile.starts_ns[-1]) + 1]
    total = 0.0
    for place, (start, until) in enumerate(pairwise(bounds)):
        first, last = profile.rates_per_s[place], profile.ends[place]
        low, high = max(start, begin), min(until, end)
        if low < high:
            slope = (last - first) / (until - start)
            total += (high - low) * (first + slope * ((low + high) / 2 - start))
    return total


@st.composite
def profiles(draw: st.DrawFn) -> RateProfile:
    starts = (0, *sorted(draw(st.sets(st.integers(1, 900), max_size=4))))
    rate = st.floats(0, 100)
    firsts = tuple(draw(rate) for _ in starts)
    lasts = (*(draw(rate) for _ in starts[1:]), firsts[-1])
    return RateProfile(starts, firsts, lasts)


@given(profiles(), st.integers(0, 1000), st.integers(1, 500), st.floats(0, 9))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_only_what_is_inside_is_multiplied(profile, begin, length, factor):
    made = surged(profile, begin, begin + length, factor)
    for start, end, times in (
        (0, begin, 1.0),
        (begin, begin + length, factor),
        (begin + length, 2000, 1.0),
    ):
        assert area(made, start, end) == pytest.approx(
            times * area(profile, start, end), rel=1e-9, abs=1e-6
        )


def test_surges_count_from_the_start_of_measure_and_overlaps_multiply():
    plan = [
        Fault("one", 10, 20, LoadSurge("users", 2.0)),
        Fault("other", 20, 20, LoadSurge("users", 3.0)),
        Fault("else", 0, None, DependencyOutage("shop")),
    ]
    (made,) = with_surges([source()], plan, 100)
    assert made.profile == RateProfile((0, 110, 120, 130, 140), (10.0, 20.0, 60.0, 30.0, 10.0))


def test_other_sources_stay_as_they_are():
    other = source(name="robots")
    made = with_surges([source(), other], [Fault("f", 0, 5, LoadSurge("users", 2.0))], 0)
    assert made[1] is other


@pytest.mark.parametrize(
    "spec",
    [
        source(RenewalArrivals(Deterministic(5))),
        source(users=UserSpec(3, Deterministic(5))),
        source(name="robots"),
    ],
)
def test_what_has_no_rate_cannot_surge(spec):
    with pytest.raises(ConfigError):
        with_surges([spec], [Fault("f", 0, 5, LoadSurge("users", 2.0))], 0)


def test_a_rate_is_what_users_have_who_come_by_themselves():
    assert has_rate(source())
    assert not has_rate(source(RenewalArrivals(Deterministic(5))))
    assert not has_rate(source(users=UserSpec(3, Deterministic(5))))
