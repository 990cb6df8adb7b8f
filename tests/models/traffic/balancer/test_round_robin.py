"""Round robin. Semantics 6.2; planted bug PB01 (index past the end after a member leaves)."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.round_robin import RoundRobin


def rotation(*members: int) -> RoundRobin:
    balancer = RoundRobin()
    for member in members:
        balancer.add(member)
    return balancer


def picks(balancer: RoundRobin, count: int) -> list[int]:
    return [balancer.pick(0) for _ in range(count)]


def test_members_take_turns_in_the_order_they_joined() -> None:
    assert picks(rotation(7, 2, 5), 7) == [7, 2, 5, 7, 2, 5, 7]


def test_weights_are_ignored() -> None:
    balancer = RoundRobin()
    balancer.add(0, weight=5)
    balancer.add(1, weight=1)
    assert picks(balancer, 4) == [0, 1, 0, 1]


def test_removing_the_last_member_while_it_is_due_wraps_to_the_first() -> None:
    balancer = rotation(0, 1, 2)
    picks(balancer, 2)
    balancer.remove(2)
    assert picks(balancer, 3) == [0, 1, 0]


def test_removing_a_member_that_has_had_its_turn_keeps_who_is_due() -> None:
    balancer = rotation(0, 1, 2)
    picks(balancer, 2)
    balancer.remove(0)
    assert picks(balancer, 3) == [2, 1, 2]


def test_removing_the_member_that_is_due_hands_the_turn_to_its_successor() -> None:
    balancer = rotation(0, 1, 2)
    picks(balancer, 1)
    balancer.remove(1)
    assert picks(balancer, 3) == [2, 0, 2]


def test_a_member_that_comes_back_before_the_one_due_does_not_shift_the_turn() -> None:
    balancer = rotation(0, 1, 2)
    balancer.mark_down(0)
    picks(balancer, 1)
    balancer.mark_up(0)
    assert picks(balancer, 4) == [2, 0, 1, 2]


def test_flapping_at_its_own_turn_earns_a_member_no_extra_picks() -> None:
    balancer = rotation(0, 1, 2)
    seen = []
    for _ in range(30):
        balancer.mark_down(0)
        balancer.mark_up(0)
        seen.append(balancer.pick(0))
    assert Counter(seen)[0] <= 10


def test_an_avoided_member_loses_its_turn() -> None:
    balancer = rotation(0, 1, 2)
    assert balancer.pick(0, 0) == 1
    assert picks(balancer, 3) == [2, 0, 1]


def test_avoiding_the_last_in_line_wraps_to_the_first() -> None:
    balancer = rotation(0, 1, 2)
    picks(balancer, 2)
    assert balancer.pick(0, 2) == 0
    assert balancer.pick(0) == 1


class RotationMachine(RuleBasedStateMachine):
    """Against a model that names who is due and looks its successor up in the join order."""

    def __init__(self) -> None:
        super().__init__()
        self.balancer = RoundRobin()
        self.joined: list[int] = []
        self.up: set[int] = set()
        self.due = NO_MEMBER

    def successor(self, member: int) -> int:
        start = self.joined.index(member)
        ring = self.joined[start + 1 :] + self.joined[: start + 1]
        return next((other for other in ring if other in self.up), NO_MEMBER)

    def came_up(self, member: int) -> None:
        self.up.add(member)
        if self.due == NO_MEMBER:
            self.due = member

    def went_down(self, member: int) -> None:
        self.up.discard(member)
        if self.due == member:
            self.due = self.successor(member)

    @rule(member=st.integers(0, 5))
    def add(self, member: int) -> None:
        self.balancer.add(member)
        if member not in self.joined:
            self.joined.append(member)
            self.came_up(member)

    @precondition(lambda self: self.joined)
    @rule(data=st.data(), verb=st.sampled_from(["remove", "mark_down", "mark_up"]))
    def change(self, data: st.DataObject, verb: str) -> None:
        member = data.draw(st.sampled_from(self.joined))
        getattr(self.balancer, verb)(member)
        if verb == "mark_up":
            self.came_up(member)
            return
        self.went_down(member)
        if verb == "remove":
            self.joined.remove(member)

    @rule(avoid=st.integers(-1, 5))
    def pick(self, avoid: int) -> None:
        expected = self.due
        if expected == avoid and len(self.up) > 1:
            expected = self.successor(expected)
        assert self.balancer.pick(0, avoid) == expected
        if expected != NO_MEMBER:
            self.due = self.successor(expected)

    @precondition(lambda self: self.up)
    @rule(turns=st.integers(1, 3))
    def full_turns_are_fair(self, turns: int) -> None:
        seen = Counter(picks(self.balancer, turns * len(self.up)))
        assert seen == dict.fromkeys(self.up, turns)


RotationMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestRotation = RotationMachine.TestCase
