"""Weighted least request. Semantics 6.2 (Envoy's earliest-deadline schedule)."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.load.weighted_least_request import WeightedLeastRequest


def weighted(*weights: int, bias: float = 1.0) -> WeightedLeastRequest:
    balancer = WeightedLeastRequest(bias)
    for member, weight in enumerate(weights):
        balancer.add(member, weight)
    return balancer


def test_weights_1_to_128_are_each_met_exactly_in_8256_picks() -> None:
    balancer = weighted(*range(1, 129))
    seen = Counter(balancer.pick(0) for _ in range(8256))
    assert seen == {member: member + 1 for member in range(128)}


def test_equal_weights_rotate_strictly() -> None:
    balancer = weighted(1, 1, 1)
    assert [balancer.pick(0) for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_bias_0_is_blind_to_load() -> None:
    balancer = weighted(1, 2, 5, bias=0.0)
    for _ in range(9):
        balancer.started(2)
    assert Counter(balancer.pick(0) for _ in range(80)) == {0: 10, 1: 20, 2: 50}


@pytest.mark.parametrize(("bias", "share"), [(1.0, 1 / 5), (0.5, 1 / 3), (2.0, 1 / 17)])
def test_a_busy_member_gets_as_much_less_as_the_bias_says(bias: float, share: float) -> None:
    """Two members of weight 1, one with 3 active attempts: 4 ** bias to 1."""
    balancer = weighted(1, 1, bias=bias)
    for _ in range(3):
        balancer.started(0)
    seen = Counter(balancer.pick(0) for _ in range(5_100))
    assert seen[0] == pytest.approx(5_100 * share, abs=2)


def test_flapping_earns_no_turn() -> None:
    balancer = weighted(1, 1, 1)
    seen = []
    for _ in range(30):
        balancer.mark_down(0)
        balancer.mark_up(0)
        seen.append(balancer.pick(0))
    assert Counter(seen)[0] <= 10


def test_members_that_stay_keep_their_places() -> None:
    balancer = weighted(1, 1, 1)
    assert [balancer.pick(0), balancer.pick(0)] == [0, 1]
    balancer.remove(0)
    assert [balancer.pick(0) for _ in range(3)] == [2, 1, 2]


def test_a_new_weight_counts_from_the_next_turn_on() -> None:
    balancer = weighted(1, 1)
    balancer.add(0, weight=3)
    assert [balancer.pick(0) for _ in range(4)] == [0, 1, 0, 0]
    seen = Counter(balancer.pick(0) for _ in range(400))
    assert seen[0] == pytest.approx(300, abs=2)


class DeadlineMachine(RuleBasedStateMachine):
    """Against a plain list of deadlines that is searched from end to end."""

    def __init__(self) -> None:
        super().__init__()
        self.balancer = WeightedLeastRequest()
        self.weights: dict[int, int] = {}
        self.active: Counter[int] = Counter()
        self.line: dict[int, tuple[float, int]] = {}
        self.clock = 0.0
        self.puts = 0

    def put(self, member: int) -> None:
        self.puts += 1
        interval = (self.active[member] + 1) / self.weights[member]
        self.line[member] = (self.clock + interval, self.puts)

    @rule(member=st.integers(0, 4), weight=st.integers(1, 4))
    def add(self, member: int, weight: int) -> None:
        self.balancer.add(member, weight)
        is_new = member not in self.weights
        self.weights[member] = weight
        if is_new:
            self.put(member)

    @precondition(lambda self: self.weights)
    @rule(data=st.data())
    def flap(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(self.weights)))
        if member in self.line:
            self.balancer.mark_down(member)
            del self.line[member]
        else:
            self.balancer.mark_up(member)
            self.put(member)

    @precondition(lambda self: self.weights)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(self.weights)))
        self.balancer.remove(member)
        self.line.pop(member, None)
        del self.weights[member]

    @rule(avoid=st.integers(-1, 4))
    def send(self, avoid: int) -> None:
        others = [member for member in self.line if member != avoid] or list(self.line)
        due = min(others, key=self.line.__getitem__, default=NO_MEMBER)
        assert self.balancer.pick(0, avoid) == due
        if due != NO_MEMBER:
            self.clock = max(self.clock, self.line[due][0])
            self.put(due)
            self.balancer.started(due)
            self.active[due] += 1

    @precondition(lambda self: +self.active)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(+self.active)))
        self.balancer.finished(member, 0, 1)
        self.active[member] -= 1


DeadlineMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestAgainstAList = DeadlineMachine.TestCase
