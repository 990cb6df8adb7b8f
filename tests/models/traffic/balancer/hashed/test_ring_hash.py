"""Ring hash. Semantics 6.2 (Envoy's ring, minimum 1024 points)."""

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.hashed.ring_hash import RING_SIZE_MAX, RingHash, point_counts

KEYS = range(4_000)


def ring(*members: int, weight: int = 1) -> RingHash:
    balancer = RingHash(Stream(41, "ring"))
    for member in members:
        balancer.add(member, weight)
    return balancer


def owners(balancer: RingHash) -> list[int]:
    return [balancer.pick_keyed(key, 0) for key in KEYS]


@pytest.mark.parametrize(
    ("weights", "bounds", "counts"),
    [
        ((1, 1, 1, 1), (1024, RING_SIZE_MAX), (256, 256, 256, 256)),
        ((1, 1, 1), (1024, RING_SIZE_MAX), (342, 342, 342)),
        ((1, 2), (1024, RING_SIZE_MAX), (342, 684)),
        ((7, 7), (1024, RING_SIZE_MAX), (512, 512)),
        ((1, 100), (1024, RING_SIZE_MAX), (11, 1100)),
        ((2, 3), (5, RING_SIZE_MAX), (2, 3)),
        ((2, 3), (6, RING_SIZE_MAX), (3, 5)),
        ((1, 1, 1, 1), (6, 6), (2, 1, 2, 1)),
        ((1, 1, 1, 1), (6, 8), (2, 2, 2, 2)),
        ((1, 1, 1, 1), (6, 7), (2, 2, 2, 1)),
        ((1, 1, 1, 1), (1, 2), (1, 1, 1, 1)),
        ((5,), (1024, RING_SIZE_MAX), (1024,)),
    ],
)
def test_points_follow_the_weights_between_the_bounds(
    weights: tuple[int, ...], bounds: tuple[int, int], counts: tuple[int, ...]
) -> None:
    assert tuple(point_counts(dict(enumerate(weights)), *bounds).values()) == counts


def test_points_do_not_depend_on_the_order_in_which_members_came() -> None:
    counts = point_counts({3: 1, 1: 1, 2: 1, 0: 1}, 6, 6)
    assert counts == {0: 2, 1: 1, 2: 2, 3: 1}


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=8),
    st.integers(1, 300),
    st.integers(0, 300),
)
def test_points_are_those_of_the_loop_that_hands_them_out_one_by_one(
    weights: list[int], size_min: int, more: int
) -> None:
    """Envoy's nested loops over normalised weights, in exact fractions."""
    total, size_max = sum(weights), size_min + more
    least = Fraction(min(weights), total)
    scale = min(ceil(least * size_min) / least, Fraction(size_max))
    expected, due, handed_out = [], Fraction(0), 0
    for weight in weights:
        due += scale * Fraction(weight, total)
        points = 0
        while handed_out < due:
            points += 1
            handed_out += 1
        expected.append(max(1, points))
    assert list(point_counts(dict(enumerate(weights)), size_min, size_max).values()) == expected


@pytest.mark.parametrize(
    ("size_min", "size_max"), [(0, 10), (11, 10), (1, RING_SIZE_MAX + 1), (-1, -1)]
)
def test_bounds_that_make_no_sense_are_refused(size_min: int, size_max: int) -> None:
    with pytest.raises(ConfigError, match="a ring needs"):
        RingHash(Stream(41, "ring"), size_min=size_min, size_max=size_max)


def test_a_key_belongs_to_the_first_point_at_or_after_its_hash() -> None:
    balancer = ring(0, 1, 2)
    balancer.pick(0)
    points = balancer._hashes
    assert points == sorted(points)
    for index in (0, 1, 500, len(points) - 1):
        assert balancer._position(points[index]) == index
        assert balancer._position(points[index] - 1) == index
    assert balancer._position(points[500] + 1) == 501


def test_past_the_last_point_the_ring_begins_again() -> None:
    balancer = ring(0, 1, 2)
    balancer.pick(0)
    assert balancer._position(balancer._hashes[-1] + 1) == 0
    assert balancer._position(2**64 - 1) == 0


@pytest.mark.parametrize("gone", range(6))
def test_going_down_moves_only_the_keys_of_that_member(gone: int) -> None:
    balancer = ring(*range(6))
    before = owners(balancer)
    balancer.mark_down(gone)
    after = owners(balancer)
    assert gone not in after
    assert all(now == then for now, then in zip(after, before, strict=True) if then != gone)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(3, 0.06, 0.11), (10, 0.06, 0.10), (100, 0.0, 0.0)]
)
def test_removing_a_member_moves_a_measured_share_of_the_others_keys(
    count: int, low: float, high: float
) -> None:
    """Others get more points when the group shrinks, except where the rounding absorbs it."""
    before = owners(ring(*range(count)))
    for gone in range(min(count, 4)):
        after = owners(ring(*(member for member in range(count) if member != gone)))
        moved = sum(now != then for now, then in zip(after, before, strict=True) if then != gone)
        assert low <= moved / len(KEYS) <= high


def test_equal_weights_own_the_same_points_whatever_they_are() -> None:
    assert owners(ring(0, 1, 2, weight=1)) == owners(ring(0, 1, 2, weight=9))
