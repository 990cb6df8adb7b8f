"""What all policies that hash request keys share. Semantics 6.2 (RING_HASH, MAGLEV)."""

from collections import Counter

import pytest

from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.hashed.ketama import Ketama
from models.traffic.balancer.hashed.keyed import KeyedPolicy
from models.traffic.balancer.hashed.maglev import Maglev
from models.traffic.balancer.hashed.ring_hash import RingHash

KEYS = range(2_000)


@pytest.fixture(params=["ring_hash", "ketama", "maglev"])
def balancer(request: pytest.FixtureRequest) -> KeyedPolicy:
    return empty(request.param)


def empty(policy: str) -> KeyedPolicy:
    stream = Stream(37, policy)
    if policy == "maglev":
        return Maglev(stream, 1009)
    return RingHash(stream) if policy == "ring_hash" else Ketama(stream)


def owners(balancer: KeyedPolicy) -> list[int]:
    return [balancer.pick_keyed(key, 0) for key in KEYS]


def test_a_key_stays_with_its_member(balancer: KeyedPolicy) -> None:
    for member in range(7):
        balancer.add(member)
    assert owners(balancer) == owners(balancer)
    assert len(set(owners(balancer))) == 7


def test_keys_in_a_row_are_shared_out(balancer: KeyedPolicy) -> None:
    for member in range(5):
        balancer.add(member)
    assert all(250 < count < 550 for count in Counter(owners(balancer)).values())


@pytest.mark.parametrize("policy", ["ring_hash", "ketama", "maglev"])
def test_callers_agree_in_whatever_order_they_heard_of_the_members(policy: str) -> None:
    one, other = empty(policy), empty(policy)
    for member in range(7):
        one.add(member, weight=1 + member % 3)
    for member in (4, 9, 2, 6, 0, 1, 5, 3):
        other.add(member, weight=1 + member % 3)
    owners(other)
    other.remove(9)
    assert owners(one) == owners(other)


def test_a_member_that_comes_back_gets_exactly_its_keys_back(balancer: KeyedPolicy) -> None:
    for member in range(7):
        balancer.add(member)
    before = owners(balancer)
    balancer.mark_down(3)
    assert 3 not in owners(balancer)
    balancer.mark_up(3)
    assert owners(balancer) == before


def test_an_avoided_owner_is_passed_by_the_same_way_each_time(balancer: KeyedPolicy) -> None:
    for member in range(7):
        balancer.add(member)
    for key in KEYS:
        owner = balancer.pick_keyed(key, 0)
        instead = balancer.pick_keyed(key, 0, owner)
        assert instead != owner
        assert balancer.pick_keyed(key, 0, owner) == instead


def test_avoiding_another_member_than_the_owner_changes_nothing(balancer: KeyedPolicy) -> None:
    for member in range(3):
        balancer.add(member)
    for key in KEYS:
        owner = balancer.pick_keyed(key, 0)
        assert balancer.pick_keyed(key, 0, (owner + 1) % 3) == owner


def test_without_a_key_one_is_drawn(balancer: KeyedPolicy) -> None:
    for member in range(4):
        balancer.add(member)
    assert {balancer.pick(0) for _ in range(100)} == set(range(4))


def test_the_key_drawn_is_the_next_word_of_the_stream() -> None:
    balancer, stream = empty("ketama"), Stream(37, "ketama")
    for member in range(4):
        balancer.add(member)
    drawn = [balancer.pick(0) for _ in range(50)]
    assert drawn == [balancer.pick_keyed(stream.word(), 0) for _ in range(50)]


def test_nobody_owns_a_key_when_nobody_is_up(balancer: KeyedPolicy) -> None:
    balancer.add(3)
    balancer.mark_down(3)
    assert balancer.pick_keyed(8, 0) == NO_MEMBER
    balancer.mark_up(3)
    assert balancer.pick_keyed(8, 0, 3) == 3


def test_weights_share_out_the_keys(balancer: KeyedPolicy) -> None:
    balancer.add(0, weight=1)
    balancer.add(1, weight=3)
    balancer.add(2, weight=4)
    seen = Counter(owners(balancer))
    for member, weight in enumerate((1, 3, 4)):
        assert seen[member] == pytest.approx(250 * weight, rel=0.25)
