"""Smooth weighted round robin. Semantics 6.3; planted bugs PB03, PB04."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.smooth_weighted import SmoothWeighted


def weighted(*weights: int) -> SmoothWeighted:
    balancer = SmoothWeighted()
    for member, weight in enumerate(weights):
        balancer.add(member, weight)
    return balancer


def letters(balancer: SmoothWeighted, count: int) -> str:
    return " ".join("abcdef"[balancer.pick(0)] for _ in range(count))


@pytest.mark.parametrize(
    ("weights", "cycle"),
    [
        ((5, 1, 1), "a a b a c a a"),
        ((4, 2, 1), "a b a c a b a"),
        ((3, 2), "a b a b a"),
        ((5, 3, 2), "a b c a a b a c b a"),
        ((10, 1), "a a a a a b a a a a a"),
        ((1, 1, 1), "a b c"),
    ],
)
def test_the_published_cycles_repeat(weights: tuple[int, ...], cycle: str) -> None:
    balancer = weighted(*weights)
    assert letters(balancer, 2 * sum(weights)) == f"{cycle} {cycle}"


def test_credits_follow_the_published_trace() -> None:
    balancer = weighted(5, 1, 1)
    trace = []
    for _ in range(7):
        balancer.pick(0)
        trace.append(tuple(balancer._credits))
    assert trace == [
        (-2, 1, 1),
        (-4, 2, 2),
        (1, -4, 3),
        (-1, -3, 4),
        (4, -2, -2),
        (2, -1, -1),
        (0, 0, 0),
    ]


@pytest.mark.parametrize("picks_before", range(8))
@pytest.mark.parametrize("away", [1, 50])
def test_a_member_that_comes_back_gets_no_burst(picks_before: int, away: int) -> None:
    balancer = weighted(5, 1, 1)
    letters(balancer, picks_before)
    balancer.mark_down(0)
    letters(balancer, away)
    balancer.mark_up(0)
    assert letters(balancer, 7) == "a a b a c a a"


def test_a_repeated_mark_up_does_not_restart_the_cycle() -> None:
    balancer = weighted(5, 1, 1)
    letters(balancer, 3)
    balancer.mark_up(1)
    balancer.add(0, weight=5)
    assert letters(balancer, 4) == "a c a a"


@pytest.mark.parametrize("verb", ["mark_down", "remove"])
def test_a_member_that_leaves_starts_the_cycle_of_the_others_afresh(verb: str) -> None:
    balancer = weighted(1, 3, 2)
    letters(balancer, 1)
    getattr(balancer, verb)(0)
    assert letters(balancer, 5) == "b c b c b"


def test_a_new_weight_starts_the_cycle_afresh() -> None:
    balancer = weighted(5, 1, 1)
    letters(balancer, 1)
    balancer.add(0, weight=2)
    assert Counter(balancer.pick(0) for _ in range(4)) == {0: 2, 1: 1, 2: 1}


def test_an_avoided_member_is_passed_over_and_not_paid() -> None:
    balancer = weighted(5, 2, 1)
    assert balancer.pick(0, 0) == 1
    assert balancer._credits == [0, -1, 1]


def test_of_equally_rich_others_the_first_is_taken() -> None:
    assert weighted(5, 1, 1).pick(0, 0) == 1


def test_credits_sum_to_zero_after_avoiding() -> None:
    balancer = weighted(5, 2, 1)
    for avoid in (0, 1, NO_MEMBER, 2, 0, NO_MEMBER):
        balancer.pick(0, avoid)
        assert sum(balancer._credits) == 0


def test_shares_recover_after_avoiding() -> None:
    balancer = weighted(5, 1, 1)
    for _ in range(9):
        balancer.pick(0, 0)
    seen = Counter(balancer.pick(0) for _ in range(700))
    assert abs(seen[0] - 500) <= 5
    assert abs(seen[1] - 100) <= 5


class WindowMachine(RuleBasedStateMachine):
    """Any sum(weights) picks in a row since the last change hold each member its weight."""

    def __init__(self) -> None:
        super().__init__()
        self.balancer = SmoothWeighted()
        self.weights: dict[int, int] = {}
        self.up: set[int] = set()
        self.recent: list[int] = []
        self.has_avoided = False

    def changed(self) -> None:
        self.recent.clear()
        self.has_avoided = False

    @rule(member=st.integers(0, 4), weight=st.integers(1, 6))
    def add(self, member: int, weight: int) -> None:
        is_same = self.weights.get(member) == weight
        self.balancer.add(member, weight)
        if member not in self.weights:
            self.up.add(member)
        self.weights[member] = weight
        if not is_same:
            self.changed()

    @precondition(lambda self: self.weights)
    @rule(data=st.data())
    def mark_down(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(self.weights)))
        self.balancer.mark_down(member)
        if member in self.up:
            self.up.remove(member)
            self.changed()

    @precondition(lambda self: self.weights)
    @rule(data=st.data())
    def mark_up(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(self.weights)))
        self.balancer.mark_up(member)
        if member not in self.up:
            self.up.add(member)
            self.changed()

    @precondition(lambda self: self.weights)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(self.weights)))
        self.balancer.remove(member)
        del self.weights[member]
        self.up.discard(member)
        self.changed()

    @rule(avoid=st.integers(0, 4))
    def pick_another(self, avoid: int) -> None:
        picked = self.balancer.pick(0, avoid)
        assert picked in (self.up or {NO_MEMBER})
        assert picked != avoid or self.up == {avoid}
        self.has_avoided = True

    @rule(count=st.integers(1, 12))
    def pick(self, count: int) -> None:
        for _ in range(count):
            picked = self.balancer.pick(0)
            assert picked in (self.up or {NO_MEMBER})
            self.recent.append(picked)
            cycle = sum(self.weights[member] for member in self.up)
            if self.up and not self.has_avoided and len(self.recent) >= cycle:
                window = Counter(self.recent[-cycle:])
                assert window == {member: self.weights[member] for member in self.up}


WindowMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestWindows = WindowMachine.TestCase
