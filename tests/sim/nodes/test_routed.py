"""Splits and faults of the mesh, felt by the calls of one edge."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Exponential
from models.base.outcome import Outcome
from models.faults.plan import ErrorRate, InstanceCrash
from models.faults.selector import Selector
from models.service.spec import Cancel
from models.traffic.config import (
    BackoffConfig,
    BalancerConfig,
    EdgeConfig,
    Jitter,
    PoolConfig,
    QuotaConfig,
    RetryConfig,
)
from models.traffic.fallback import FallbackConfig
from models.traffic.mesh.rules import BalancingRule, FaultRule, RetryRule
from models.traffic.outlier.config import ConsecutiveConfig, OutlierConfig
from models.traffic.proxy.config import ProxyConfig
from sim.blueprint import Blueprint
from sim.world import Outcome as Left
from sim.world import build
from tests.sim.meshes import TO_BACK, patience, platform, split
from tests.sim.worlds import MS, S, edge, fault

OLD, NEW = (3, 4), 5
"""Indices of back-0 and back-1, and of back-2, behind three fronts."""
PAUSE = BackoffConfig(MS, MS, Jitter.NONE)


def run(plan: Blueprint, seed: int = 1) -> Left:
    return build(plan, seed).run()


def calls(left: Left) -> np.ndarray:
    return left.tables[1]["caller"] < 3


def share_of_new(left: Left, start_s: float, end_s: float) -> float:
    attempts = left.tables[1]
    starts = attempts["start_ns"]
    inside = calls(left) & (starts > start_s * S) & (starts < end_s * S)
    return float((attempts["target"][inside] == NEW).mean())


def test_a_split_sends_the_shares_to_the_subsets() -> None:
    left = run(platform(first=[split(90, 10)], seconds=20, rate_per_s=500))
    assert share_of_new(left, 0, 20) == pytest.approx(0.1, abs=3.3 * (0.09 / 10_000) ** 0.5)


@pytest.mark.parametrize(("old", "new"), [(100, 0), (0, 100)])
def test_a_share_of_nothing_gets_nothing(old: int, new: int) -> None:
    left = run(platform(first=[split(old, new)], seconds=5))
    assert share_of_new(left, 0, 5) == new / 100


def test_a_canary_grows_while_traffic_flows() -> None:
    steps = [(5, [split(50, 50)]), (10, [split(0, 100)]), (15, [])]
    left = run(platform(first=[split(100, 0)], changes=steps, seconds=20, rate_per_s=500))
    assert share_of_new(left, 0, 5) == 0
    assert share_of_new(left, 5.1, 10) == pytest.approx(0.5, abs=0.04)
    assert share_of_new(left, 10.1, 15) == 1
    assert share_of_new(left, 15.1, 20) == pytest.approx(1 / 3, abs=0.04)


def test_a_call_is_tried_again_in_the_subset_it_was_sent_to() -> None:
    """As Envoy does: the route is chosen once, every try goes to its cluster."""
    broken = fault(ErrorRate(Selector(instance="back-2"), 1.0), at_s=0, for_s=None)
    eager = TO_BACK, RetryRule(RetryConfig(retries=3, backoff=PAUSE))
    left = run(platform(first=[split(50, 50), eager], faults=[broken], seconds=5))
    attempts = left.tables[1]
    again = calls(left) & (attempts["try_decision"] & 0xF > 1)
    assert again.any()
    assert set(attempts["target"][again]) == {NEW}


def test_a_delay_comes_before_the_first_try_and_no_time_out_counts_it() -> None:
    late = TO_BACK, FaultRule(delay_ns=300 * MS, delay_percent=100.0)
    left = run(platform(first=[late, patience(50 * MS)], seconds=5))
    requests, attempts = left.tables[0], left.tables[1]
    done = requests["outcome"] == 0
    assert requests["duration_ns"][done].min() > 300 * MS
    assert set(attempts["outcome"][calls(left)]) <= {Outcome.OK, Outcome.IN_FLIGHT}
    assert attempts["duration_ns"][calls(left)].max() < 50 * MS


def test_that_share_of_calls_is_aborted_without_being_sent_or_tried_again() -> None:
    aborts = TO_BACK, FaultRule(abort_percent=25.0)
    eager = TO_BACK, RetryRule(RetryConfig(retries=3, backoff=PAUSE))
    left = run(platform(first=[aborts, eager], seconds=20, rate_per_s=500))
    attempts = left.tables[1]
    failed = calls(left) & (attempts["outcome"] == Outcome.ERROR)
    share = np.count_nonzero(failed) / np.count_nonzero(calls(left))
    assert share == pytest.approx(0.25, abs=0.015)
    assert (attempts["target"][failed] == 0xFFFF).all()
    assert (attempts["try_decision"][calls(left)] & 0xF == 1).all()


def test_an_aborted_call_that_was_delayed_lasted_as_long() -> None:
    both = TO_BACK, FaultRule(200 * MS, 100.0, 100.0, Outcome.RESET)
    left = run(platform(first=[both], seconds=5))
    attempts = left.tables[1]
    assert set(attempts["outcome"][calls(left)]) == {Outcome.RESET}
    assert set(attempts["duration_ns"][calls(left)]) == {200 * MS}


def test_a_fallback_hides_an_abort() -> None:
    proxy = ProxyConfig(fallback=FallbackConfig(has_static=True, covers=frozenset({Outcome.ERROR})))
    plan = platform(
        first=[(TO_BACK, FaultRule(abort_percent=100.0))],
        front_edge=replace(edge("front", "back"), proxy=proxy),
        seconds=5,
    )
    left = run(plan)
    assert left.counts.failed == 0
    assert left.counts.completed > 400


def test_breaking_something_does_not_change_where_requests_go() -> None:
    """Splits and faults draw from streams of their own."""
    plain = run(platform(first=[split(70, 30)], seconds=5))
    late = TO_BACK, FaultRule(delay_ns=MS, delay_percent=50.0)
    broken = run(platform(first=[split(70, 30), late], seconds=5))

    def split_of(left: Left) -> list[bool]:
        attempts = left.tables[1]
        mine = attempts["caller"] == 0
        order = np.argsort(attempts["request"][mine])
        return (attempts["target"][mine][order] == NEW).tolist()

    assert split_of(plain)[:100] == split_of(broken)[:100]


def test_a_subset_without_anybody_in_view_refuses_its_share() -> None:
    plan = platform(first=[split(50, 50)], seconds=5)
    assert plan.mesh is not None
    members = (("back", "old", ("back-0", "back-1", "back-2")), ("back", "new", ()))
    empty = replace(plan, mesh=replace(plan.mesh, members=members))
    left = run(empty)
    attempts = left.tables[1]
    assert set(attempts["outcome"][calls(left)]) == {Outcome.OK, Outcome.NO_ENDPOINT}


EDGES = [
    {},
    {"pool": PoolConfig(5, 20, 50 * MS)},
    {"proxy": ProxyConfig(concurrency=30)},
    {"proxy": ProxyConfig(outlier=OutlierConfig(consecutive_5xx=ConsecutiveConfig(3)))},
    {"retry": RetryConfig(retries=2, backoff=PAUSE, budget=QuotaConfig())},
]
RULES = [
    patience(8 * MS),
    patience(30 * MS),
    split(60, 40),
    split(0, 100),
    (TO_BACK, FaultRule(20 * MS, 40.0, 20.0)),
    (TO_BACK, RetryRule(RetryConfig(retries=2, backoff=PAUSE))),
    (TO_BACK, RetryRule(RetryConfig(retries=1, backoff=PAUSE, budget=QuotaConfig()))),
    (TO_BACK, BalancingRule(BalancerConfig("round_robin"))),
    (TO_BACK, BalancingRule(BalancerConfig("ring_hash"))),
]


def _one_of_each(picked: list[int]) -> list:
    """At most one rule of each kind, in the order picked."""
    chosen = {type(RULES[number][1]): RULES[number] for number in picked}
    return list(chosen.values())


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    written=st.sampled_from(EDGES),
    steps=st.lists(st.lists(st.integers(0, len(RULES) - 1), max_size=4), max_size=5),
    crashed=st.sampled_from(["front-0", "back-1"]),
    seed=st.integers(0, 1000),
    shuffled=st.booleans(),
)
def test_conservation_holds_whatever_is_changed_while_calls_are_under_way(
    written: dict, steps: list[list[int]], crashed: str, seed: int, shuffled: bool
) -> None:
    """``run`` raises if a request or an attempt is missing, or counted twice."""
    plan = platform(
        front_edge=EdgeConfig("front", "back", timeout_ns=100 * MS, **written),
        changes=[(0.5 + 0.3 * n, _one_of_each(picked)) for n, picked in enumerate(steps)],
        faults=[fault(InstanceCrash(Selector(instance=crashed)), at_s=1, for_s=0.4)],
        work=Exponential(15 * MS),
        seconds=3,
        rate_per_s=300,
    )
    left = build(plan, seed, shuffle_ties=shuffled).run()
    assert left.counts.offered == len(left.tables[0])


def test_work_that_is_cancelled_while_its_call_is_held_up_makes_no_call() -> None:
    plan = platform(first=[(TO_BACK, FaultRule(delay_ns=300 * MS, delay_percent=100.0))], seconds=5)
    assert plan.mesh is not None
    edges = (edge("users", "front", timeout_ns=100 * MS), plan.edges[1])
    mesh = replace(plan.mesh, config=replace(plan.mesh.config, edges=edges))
    front = replace(plan.services[0], cancel=Cancel.RUNNING)
    left = run(replace(plan, services=(front, plan.services[1]), edges=edges, mesh=mesh))
    assert not calls(left).any()
    assert left.counts.timed_out > 400
