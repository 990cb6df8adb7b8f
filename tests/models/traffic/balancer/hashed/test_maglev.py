"""Maglev. Semantics 6.2 (table fill, paper's example, weights, disruption)."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.hashed.maglev import (
    TABLE_SIZE,
    TABLE_SIZE_MAX,
    Maglev,
    Preference,
    fill,
    is_prime,
    preference,
)

B0, B1, B2 = Preference(0, 3, 4), Preference(1, 0, 2), Preference(2, 3, 1)


def table(size: int, *members: int) -> list[int]:
    return fill(size, [preference(member, 1, size) for member in members])


@pytest.mark.parametrize(
    ("backend", "permutation"),
    [(B0, [3, 0, 4, 1, 5, 2, 6]), (B1, [0, 2, 4, 6, 1, 3, 5]), (B2, [3, 4, 5, 6, 0, 1, 2])],
)
def test_preferences_are_the_permutations_of_the_paper(
    backend: Preference, permutation: list[int]
) -> None:
    """Slots in the order in which one that plays against a wall of others would take them."""
    taken: list[int] = []
    for _ in range(7):
        slot = backend.offset
        while slot in taken:
            slot = (slot + backend.skip) % 7
        taken.append(slot)
    assert taken == permutation


def test_three_backends_fill_the_table_of_the_paper() -> None:
    assert fill(7, [B0, B1, B2]) == [1, 0, 1, 0, 2, 2, 0]


def test_removing_the_second_backend_moves_one_slot_of_the_others() -> None:
    before, after = fill(7, [B0, B1, B2]), fill(7, [B0, B2])
    assert after == [0, 0, 0, 0, 2, 2, 2]
    moved = [now for then, now in zip(before, after, strict=True) if then not in (1, now)]
    assert len(moved) == 1


def test_weights_1_and_2_share_the_default_table_exactly() -> None:
    owners = fill(TABLE_SIZE, [preference(0, 1, TABLE_SIZE), preference(1, 2, TABLE_SIZE)])
    assert Counter(owners) == {0: 21_846, 1: 43_691}


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    st.dictionaries(st.integers(0, 99), st.integers(1, 9), min_size=1, max_size=9),
    st.sampled_from([2, 3, 7, 101, 251]),
)
def test_the_table_is_that_of_permutations_written_out(weights: dict[int, int], size: int) -> None:
    """Against whole permutations and a list of targets, as the paper's pseudocode has them."""
    wants = [preference(member, weight, size) for member, weight in sorted(weights.items())]
    orders = [[(w.offset + turn * w.skip) % size for turn in range(size)] for w in wants]
    naive: dict[int, int] = {}
    targets = dict.fromkeys(range(len(wants)), 0)
    iteration = 0
    while len(naive) < size:
        iteration += 1
        for index, want in enumerate(wants):
            if len(naive) < size and iteration * want.weight >= targets[index]:
                targets[index] += max(weights.values())
                naive[next(s for s in orders[index] if s not in naive)] = want.member
    assert fill(size, wants) == [naive[slot] for slot in range(size)]


@pytest.mark.parametrize(("size", "count"), [(1009, 10), (65_537, 100), (251, 7)])
def test_equal_members_own_numbers_of_slots_that_differ_by_one_at_most(
    size: int, count: int
) -> None:
    """Within 1 % of each other, given 100 slots for each."""
    seen = Counter(table(size, *range(count))).values()
    assert max(seen) - min(seen) <= 1


@pytest.mark.parametrize(
    ("size", "count", "low", "high"),
    [(65_537, 10, 0.001, 0.004), (65_537, 100, 0.004, 0.007), (1009, 10, 0.01, 0.03)],
)
def test_removing_a_member_moves_a_measured_share_of_the_others_keys(
    size: int, count: int, low: float, high: float
) -> None:
    """Beyond the share of the member that went, which must move."""
    before = table(size, *range(count))
    for gone in (0, count // 2, count - 1):
        after = table(size, *(member for member in range(count) if member != gone))
        moved = sum(now != then for now, then in zip(after, before, strict=True) if then != gone)
        assert low <= moved / size <= high


def test_keys_find_their_slot_by_what_is_left_of_their_hash() -> None:
    balancer = Maglev(Stream(47, "maglev"), 251)
    assert [balancer._position(hashed) for hashed in (0, 250, 251, 2**64 - 1)] == [
        0,
        250,
        0,
        (2**64 - 1) % 251,
    ]


def test_more_members_than_slots_leave_some_without() -> None:
    balancer = Maglev(Stream(47, "maglev"), 3)
    for member in range(5):
        balancer.add(member)
    owners = {balancer.pick_keyed(key, 0) for key in range(50)}
    assert owners == {0, 1, 2}
    assert 0 not in {balancer.pick_keyed(key, 0, 0) for key in range(50)}


@pytest.mark.parametrize("size", [-7, 0, 1, 4, 65_536, TABLE_SIZE_MAX + 10])
def test_a_table_without_a_prime_number_of_slots_is_refused(size: int) -> None:
    with pytest.raises(ConfigError, match=f"not {size}$"):
        Maglev(Stream(47, "maglev"), size)


@pytest.mark.parametrize("size", [2, TABLE_SIZE, TABLE_SIZE_MAX])
def test_a_prime_table_up_to_the_largest_is_taken(size: int) -> None:
    balancer = Maglev(Stream(47, "maglev"), size)
    assert balancer._position(size) == 0


def test_primes_are_told_from_other_numbers() -> None:
    primes = [number for number in range(-3, 60) if is_prime(number)]
    assert primes == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([2, 3, 7, 65_537]))
def test_preferences_stay_inside_the_table(member: int, size: int) -> None:
    want = preference(member, 1, size)
    assert 0 <= want.offset < size
    assert 1 <= want.skip < size
