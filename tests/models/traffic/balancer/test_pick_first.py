"""Pick first. Semantics 6.5 (gRPC)."""

from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.pick_first import PickFirst


def listed(*members: int) -> PickFirst:
    balancer = PickFirst()
    for member in members:
        balancer.add(member)
    return balancer


def test_everything_goes_to_the_first_in_the_list() -> None:
    balancer = listed(7, 2, 5)
    assert [balancer.pick(0) for _ in range(4)] == [7] * 4


def test_the_next_in_the_list_takes_over() -> None:
    balancer = listed(7, 2, 5)
    balancer.mark_down(7)
    assert balancer.pick(0) == 2


def test_who_took_over_stays_when_the_first_comes_back() -> None:
    balancer = listed(7, 2, 5)
    balancer.mark_down(7)
    balancer.mark_up(7)
    assert balancer.pick(0) == 2
    balancer.remove(2)
    assert balancer.pick(0) == 7


def test_losing_a_member_that_stands_by_changes_nothing() -> None:
    balancer = listed(7, 2, 5)
    balancer.mark_down(7)
    balancer.mark_up(7)
    balancer.mark_down(5)
    assert balancer.pick(0) == 2


def test_an_avoided_choice_is_passed_over_once() -> None:
    balancer = listed(7, 2, 5)
    assert [balancer.pick(0, 7), balancer.pick(0), balancer.pick(0, 2)] == [2, 7, 7]


def test_after_all_were_gone_the_first_to_come_is_chosen() -> None:
    balancer = listed(7, 2)
    balancer.mark_down(7)
    balancer.mark_down(2)
    assert balancer.pick(0) == NO_MEMBER
    balancer.mark_up(2)
    balancer.mark_up(7)
    assert balancer.pick(0) == 2
