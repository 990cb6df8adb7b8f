"""What holds for every policy, whatever comes and goes. Naive defects: balancers."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.traffic.balancer.base import NO_MEMBER, Balancer, MemberSnapshot
from models.traffic.balancer.policies import BUILT_IN, make_balancer
from models.traffic.config import BalancerConfig

VARIANTS: Mapping[str, BalancerConfig] = MappingProxyType(
    {name: BalancerConfig(name, ring_size_min=64, table_size=251) for name in BUILT_IN}
    | {
        "least_request of three": BalancerConfig("least_request", choices=3),
        "least_request, full scan": BalancerConfig("least_request", scans_all=True),
        "least_request, bias 0.5": BalancerConfig("least_request", active_request_bias=0.5),
        "ring_hash, bounded": BalancerConfig(
            "ring_hash", ring_size_min=64, hash_balance_factor=120
        ),
        "ring_hash, fewer points than members": BalancerConfig(
            "ring_hash", ring_size_min=1, ring_size_max=2
        ),
        "maglev, bounded": BalancerConfig("maglev", table_size=251, hash_balance_factor=100),
        "maglev, fewer slots than members": BalancerConfig("maglev", table_size=3),
    }
)


class PolicyMachine(RuleBasedStateMachine):
    """Only members that are up are picked, the avoided one last; loads are as a ledger has them."""

    def __init__(self, config: BalancerConfig) -> None:
        super().__init__()
        self.balancer = make_balancer(config, Stream(13, "machine"))
        self.is_sticky = self.balancer.needs_key and not self.balancer.tracks_load
        self.members: dict[int, bool] = {}
        self.weights: dict[int, int] = {}
        self.in_flight: Counter[int] = Counter()
        self.owners: dict[int, int] = {}
        self.now = 0

    @rule(member=st.integers(0, 5), weight=st.sampled_from([1, 1, 1, 2, 7]))
    def add(self, member: int, weight: int) -> None:
        self.balancer.add(member, weight)
        self.members.setdefault(member, True)
        self.weights[member] = weight
        self.owners.clear()

    @precondition(lambda self: self.members)
    @rule(data=st.data(), verb=st.sampled_from(["remove", "mark_down", "mark_up"]))
    def change(self, data: st.DataObject, verb: str) -> None:
        member = data.draw(st.sampled_from(sorted(self.members)))
        getattr(self.balancer, verb)(member)
        if verb == "remove":
            del self.members[member]
        else:
            self.members[member] = verb == "mark_up"
        self.owners.clear()

    @rule(avoid=st.integers(-1, 6), key=st.none() | st.integers(0, 9), gap=st.integers(0, 10**9))
    def send(self, avoid: int, key: int | None, gap: int) -> None:
        self.now += gap
        if key is None:
            picked = self.balancer.pick(self.now, avoid)
        else:
            picked = self.balancer.pick_keyed(key, self.now, avoid)
        up = {member for member, is_up in self.members.items() if is_up}
        assert picked in (up or {NO_MEMBER})
        assert picked != avoid or up <= {avoid}
        if self.is_sticky and key is not None and avoid == NO_MEMBER:
            assert self.owners.setdefault(key, picked) == picked
        if picked != NO_MEMBER:
            self.balancer.started(picked)
            self.in_flight[picked] += 1

    @precondition(lambda self: +self.in_flight)
    @rule(data=st.data(), outcome=st.sampled_from(Outcome), is_timed=st.booleans())
    def finish(self, data: st.DataObject, outcome: Outcome, is_timed: bool) -> None:
        member = data.draw(st.sampled_from(sorted(+self.in_flight)))
        duration_ns = data.draw(st.integers(0, 10**9))
        if is_timed:
            self.balancer.finished_at(member, outcome, duration_ns, self.now)
        else:
            self.balancer.finished(member, outcome, duration_ns)
        self.in_flight[member] -= 1

    @invariant()
    def the_snapshot_is_the_ledger(self) -> None:
        tracks_load = self.balancer.tracks_load
        assert self.balancer.snapshot().members == tuple(
            MemberSnapshot(
                member, self.weights[member], is_up, self.in_flight[member] if tracks_load else None
            )
            for member, is_up in self.members.items()
        )


@pytest.mark.parametrize("variant", VARIANTS)
def test_members_come_and_go_at_any_time(variant: str) -> None:
    machines: list[PolicyMachine] = []

    def begin() -> PolicyMachine:
        machines.append(PolicyMachine(VARIANTS[variant]))
        return machines[-1]

    run_state_machine_as_test(
        begin,
        settings=settings(derandomize=True, deadline=None, max_examples=40, stateful_step_count=40),
    )
    assert any(+machine.in_flight for machine in machines)


def shares(balancer: Balancer, picks: int) -> Counter[int]:
    """Picks of each member when every attempt ends at once."""
    seen: Counter[int] = Counter()
    for _ in range(picks):
        member = balancer.pick(0)
        balancer.started(member)
        balancer.finished_at(member, Outcome.OK, 1_000_000, 0)
        seen[member] += 1
    return seen


@pytest.mark.parametrize("weights", [(1, 1, 1, 1, 1), (1, 2, 3, 4, 5)])
@pytest.mark.parametrize("variant", sorted(set(VARIANTS) - {"pick_first"}))
def test_shares_are_the_same_after_any_history(variant: str, weights: tuple[int, ...]) -> None:
    """Fresh or churned, idle members get the same shares, within five standard deviations."""
    fresh, churned = (make_balancer(VARIANTS[variant], Stream(17, name)) for name in "ab")
    for balancer in (fresh, churned):
        for member, weight in enumerate(weights):
            balancer.add(member, weight)
    history = Stream(19, "history")
    for _ in range(300):
        member = history.below(5)
        match history.below(4):
            case 0:
                churned.mark_down(member)
            case 1:
                churned.mark_up(member)
            case 2:
                churned.remove(member)
                churned.add(member, weights[member])
            case _:
                churned.pick(0)
    for member in range(5):
        churned.mark_up(member)
    picks = 6_000
    expected, seen = shares(fresh, picks), shares(churned, picks)
    for member in range(5):
        assert abs(seen[member] - expected[member]) <= 5 * (2 * expected[member]) ** 0.5
