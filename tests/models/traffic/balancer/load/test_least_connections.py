"""Least connections. Semantics 6.3 (nginx ``least_conn``)."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.load.least_connections import LeastConnections


def loaded(*members: tuple[int, int]) -> LeastConnections:
    """Members 0, 1, ... of the given weights and active attempts."""
    balancer = LeastConnections()
    for member, (weight, active) in enumerate(members):
        balancer.add(member, weight)
        for _ in range(active):
            balancer.started(member)
    return balancer


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (((1, 2), (1, 1), (1, 2)), 1),
        (((1, 1), (3, 2), (1, 1)), 1),
        (((3, 3), (1, 1), (5, 4)), 2),
        (((10, 9), (1, 1)), 0),
        (((10, 10), (1, 0)), 1),
        (((2**60, 2**4), (2**60 + 1, 2**4)), 1),
    ],
)
def test_the_lowest_active_for_its_weight_wins(
    members: tuple[tuple[int, int], ...], expected: int
) -> None:
    assert loaded(*members).pick(0) == expected


@pytest.mark.parametrize(
    ("weights", "cycle"),
    [
        ((5, 1, 1), "a a b a c a a"),
        ((4, 2, 1), "a b a c a b a"),
        ((5, 3, 2), "a b c a a b a c b a"),
    ],
)
def test_idle_members_take_the_published_turns_by_weight(
    weights: tuple[int, ...], cycle: str
) -> None:
    balancer = loaded(*((weight, 0) for weight in weights))
    assert " ".join("abc"[balancer.pick(0)] for _ in range(sum(weights))) == cycle


def test_equals_take_turns_however_busy_they_are() -> None:
    balancer = loaded((1, 2), (1, 5), (2, 4))
    assert [balancer.pick(0) for _ in range(6)] == [2, 0, 2, 2, 0, 2]


def test_a_pick_without_equals_leaves_the_turns_alone() -> None:
    balancer = loaded((1, 0), (1, 0))
    assert balancer.pick(0) == 0
    balancer.started(0)
    assert balancer.pick(0) == 1
    balancer.finished(0, 0, 1)
    assert balancer.pick(0) == 1


def test_a_member_that_comes_back_brings_no_credit() -> None:
    balancer = loaded((5, 0), (1, 0), (1, 0))
    balancer.pick(0)
    balancer.mark_down(0)
    balancer.mark_up(0)
    assert " ".join("abc"[balancer.pick(0)] for _ in range(7)) == "a a b a c a a"


def test_an_avoided_member_sits_the_pick_out() -> None:
    balancer = loaded((1, 0), (1, 1), (1, 1))
    assert [balancer.pick(0, 0) for _ in range(4)] == [1, 2, 1, 2]
    assert balancer.pick(0) == 0


class NginxMachine(RuleBasedStateMachine):
    """Against the two passes of nginx's module, written out with its own variables."""

    def __init__(self) -> None:
        super().__init__()
        self.balancer = LeastConnections()
        self.weights: dict[int, int] = {}
        self.up: list[int] = []
        self.conns: Counter[int] = Counter()
        self.current: Counter[int] = Counter()

    def changed(self) -> None:
        self.up = [member for member in self.weights if member in set(self.up)]
        self.current.clear()

    @rule(member=st.integers(0, 4), weight=st.integers(1, 4))
    def add(self, member: int, weight: int) -> None:
        self.balancer.add(member, weight)
        if member not in self.weights:
            self.up.append(member)
        if self.weights.get(member) != weight:
            self.weights[member] = weight
            self.changed()

    @precondition(lambda self: self.weights)
    @rule(data=st.data())
    def flap(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(self.weights)))
        if member in self.up:
            self.balancer.mark_down(member)
            self.up.remove(member)
        else:
            self.balancer.mark_up(member)
            self.up.append(member)
        self.changed()

    def nginx_pick(self, tried: int) -> int:
        peers = [peer for peer in self.up if peer != tried] or self.up
        best, many = NO_MEMBER, False
        for peer in peers:
            mine = self.conns[peer] * self.weights.get(best, 0)
            if best == NO_MEMBER or mine < self.conns[best] * self.weights[peer]:
                best, many = peer, False
            elif mine == self.conns[best] * self.weights[peer]:
                many = True
        if not many:
            return best
        total, start = 0, best
        for peer in peers[peers.index(start) :]:
            if self.conns[peer] * self.weights[start] != self.conns[start] * self.weights[peer]:
                continue
            self.current[peer] += self.weights[peer]
            total += self.weights[peer]
            if self.current[peer] > self.current[best]:
                best = peer
        self.current[best] -= total
        return best

    @rule(avoid=st.integers(-1, 4))
    def send(self, avoid: int) -> None:
        expected = self.nginx_pick(avoid)
        assert self.balancer.pick(0, avoid) == expected
        if expected != NO_MEMBER:
            self.balancer.started(expected)
            self.conns[expected] += 1

    @precondition(lambda self: +self.conns)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(+self.conns)))
        self.balancer.finished(member, 0, 1)
        self.conns[member] -= 1


NginxMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestAgainstNginx = NginxMachine.TestCase
