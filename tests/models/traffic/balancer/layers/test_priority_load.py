"""Loads and panic of priority levels. Semantics 6.1 (Envoy)."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.traffic.balancer.layers.config import PriorityConfig
from models.traffic.balancer.layers.priority_load import (
    LevelCounts,
    LevelLoad,
    is_panicking,
    level_health,
    level_loads,
    shares_of_health,
)

DEFAULT = PriorityConfig()


def levels_of(*healthy_percents: int) -> list[LevelCounts]:
    return [LevelCounts(100, percent) for percent in healthy_percents]


@pytest.mark.parametrize(
    ("healthy", "health", "percents", "panics"),
    [
        ((100, 100), (100, 100), (100, 0), ()),
        ((72, 100), (100, 100), (100, 0), ()),
        ((71, 100), (99, 100), (99, 1), ()),
        ((50, 100), (70, 100), (70, 30), ()),
        ((25, 100), (35, 100), (35, 65), ()),
        ((0, 100), (0, 100), (0, 100), ()),
        ((25, 25), (35, 35), (50, 50), (0, 1)),
        ((5, 65), (7, 91), (8, 92), (0,)),
        ((25, 25, 100), (35, 35, 100), (35, 35, 30), ()),
        ((25, 25, 20), (35, 35, 28), (37, 35, 28), (0, 1, 2)),
    ],
)
def test_the_table_of_semantics_holds(
    healthy: tuple[int, ...],
    health: tuple[int, ...],
    percents: tuple[int, ...],
    panics: tuple[int, ...],
) -> None:
    """Semantics 6.1; whole-number division may leave the documented values by two points."""
    levels = levels_of(*healthy)
    assert tuple(level_health(counts, 140) for counts in levels) == health
    assert tuple(shares_of_health(health)) == percents
    loads = level_loads(levels, DEFAULT)
    assert [level for level, load in enumerate(loads) if load.is_in_panic] == list(panics)
    if len(panics) < len(levels):
        assert tuple(load.percent for load in loads) == percents


@pytest.mark.parametrize(
    ("health", "documented"),
    [((20, 30), (40, 60)), ((7, 91), (7, 93)), ((35, 35, 28), (36, 36, 28))],
)
def test_documented_shares_are_met_within_two_points(
    health: tuple[int, ...], documented: tuple[int, ...]
) -> None:
    shares = shares_of_health(health)
    assert sum(shares) == 100
    assert all(abs(a - b) <= 2 for a, b in zip(shares, documented, strict=True))


def test_what_rounding_leaves_goes_to_the_first_level_with_health() -> None:
    assert shares_of_health([0, 30, 30, 30]) == [0, 34, 33, 33]


def test_without_any_health_all_goes_to_the_first_level() -> None:
    assert shares_of_health([0, 0, 0]) == [100, 0, 0]


@pytest.mark.parametrize(("available", "health"), [(714, 99), (715, 100), (1000, 100)])
def test_health_is_rounded_down_and_capped(available: int, health: int) -> None:
    assert level_health(LevelCounts(1000, available), 140) == health


@pytest.mark.parametrize(("available", "is_panic"), [(4, True), (5, False), (6, False)])
def test_exactly_half_of_the_members_is_no_panic(available: int, is_panic: bool) -> None:
    assert is_panicking(LevelCounts(10, available), 0.5) is is_panic


@pytest.mark.parametrize(("ratio", "is_panic"), [(0.0, False), (0.01, True)])
def test_an_empty_level_panics_unless_panic_is_off(ratio: float, is_panic: bool) -> None:
    assert is_panicking(LevelCounts(0, 0), ratio) is is_panic


def test_panic_is_not_looked_for_while_the_levels_together_are_healthy() -> None:
    """35 + 65 = 100: a quarter of the first level is enough, with this much behind it."""
    at, below = level_loads(levels_of(25, 47), DEFAULT), level_loads(levels_of(25, 46), DEFAULT)
    assert at == (LevelLoad(35, False), LevelLoad(65, False))
    assert [load.is_in_panic for load in below] == [True, True]


def test_when_all_levels_panic_traffic_follows_their_size() -> None:
    """Envoy, total panic: health no longer says anything about where to go."""
    levels = [LevelCounts(10, 1), LevelCounts(30, 12)]
    assert level_loads(levels, DEFAULT) == (LevelLoad(25, True), LevelLoad(75, True))
    thirds = [LevelCounts(10, 1)] * 3
    assert [load.percent for load in level_loads(thirds, DEFAULT)] == [34, 33, 33]


def test_with_everyone_down_and_panic_off_nobody_panics() -> None:
    off = PriorityConfig(panic_ratio=0.0)
    assert level_loads(levels_of(0, 0), off) == (LevelLoad(100, False), LevelLoad(0, False))


def test_levels_without_members_leave_all_to_the_first() -> None:
    assert level_loads([LevelCounts(0, 0)] * 2, DEFAULT) == (
        LevelLoad(100, True),
        LevelLoad(0, True),
    )


def test_a_single_level_panics_only_below_half() -> None:
    """Between 71.4 % and 50 % the level is short of members but its health still counts."""
    assert level_loads(levels_of(50), DEFAULT) == (LevelLoad(100, False),)
    assert level_loads(levels_of(49), DEFAULT) == (LevelLoad(100, True),)


@pytest.mark.parametrize(("percent", "ratio"), [(99, 0.5), (140, -0.01), (140, 1.01)])
def test_senseless_priorities_are_refused(percent: int, ratio: float) -> None:
    with pytest.raises(ConfigError):
        PriorityConfig(percent, ratio)


@given(
    st.lists(
        st.integers(0, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
        min_size=1,
        max_size=5,
    )
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_loads_are_near_the_exact_shares_and_sum_to_one_hundred(
    members: list[tuple[int, int]],
) -> None:
    """A naive model with fractions: each level takes what its health allows, in order."""
    levels = [LevelCounts(total, available) for total, available in members]
    healths = [
        min(Fraction(1), Fraction(7 * up, 5 * total)) if total else Fraction(0)
        for total, up in members
    ]
    loads = level_loads(levels, PriorityConfig(panic_ratio=0.0))
    assert sum(load.percent for load in loads) == 100
    whole = min(Fraction(1), sum(healths, Fraction(0)))
    left = Fraction(1)
    for load, health in zip(loads, healths, strict=True):
        share = min(left, health / whole) if whole else Fraction(0)
        left -= share
        # Healths are whole percents, so a small total health magnifies their rounding.
        slack = 1 + len(levels) * (1 + (1 / whole if whole else 100))
        assert abs(load.percent - 100 * share) <= slack
