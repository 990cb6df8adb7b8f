"""Membership, the same for every built-in policy. Naive defects: balancers, proxy."""

import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER, Balancer, BalancerSnapshot, MemberSnapshot
from models.traffic.balancer.load.least_request import LeastRequest
from models.traffic.balancer.policies import BUILT_IN, make_balancer
from models.traffic.balancer.round_robin import RoundRobin
from models.traffic.config import BalancerConfig


@pytest.fixture(params=sorted(BUILT_IN))
def balancer(request: pytest.FixtureRequest) -> Balancer:
    return make_balancer(BalancerConfig(request.param), Stream(1, "balancer"))


def picks(balancer: Balancer, count: int) -> list[int]:
    return [balancer.pick(0) for _ in range(count)]


def test_an_empty_balancer_picks_nobody(balancer: Balancer) -> None:
    assert balancer.pick(0) == NO_MEMBER


def test_nobody_is_picked_when_all_are_down(balancer: Balancer) -> None:
    for member in (3, 5):
        balancer.add(member)
        balancer.mark_down(member)
    assert balancer.pick(0) == NO_MEMBER


def test_the_only_member_up_takes_everything(balancer: Balancer) -> None:
    for member in (3, 5, 8):
        balancer.add(member)
    balancer.mark_down(3)
    balancer.mark_down(8)
    assert picks(balancer, 20) == [5] * 20


def test_a_member_removed_while_down_stays_gone(balancer: Balancer) -> None:
    balancer.add(3)
    balancer.add(5)
    balancer.mark_down(3)
    balancer.remove(3)
    assert set(picks(balancer, 20)) == {5}
    with pytest.raises(ConfigError, match="member 3 was never added"):
        balancer.mark_up(3)


def test_a_member_removed_and_added_again_is_picked_again(balancer: Balancer) -> None:
    balancer.add(3)
    balancer.remove(3)
    balancer.add(3)
    assert balancer.pick(0) == 3


@pytest.mark.parametrize("verb", ["remove", "mark_down", "mark_up"])
def test_an_unknown_member_is_refused_by_name(balancer: Balancer, verb: str) -> None:
    balancer.add(3)
    with pytest.raises(ConfigError, match="member 4 was never added"):
        getattr(balancer, verb)(4)


@pytest.mark.parametrize(("member", "weight"), [(-1, 1), (0, 0), (0, -2)])
def test_a_negative_member_or_a_weight_below_one_is_refused(
    balancer: Balancer, member: int, weight: int
) -> None:
    with pytest.raises(ConfigError):
        balancer.add(member, weight)
    assert balancer.snapshot() == BalancerSnapshot(())


def test_marking_twice_changes_nothing(balancer: Balancer) -> None:
    for member in (3, 5):
        balancer.add(member)
    balancer.mark_down(3)
    once_down = balancer.snapshot()
    balancer.mark_down(3)
    assert balancer.snapshot() == once_down
    balancer.mark_up(3)
    once_up = balancer.snapshot()
    balancer.mark_up(3)
    assert balancer.snapshot() == once_up


def test_marking_a_member_that_is_up_does_not_add_it_twice(balancer: Balancer) -> None:
    balancer.add(3)
    for _ in range(5):
        balancer.mark_up(3)
    balancer.mark_down(3)
    assert balancer.pick(0) == NO_MEMBER


def test_adding_a_known_member_changes_its_weight_only(balancer: Balancer) -> None:
    balancer.add(3)
    balancer.mark_down(3)
    balancer.add(3, weight=7)
    (only,) = balancer.snapshot().members
    assert (only.member, only.weight, only.is_up) == (3, 7, False)


def test_the_last_target_is_avoided_while_another_is_up(balancer: Balancer) -> None:
    for member in (3, 5, 8):
        balancer.add(member)
    assert 5 not in [balancer.pick(0, 5) for _ in range(60)]


def test_the_last_target_is_picked_when_it_is_the_only_one_up(balancer: Balancer) -> None:
    for member in (3, 5):
        balancer.add(member)
    balancer.mark_down(3)
    assert [balancer.pick(0, 5) for _ in range(3)] == [5, 5, 5]


def test_avoiding_a_member_that_is_down_or_unknown_avoids_nobody(balancer: Balancer) -> None:
    for member in (3, 5):
        balancer.add(member)
    balancer.mark_down(3)
    assert balancer.pick(0, 3) == 5
    assert balancer.pick(0, 99) == 5


def test_the_snapshot_lists_members_in_the_order_they_joined() -> None:
    balancer = RoundRobin()
    balancer.add(8, weight=2)
    balancer.add(3)
    balancer.mark_down(8)
    balancer.started(3)
    assert balancer.snapshot() == BalancerSnapshot(
        (MemberSnapshot(8, 2, False, None), MemberSnapshot(3, 1, True, None))
    )


def test_a_policy_that_does_not_track_load_takes_reports_of_it_without_effect() -> None:
    balancer = RoundRobin()
    balancer.add(3)
    before = balancer.snapshot()
    balancer.started(3)
    balancer.finished(3, 0, 5)
    assert balancer.snapshot() == before


def test_a_policy_that_needs_no_key_picks_the_same_with_one() -> None:
    with_key, without = RoundRobin(), RoundRobin()
    for balancer in (with_key, without):
        for member in (3, 5, 8):
            balancer.add(member)
    assert not with_key.needs_key
    keyed = [with_key.pick_keyed(99, 0, avoid) for avoid in (NO_MEMBER, 5, 3)]
    assert keyed == [without.pick(0, avoid) for avoid in (NO_MEMBER, 5, 3)]


def test_an_end_with_its_time_is_an_end() -> None:
    balancer = LeastRequest(Stream(1, "ends"))
    balancer.add(3)
    balancer.started(3)
    assert not balancer.needs_time
    balancer.finished_at(3, 0, 5, 1_000)
    (only,) = balancer.snapshot().members
    assert only.active == 0
