"""Layers together: any stack of them is still a balancer."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER, Balancer
from models.traffic.balancer.facts import CallerFacts, MemberFacts, PlacedBalancer
from models.traffic.balancer.hashed.maglev import Maglev
from models.traffic.balancer.layers.config import (
    LayersConfig,
    PriorityConfig,
    SlowStartConfig,
    SubsetConfig,
    ZoneAwareConfig,
    ZoneWeightsConfig,
)
from models.traffic.balancer.layers.priority import PriorityLevels
from models.traffic.balancer.layers.slow_start import SlowStart
from models.traffic.balancer.layers.stack import lay_around
from models.traffic.balancer.layers.subset import Subset
from models.traffic.balancer.load.least_request import LeastRequest
from models.traffic.balancer.load.peak_ewma import PeakEwma
from models.traffic.balancer.prequal.config import PrequalConfig
from models.traffic.balancer.prequal.policy import Prequal
from models.traffic.balancer.round_robin import RoundRobin

NO_PANIC = PriorityConfig(panic_ratio=0.0)
WARM = SlowStartConfig(100)
ZONES = ("a", "b", "c")
STACKS = {
    "bare": LayersConfig(),
    "priorities": LayersConfig(priorities=NO_PANIC),
    "weights": LayersConfig(NO_PANIC, ZoneWeightsConfig({"a": 1, "b": 3})),
    "zone aware": LayersConfig(NO_PANIC, ZoneAwareConfig(cluster_size_min=2)),
    "slow": LayersConfig(slow_start=WARM),
    "subset": LayersConfig(subset=SubsetConfig(3)),
    "all": LayersConfig(NO_PANIC, ZoneAwareConfig(0.5, 1), WARM, SubsetConfig(4)),
    "all, weighted": LayersConfig(NO_PANIC, ZoneWeightsConfig({"c": 2}), WARM, SubsetConfig(4)),
}


def least_request() -> Balancer:
    return LeastRequest(Stream(2, "inner"))


def stacked(config: LayersConfig, make: Callable[[], Balancer] = least_request) -> Balancer:
    return lay_around(config, Stream(1, "layers"), make)


def test_without_layers_the_policy_stays_bare() -> None:
    assert isinstance(stacked(LayersConfig(), RoundRobin), RoundRobin)


def test_each_layer_is_laid_only_when_asked_for() -> None:
    assert isinstance(stacked(LayersConfig(slow_start=WARM)), SlowStart)
    assert isinstance(stacked(LayersConfig(subset=SubsetConfig(2))), Subset)
    assert isinstance(stacked(LayersConfig(priorities=NO_PANIC)), PriorityLevels)


def test_zones_bring_priorities_with_their_panic() -> None:
    balancer = stacked(LayersConfig(zones=ZoneAwareConfig()))
    assert isinstance(balancer, PriorityLevels)
    for member in range(3):
        balancer.add(member)
        balancer.mark_down(member)
    assert balancer.pick(0) != NO_MEMBER


def test_zone_awareness_ends_at_the_first_priority() -> None:
    """Envoy routes by zone at priority 0 only."""
    balancer = stacked(LayersConfig(NO_PANIC, ZoneAwareConfig(cluster_size_min=1)), RoundRobin)
    assert isinstance(balancer, PriorityLevels)
    balancer.situate(CallerFacts("a", 0, (("a", 1), ("b", 1))))
    for member in range(4):
        balancer.place(member, MemberFacts("ab"[member % 2], priority=member // 2))
        balancer.add(member)
    assert {balancer.pick(0) for _ in range(10)} == {0}
    balancer.mark_down(0)
    balancer.mark_down(1)
    assert {balancer.pick(0) for _ in range(10)} == {2, 3}


@pytest.mark.parametrize("name", STACKS)
def test_only_stacks_that_ask_are_told_of_places(name: str) -> None:
    is_placed = isinstance(stacked(STACKS[name]), PlacedBalancer)
    assert is_placed is (name not in ("bare", "slow"))


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_asks_for_keys_and_times_as_its_policy_does(name: str) -> None:
    timed = stacked(STACKS[name], lambda: PeakEwma(Stream(1, "x")))
    assert (timed.needs_key, timed.needs_time) == (False, True)
    plain = stacked(STACKS[name])
    assert (plain.needs_key, plain.needs_time) == (False, False)


def test_the_time_of_an_end_reaches_the_policy() -> None:
    made: list[PeakEwma] = []

    def make() -> Balancer:
        made.append(PeakEwma(Stream(1, "x")))
        return made[-1]

    balancer = stacked(STACKS["all"], make)
    assert isinstance(balancer, PlacedBalancer)
    balancer.place(0, MemberFacts("a"))
    balancer.add(0)
    assert balancer.pick(10) == 0
    balancer.started(0)
    balancer.finished_at(0, 0, 5, 15)
    holders = [policy for policy in made if policy.snapshot().members]
    assert len(holders) == 2
    assert all(policy.snapshot().members[0].active == 0 for policy in holders)


@pytest.mark.parametrize(
    "config", [LayersConfig(zones=ZoneAwareConfig()), LayersConfig(slow_start=WARM)]
)
def test_keys_follow_neither_zones_nor_slow_starts(config: LayersConfig) -> None:
    with pytest.raises(ConfigError, match="request keys cannot"):
        stacked(config, lambda: Maglev(Stream(1, "x"), 1021))


def test_keys_follow_priorities_and_subsets() -> None:
    config = LayersConfig(priorities=NO_PANIC, subset=SubsetConfig(3))
    balancer = stacked(config, lambda: Maglev(Stream(1, "x"), 1021))
    for member in range(9):
        balancer.add(member)
    owners = [balancer.pick_keyed(key, 0) for key in range(200)]
    assert owners == [balancer.pick_keyed(key, 0) for key in range(200)]
    assert len(set(owners)) == 3


@pytest.mark.parametrize("name", [name for name in STACKS if name != "bare"])
def test_nothing_is_laid_around_a_policy_that_probes(name: str) -> None:
    with pytest.raises(ConfigError, match="probes"):
        stacked(STACKS[name], lambda: Prequal(PrequalConfig(), Stream(1, "x")))


class StackMachine(RuleBasedStateMachine):
    """Only members that are up are picked, somebody if anybody is, and no end is lost."""

    @initialize(name=st.sampled_from(sorted(STACKS)))
    def start(self, name: str) -> None:
        self.config = STACKS[name]
        self.balancer = stacked(self.config)
        self.members: dict[int, bool] = {}
        self.active: Counter[int] = Counter()
        self.now = 0
        self.situate(1, [2, 1, 1])

    @rule(index=st.integers(0, 5), counts=st.lists(st.integers(0, 3), min_size=3, max_size=3))
    def situate(self, index: int, counts: list[int]) -> None:
        if isinstance(self.balancer, PlacedBalancer):
            callers = tuple(zip(ZONES, counts, strict=True))
            self.balancer.situate(CallerFacts("a", index, callers))

    @rule(member=st.integers(0, 8), weight=st.sampled_from([1, 1, 1, 4]))
    def add(self, member: int, weight: int) -> None:
        if isinstance(self.balancer, PlacedBalancer):
            self.balancer.place(member, MemberFacts(ZONES[member % 3], member // 6))
        self.balancer.add(member, weight)
        self.members.setdefault(member, True)

    @precondition(lambda self: self.members)
    @rule(data=st.data(), verb=st.sampled_from(["remove", "mark_down", "mark_up"]))
    def change(self, data: st.DataObject, verb: str) -> None:
        member = data.draw(st.sampled_from(sorted(self.members)))
        getattr(self.balancer, verb)(member)
        if verb == "remove":
            del self.members[member]
        else:
            self.members[member] = verb == "mark_up"

    @rule(avoid=st.integers(-1, 8), wait=st.integers(0, 40))
    def send(self, avoid: int, wait: int) -> None:
        self.now += wait
        up = {member for member, is_up in self.members.items() if is_up}
        picked = self.balancer.pick(self.now, avoid)
        assert picked in (up or {NO_MEMBER})
        if isinstance(self.balancer, Subset):
            up &= set(self.balancer.members())
            assert picked in (up or {NO_MEMBER})
        assert picked != avoid or up <= {avoid}
        if picked != NO_MEMBER:
            self.balancer.started(picked)
            self.active[picked] += 1

    @precondition(lambda self: +self.active)
    @rule(data=st.data(), is_timed=st.booleans())
    def finish(self, data: st.DataObject, is_timed: bool) -> None:
        member = data.draw(st.sampled_from(sorted(+self.active)))
        if is_timed:
            self.balancer.finished_at(member, 0, 1, self.now)
        else:
            self.balancer.finished(member, 0, 1)
        self.active[member] -= 1

    @invariant()
    def the_snapshot_is_the_ledger(self) -> None:
        snapshot = self.balancer.snapshot()
        assert snapshot == self.balancer.snapshot()
        assert [entry.member for entry in snapshot.members] == list(self.members)
        for entry in snapshot.members:
            assert entry.is_up == self.members[entry.member]
            assert entry.active in (None, self.active[entry.member])


StackMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=60, stateful_step_count=40
)
TestStack = StackMachine.TestCase
