"""Subsets of members. Source: "Site Reliability Engineering", chapter 20; rendezvous hashing."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.facts import CallerFacts, MemberFacts
from models.traffic.balancer.layers.config import PriorityConfig, SubsetConfig, SubsetMethod
from models.traffic.balancer.layers.host_set import HostSet
from models.traffic.balancer.layers.priority import PriorityLevels
from models.traffic.balancer.layers.subset import Subset, deterministic_order, rendezvous_order
from models.traffic.balancer.load.least_request import LeastRequest
from models.traffic.balancer.round_robin import RoundRobin

RENDEZVOUS = SubsetMethod.RENDEZVOUS


def subset_of(members: int, caller: int, config: SubsetConfig) -> set[int]:
    return set(deterministic_order(range(members), caller, config)[: config.size])


def balancer_of(
    members: int, size: int, method: SubsetMethod = SubsetMethod.DETERMINISTIC, caller: int = 0
) -> Subset:
    balancer = Subset(SubsetConfig(size, method), RoundRobin())
    balancer.situate(CallerFacts(index=caller))
    for member in range(members):
        balancer.add(member)
    return balancer


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 60))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_members_that_divide_evenly_get_callers_evenly(
    slices: int, size: int, callers: int
) -> None:
    """Every round gives each member exactly one caller, so counts differ by at most one."""
    config = SubsetConfig(size)
    seen: Counter[int] = Counter(dict.fromkeys(range(slices * size), 0))
    for caller in range(callers):
        seen.update(subset_of(slices * size, caller, config))
    assert max(seen.values()) - min(seen.values()) <= 1
    assert sum(seen.values()) == callers * size


@given(st.integers(2, 60), st.integers(1, 12), st.integers(0, 5))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_in_a_round_no_two_callers_share_a_member_and_only_the_remainder_is_left_out(
    members: int, size: int, turn: int
) -> None:
    config = SubsetConfig(size)
    slices = max(1, members // size)
    round_of = [subset_of(members, turn * slices + place, config) for place in range(slices)]
    used = set().union(*round_of)
    assert len(used) == sum(map(len, round_of))
    assert len(used) == (members - members % size if members >= size else members)


def test_the_remainder_left_out_changes_from_round_to_round() -> None:
    """300 callers of 10 members, 3 each: 100 rounds leave one out, a different one each time."""
    seen: Counter[int] = Counter()
    for caller in range(300):
        seen.update(subset_of(10, caller, SubsetConfig(3)))
    left_out = {member: 100 - seen[member] for member in range(10)}
    assert sum(left_out.values()) == 100
    assert all(1 <= count <= 22 for count in left_out.values())


def test_subsets_do_not_depend_on_the_order_in_which_members_came() -> None:
    config = SubsetConfig(3)
    assert deterministic_order([3, 1, 2, 0], 5, config) == deterministic_order(range(4), 5, config)
    assert rendezvous_order([3, 1, 2, 0], 5, config) == rendezvous_order(range(4), 5, config)


@pytest.mark.parametrize("order", [deterministic_order, rendezvous_order])
def test_another_salt_is_another_draw_and_the_same_one_is_not(order: type) -> None:
    first, again, other = (
        order(range(30), 1, SubsetConfig(3, salt=salt)) for salt in ("x", "x", "y")
    )
    assert first == again
    assert first != other


@given(st.sets(st.integers(0, 80), min_size=2, max_size=40), st.integers(1, 9), st.data())
@settings(derandomize=True, deadline=None, max_examples=60)
def test_a_rendezvous_subset_changes_by_at_most_the_member_that_left(
    members: set[int], size: int, data: st.DataObject
) -> None:
    config = SubsetConfig(size, RENDEZVOUS)
    gone = data.draw(st.sampled_from(sorted(members)))
    before = set(rendezvous_order(members, 7, config)[:size])
    after = set(rendezvous_order(members - {gone}, 7, config)[:size])
    assert before - after == before & {gone}
    assert len(after - before) <= 1


def test_rendezvous_spreads_callers_like_a_binomial() -> None:
    """2000 callers, 5 of 50 members each: mean 200, deviation 13.4, so within five of those."""
    config = SubsetConfig(5, RENDEZVOUS)
    seen: Counter[int] = Counter()
    for caller in range(2000):
        seen.update(rendezvous_order(range(50), caller, config)[:5])
    assert all(abs(seen[member] - 200) < 5 * 13.4 for member in range(50))


def test_only_the_subset_is_picked() -> None:
    balancer = balancer_of(12, 4, caller=1)
    chosen = set(balancer.members())
    assert len(chosen) == 4
    assert Counter(balancer.pick(0) for _ in range(40)) == dict.fromkeys(chosen, 10)


def test_fewer_members_than_the_size_are_all_used() -> None:
    assert set(balancer_of(3, 20, caller=9).members()) == {0, 1, 2}


def test_another_caller_number_is_another_subset() -> None:
    balancer = balancer_of(12, 4)
    first = set(balancer.members())
    balancer.pick(0)
    balancer.situate(CallerFacts(index=1))
    second = {balancer.pick(0) for _ in range(20)}
    assert not first & second
    assert len(second) == 4


def test_a_member_that_is_down_keeps_its_place() -> None:
    balancer = balancer_of(12, 3)
    chosen = balancer.members()
    balancer.mark_down(chosen[0])
    assert {balancer.pick(0) for _ in range(20)} == set(chosen[1:])
    balancer.mark_up(chosen[0])
    assert {balancer.pick(0) for _ in range(20)} == set(chosen)


@pytest.mark.parametrize("method", SubsetMethod)
def test_with_the_whole_subset_down_the_next_in_line_steps_in(method: SubsetMethod) -> None:
    balancer = balancer_of(6, 2, method)
    first, second = balancer.members()
    balancer.mark_down(first)
    balancer.mark_down(second)
    spare = balancer.pick(0)
    assert spare not in (NO_MEMBER, first, second)
    balancer.mark_down(spare)
    assert balancer.pick(0) not in (NO_MEMBER, first, second, spare)
    balancer.mark_up(second)
    assert {balancer.pick(0) for _ in range(10)} == {second}


def test_nobody_up_means_nobody_picked() -> None:
    balancer = balancer_of(2, 1)
    balancer.mark_down(0)
    balancer.mark_down(1)
    assert balancer.pick(0) == NO_MEMBER


def test_weights_reach_the_policy_whenever_they_change() -> None:
    balancer = Subset(SubsetConfig(5), LeastRequest(Stream(1, "inner")))
    balancer.add(0)
    balancer.add(1, weight=3)
    assert Counter(balancer.pick(0) for _ in range(80)) == {0: 20, 1: 60}
    balancer.add(0, weight=3)
    balancer.add(1, weight=1)
    assert Counter(balancer.pick(0) for _ in range(80)) == {0: 60, 1: 20}


def test_attempts_at_a_member_that_left_the_subset_can_still_end() -> None:
    balancer = Subset(SubsetConfig(1), LeastRequest(Stream(1, "inner")))
    balancer.add(0)
    balancer.add(1)
    first = balancer.pick(0)
    balancer.started(first)
    balancer.started(first)
    balancer.situate(CallerFacts(index=1))
    assert balancer.pick(0) == 1 - first
    balancer.finished(first, 0, 5)
    balancer.finished_at(first, 0, 5, 7)
    entries = {entry.member: entry for entry in balancer.snapshot().members}
    assert (entries[first].active, entries[1 - first].active) == (None, 0)


def test_places_are_passed_on() -> None:
    inner = PriorityLevels(PriorityConfig(), Stream(1, "x"), lambda _: HostSet(RoundRobin()))
    balancer = Subset(SubsetConfig(2), inner)
    balancer.situate(CallerFacts("a"))
    for member in (0, 1):
        balancer.place(member, MemberFacts("a", priority=member))
        balancer.add(member)
    balancer.pick(0)
    assert [level.counts.total for level in inner.levels()] == [1, 1]


def test_places_are_not_forced_on_a_policy_that_does_not_ask() -> None:
    balancer = balancer_of(1, 1)
    balancer.place(0, MemberFacts("a"))
    assert balancer.pick(0) == 0


@pytest.mark.parametrize("verb", ["remove", "mark_down", "mark_up"])
def test_an_unknown_member_is_refused_by_name(verb: str) -> None:
    with pytest.raises(ConfigError, match="member 4 was never added"):
        getattr(balancer_of(1, 1), verb)(4)


@pytest.mark.parametrize(("member", "weight"), [(-1, 1), (0, 0)])
def test_a_negative_member_or_a_weight_below_one_is_refused(member: int, weight: int) -> None:
    with pytest.raises(ConfigError, match="must be"):
        balancer_of(0, 1).add(member, weight)


def test_an_empty_subset_is_refused() -> None:
    with pytest.raises(ConfigError, match="size"):
        SubsetConfig(0)
