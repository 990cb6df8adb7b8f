"""Priority levels with overflow and panic, as a balancer. Semantics 6.1 (Envoy)."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.facts import CallerFacts, MemberFacts
from models.traffic.balancer.hashed.maglev import Maglev
from models.traffic.balancer.layers.config import PriorityConfig
from models.traffic.balancer.layers.host_set import HostSet
from models.traffic.balancer.layers.priority import PriorityLevels
from models.traffic.balancer.layers.priority_load import LevelCounts, level_loads
from models.traffic.balancer.load.least_request import LeastRequest
from models.traffic.balancer.round_robin import RoundRobin

DEFAULT = PriorityConfig()


def levels_with(*sizes: int, config: PriorityConfig = DEFAULT, seed: int = 1) -> PriorityLevels:
    """Round robin levels; members are numbered 0, 1, ... through the levels."""
    balancer = PriorityLevels(config, Stream(seed, "levels"), lambda _: HostSet(RoundRobin()))
    member = 0
    for priority, size in enumerate(sizes):
        for _ in range(size):
            balancer.place(member, MemberFacts(priority=priority))
            balancer.add(member)
            member += 1
    return balancer


def picks(balancer: PriorityLevels, count: int) -> Counter[int]:
    return Counter(balancer.pick(0) for _ in range(count))


def test_a_healthy_first_level_takes_everything() -> None:
    assert set(picks(levels_with(3, 3), 60)) == {0, 1, 2}


def test_a_level_of_half_its_members_keeps_seventy_percent() -> None:
    """Semantics 6.1: 50 / 100 gives 70 / 30."""
    balancer = levels_with(4, 4)
    balancer.mark_down(0)
    balancer.mark_down(1)
    seen = picks(balancer, 10_000)
    assert seen[2] + seen[3] == pytest.approx(7000, abs=4 * 46)
    assert seen[0] == seen[1] == 0
    assert [level.load.percent for level in balancer.levels()] == [70, 30]


def test_a_dead_level_hands_everything_on() -> None:
    balancer = levels_with(2, 2)
    balancer.mark_down(0)
    balancer.mark_down(1)
    assert set(picks(balancer, 40)) == {2, 3}


def test_below_half_the_members_health_is_ignored() -> None:
    balancer = levels_with(10)
    for member in range(5):
        balancer.mark_down(member)
    assert set(picks(balancer, 100)) == {5, 6, 7, 8, 9}
    balancer.mark_down(5)
    assert set(picks(balancer, 100)) == set(range(10))
    balancer.mark_up(0)
    assert set(picks(balancer, 100)) == {0, 6, 7, 8, 9}


def test_in_panic_the_snapshot_still_tells_the_truth() -> None:
    balancer = levels_with(3)
    balancer.mark_down(0)
    balancer.mark_down(2)
    assert [entry.is_up for entry in balancer.snapshot().members] == [False, True, False]
    assert balancer.levels()[0].load.is_in_panic


def test_a_member_that_joins_or_leaves_in_panic_is_counted_at_once() -> None:
    balancer = levels_with(3)
    balancer.mark_down(0)
    balancer.mark_down(1)
    assert set(picks(balancer, 30)) == {0, 1, 2}
    balancer.add(3)
    assert set(picks(balancer, 30)) == {2, 3}
    balancer.remove(3)
    assert set(picks(balancer, 30)) == {0, 1, 2}
    balancer.remove(0)
    assert set(picks(balancer, 30)) == {2}


def test_panic_can_fail_instead() -> None:
    """Semantics 6.1: ``fail_traffic_on_panic``."""
    balancer = levels_with(4, config=PriorityConfig(fail_on_panic=True))
    balancer.mark_down(0)
    balancer.mark_down(1)
    assert set(picks(balancer, 20)) == {2, 3}
    balancer.mark_down(2)
    assert balancer.pick(0) == NO_MEMBER


def test_with_panic_off_nobody_up_means_nobody_picked() -> None:
    balancer = levels_with(2, config=PriorityConfig(panic_ratio=0.0))
    balancer.mark_down(0)
    balancer.mark_down(1)
    assert balancer.pick(0) == NO_MEMBER


def test_one_member_up_in_a_thousand_is_found_although_its_level_rounds_to_no_health() -> None:
    balancer = levels_with(2, 200, config=PriorityConfig(panic_ratio=0.0))
    for member in range(201):
        balancer.mark_down(member)
    assert [level.load.percent for level in balancer.levels()] == [100, 0]
    assert balancer.pick(0) == 201


def test_a_retry_leaves_its_level_rather_than_meet_the_same_member() -> None:
    balancer = levels_with(1, 2)
    assert balancer.pick(0) == 0
    assert balancer.pick(0, 0) in (1, 2)


def test_the_only_member_is_picked_even_if_it_is_to_be_avoided() -> None:
    assert levels_with(1).pick(0, 0) == 0


def test_a_priority_without_members_below_one_with_members_is_passed_over() -> None:
    balancer = levels_with(0, 0, 2)
    assert set(picks(balancer, 10)) == {0, 1}
    assert [level.counts for level in balancer.levels()] == [
        LevelCounts(0, 0),
        LevelCounts(0, 0),
        LevelCounts(2, 2),
    ]


def test_a_single_level_with_all_the_load_costs_no_draw() -> None:
    one, other = levels_with(3, 3, seed=9), Stream(9, "levels")
    picks(one, 50)
    one.mark_down(0)
    one.pick(0)
    other.uniform()
    assert one._stream.uniform() == other.uniform()


def test_a_member_cannot_move() -> None:
    balancer = levels_with(1)
    with pytest.raises(ConfigError, match="member 0 stands in zone '' at priority 0"):
        balancer.place(0, MemberFacts(zone="b"))
    balancer.remove(0)
    with pytest.raises(ConfigError, match="cannot move"):
        balancer.place(0, MemberFacts(priority=1))


def test_an_attempt_can_end_after_its_member_has_left() -> None:
    balancer = PriorityLevels(
        PriorityConfig(), Stream(1, "x"), lambda _: HostSet(LeastRequest(Stream(1, "y")))
    )
    balancer.add(0)
    balancer.started(0)
    balancer.started(0)
    balancer.remove(0)
    balancer.finished(0, 0, 5)
    balancer.add(0)
    assert [entry.active for entry in balancer.snapshot().members] == [1]
    balancer.finished_at(0, 0, 5, 10)
    assert [entry.active for entry in balancer.snapshot().members] == [0]


@pytest.mark.parametrize("priority", [-1, 128])
def test_a_priority_out_of_range_is_refused(priority: int) -> None:
    with pytest.raises(ConfigError, match="is not in"):
        MemberFacts(priority=priority)


def test_senseless_caller_facts_are_refused() -> None:
    with pytest.raises(ConfigError, match="negative"):
        CallerFacts(index=-1)
    with pytest.raises(ConfigError, match="negative"):
        CallerFacts(callers_by_zone=(("a", -1),))
    with pytest.raises(ConfigError, match="twice"):
        CallerFacts(callers_by_zone=(("a", 1), ("a", 2)))


def test_a_key_stays_with_its_level_and_member() -> None:
    balancer = PriorityLevels(
        PriorityConfig(), Stream(1, "x"), lambda _: HostSet(Maglev(Stream(1, "y"), 1021))
    )
    for member in range(8):
        balancer.place(member, MemberFacts(priority=member // 4))
        balancer.add(member)
    assert balancer.needs_key
    balancer.mark_down(0)
    balancer.mark_down(1)
    owners = [balancer.pick_keyed(key, 0) for key in range(3000)]
    assert owners == [balancer.pick_keyed(key, 0) for key in range(3000)]
    first = sum(owner < 4 for owner in owners)
    assert first / 3000 == pytest.approx(0.70, abs=0.04)
    assert 0 not in owners


class LevelsMachine(RuleBasedStateMachine):
    """Against a naive model that recounts everything at every step."""

    def __init__(self) -> None:
        super().__init__()
        self.config = PriorityConfig(panic_ratio=0.5)
        self.balancer = PriorityLevels(
            self.config, Stream(3, "machine"), lambda _: HostSet(LeastRequest(Stream(4, "inner")))
        )
        self.members: dict[int, bool] = {}
        self.active: Counter[int] = Counter()
        self.depth = 1

    @staticmethod
    def priority_of(member: int) -> int:
        return member % 3

    @rule(member=st.integers(0, 8))
    def add(self, member: int) -> None:
        self.balancer.place(member, MemberFacts(priority=self.priority_of(member)))
        self.balancer.add(member)
        self.members.setdefault(member, True)
        self.depth = max(self.depth, self.priority_of(member) + 1)

    @precondition(lambda self: self.members)
    @rule(data=st.data(), verb=st.sampled_from(["remove", "mark_down", "mark_down", "mark_up"]))
    def change(self, data: st.DataObject, verb: str) -> None:
        member = data.draw(st.sampled_from(sorted(self.members)))
        getattr(self.balancer, verb)(member)
        if verb == "remove":
            del self.members[member]
        else:
            self.members[member] = verb == "mark_up"

    def counts(self) -> list[LevelCounts]:
        inside = [
            [up for member, up in self.members.items() if self.priority_of(member) == level]
            for level in range(self.depth)
        ]
        return [LevelCounts(len(level), sum(level)) for level in inside]

    @rule(avoid=st.integers(-1, 8))
    def send(self, avoid: int) -> None:
        loads = level_loads(self.counts(), self.config)
        shown = {
            member
            for member, up in self.members.items()
            if up or loads[self.priority_of(member)].is_in_panic
        }
        loaded = {m for m in shown if loads[self.priority_of(m)].percent}
        picked = self.balancer.pick(0, avoid)
        assert picked in (shown or {NO_MEMBER})
        assert picked != avoid or shown <= {avoid}
        if avoid not in shown and loaded:
            assert picked in loaded
        if picked != NO_MEMBER:
            self.balancer.started(picked)
            self.active[picked] += 1

    @precondition(lambda self: +self.active)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(+self.active)))
        self.balancer.finished(member, 0, 1)
        self.active[member] -= 1

    @invariant()
    def agrees_with_the_model(self) -> None:
        levels = self.balancer.levels()
        assert [level.counts for level in levels] == self.counts()
        assert tuple(level.load for level in levels) == level_loads(self.counts(), self.config)
        entries = self.balancer.snapshot().members
        assert {entry.member: entry.is_up for entry in entries} == self.members
        assert all(entry.active == self.active[entry.member] for entry in entries)


LevelsMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
TestLevels = LevelsMachine.TestCase
