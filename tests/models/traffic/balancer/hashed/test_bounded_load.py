"""Bounded load around hashed keys. Semantics 6.2 (``hash_balance_factor``)."""

from collections import Counter

import pytest

from models.base.errors import ConfigError, SimulationError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.hashed.bounded_load import BoundedLoad
from models.traffic.balancer.hashed.ring_hash import RingHash

HOT = 7


def bounded(*weights: int, factor: int = 150) -> BoundedLoad:
    stream = Stream(53, "bounded")
    balancer = BoundedLoad(RingHash(stream), stream, factor)
    for member, weight in enumerate(weights):
        balancer.add(member, weight)
    return balancer


def load(balancer: BoundedLoad, member: int, attempts: int) -> None:
    for _ in range(attempts):
        balancer.started(member)


@pytest.mark.parametrize(
    ("active", "others", "factor", "stays"),
    [
        (3, 4, 150, True),
        (4, 3, 150, False),
        (1, 0, 100, True),
        (2, 0, 100, False),
        (2, 5, 100, True),
        (3, 4, 100, False),
        (3, 5, 100, True),
    ],
)
def test_a_key_leaves_its_member_when_that_has_more_than_its_bound(
    active: int, others: int, factor: int, stays: bool
) -> None:
    """Of 4 equal members, with 7 active: ceil(8 * 1.5 / 4) = 3 may be active at each."""
    balancer = bounded(1, 1, 1, 1, factor=factor)
    owner = balancer.pick_keyed(HOT, 0)
    load(balancer, owner, active)
    for turn in range(others):
        load(balancer, (owner + 1 + turn % 3) % 4, 1)
    assert (balancer.pick_keyed(HOT, 0) == owner) is stays


@pytest.mark.parametrize(("active", "stays"), [(9, True), (10, False)])
def test_the_bound_follows_the_weight(active: int, stays: bool) -> None:
    """Weight 3 of 4 with 11 active in all: ceil(ceil(12 * 1.0) * 3 / 4) = 9."""
    balancer = bounded(1, 3, factor=100)
    key = next(key for key in range(99) if balancer.pick_keyed(key, 0) == 1)
    load(balancer, 1, active)
    load(balancer, 0, 11 - active)
    assert (balancer.pick_keyed(key, 0) == 1) is stays


@pytest.mark.parametrize(("active", "turn"), [(4, 0), (5, 1)])
def test_surplus_goes_to_the_first_member_of_its_row_that_is_not_full(
    active: int, turn: int
) -> None:
    """With 12 or 13 active at 4 members and factor 100, 4 may be active at each."""
    balancer = bounded(1, 1, 1, 1, factor=100)
    owner = balancer.pick_keyed(HOT, 0)
    row = [member for member in balancer._in_order_of(HOT) if member != owner]
    load(balancer, owner, 8)
    load(balancer, row[0], active)
    assert balancer.pick_keyed(HOT, 0) == row[turn]


def test_surplus_spills_the_same_way_for_the_same_key() -> None:
    rows = []
    for _ in range(2):
        balancer = bounded(*[1] * 9)
        row = []
        for _ in range(20):
            row.append(balancer.pick_keyed(HOT, 0))
            balancer.started(row[-1])
        rows.append(row)
    assert rows[0] == rows[1]
    assert len(set(rows[0])) > 3


def test_different_keys_spill_to_different_members() -> None:
    """A full member's keys do not all fall on its neighbour."""
    balancer = bounded(*[1] * 9)
    owned = [key for key in range(2_000) if balancer.pick_keyed(key, 0) == 0]
    load(balancer, 0, 50)
    assert len({balancer.pick_keyed(key, 0) for key in owned}) == 8


@pytest.mark.parametrize("factor", [100, 125, 200])
def test_one_hot_key_never_takes_a_member_past_its_bound(factor: int) -> None:
    balancer = bounded(1, 1, 2, 4, factor=factor)
    for active in range(1, 200):
        balancer.started(balancer.pick_keyed(HOT, 0))
        for entry in balancer.snapshot().members:
            slots = -(-active * factor // 100)
            assert (entry.active or 0) <= max(1, -(-slots * entry.weight // 8)) + 1


@pytest.mark.parametrize(
    ("owners", "others", "stays"), [(9, 7, False), (7, 9, True), (8, 8, True), (9, 6, False)]
)
def test_if_all_but_the_avoided_are_full_the_least_loaded_takes_the_request(
    owners: int, others: int, stays: bool
) -> None:
    """With 16 active in all, ceil(17 / 3) = 6 may be active at each of 3 members."""
    balancer = bounded(1, 1, 1, factor=100)
    owner = balancer.pick_keyed(HOT, 0)
    other, avoided = (owner + 1) % 3, (owner + 2) % 3
    load(balancer, owner, owners)
    load(balancer, other, others)
    assert balancer.pick_keyed(HOT, 0, avoided) == (owner if stays else other)


def test_a_full_owner_does_not_spill_to_the_member_to_be_avoided() -> None:
    balancer = bounded(1, 1, 1)
    owner = balancer.pick_keyed(HOT, 0)
    load(balancer, owner, 10)
    for avoid in range(3):
        if avoid != owner:
            assert balancer.pick_keyed(HOT, 0, avoid) == 3 - owner - avoid


def test_ends_make_room_again() -> None:
    balancer = bounded(1, 1, 1)
    owner = balancer.pick_keyed(HOT, 0)
    load(balancer, owner, 5)
    assert balancer.pick_keyed(HOT, 0) != owner
    for _ in range(5):
        balancer.finished(owner, 0, 1)
    assert balancer.pick_keyed(HOT, 0) == owner


def test_an_end_too_many_leaves_the_total_alone() -> None:
    balancer = bounded(1)
    with pytest.raises(SimulationError, match="never started"):
        balancer.finished(0, 0, 1)
    assert balancer._active_total == 0


def test_members_that_are_down_are_not_spilled_to() -> None:
    balancer = bounded(1, 1, 1)
    owner = balancer.pick_keyed(HOT, 0)
    spare = (owner + 1) % 3
    balancer.mark_down((owner + 2) % 3)
    load(balancer, owner, 10)
    assert {balancer.pick_keyed(HOT, 0) for _ in range(5)} == {spare}
    balancer.mark_down(spare)
    balancer.mark_down(owner)
    assert balancer.pick_keyed(HOT, 0) == NO_MEMBER


def test_without_a_key_one_is_drawn() -> None:
    balancer = bounded(1, 1, 1)
    assert set(Counter(balancer.pick(0) for _ in range(100))) == {0, 1, 2}


def test_a_factor_below_100_is_refused() -> None:
    with pytest.raises(ConfigError, match="leaves no room: 99"):
        bounded(factor=99)
