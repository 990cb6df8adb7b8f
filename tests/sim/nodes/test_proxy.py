"""Policies of an edge's proxy, felt in a small world."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Exponential, Lognormal
from models.base.keys import KeyLaw
from models.base.outcome import Outcome, RequestOutcome
from models.faults.plan import ErrorRate, InstanceCrash
from models.faults.selector import Selector
from models.records.events import EventKind
from models.service.spec import Cancel
from models.service.traffic import KeySpec, UserSpec
from models.traffic.concurrency.aimd import AimdConfig
from models.traffic.config import BalancerConfig, BudgetConfig, EdgeConfig, RetryConfig
from models.traffic.fallback import FallbackConfig
from models.traffic.hedging import HedgeConfig
from models.traffic.limiter.base import Rate
from models.traffic.outlier.config import ConsecutiveConfig, OutlierConfig
from models.traffic.proxy.config import ProxyConfig, RateLimitConfig
from sim.blueprint import Blueprint
from sim.world import Outcome as RunOutcome
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

EJECTING = OutlierConfig(
    consecutive_5xx=ConsecutiveConfig(3),
    consecutive_local=ConsecutiveConfig(3),
    interval_ns=S,
    base_ns=2 * S,
    ejected_ratio_max=0.5,
)


def proxied(plan: Blueprint, proxy: ProxyConfig, place: int = 0) -> Blueprint:
    edges = list(plan.edges)
    edges[place] = replace(edges[place], proxy=proxy)
    return replace(plan, edges=tuple(edges))


def one_tier(
    proxy: ProxyConfig,
    *,
    faults: Sequence = (),
    rate_per_s: float = 200.0,
    policy: str = "round_robin",
    **options,
) -> RunOutcome:
    plan = blueprint(
        [service("shop", **options)],
        [edge("users", "shop", policy=policy)],
        rate_per_s=rate_per_s,
        faults=faults,
    )
    return build(proxied(plan, proxy), 1).run()


def events(outcome: RunOutcome, kind: EventKind) -> np.ndarray:
    table = outcome.tables[3]
    return table["time_ns"][np.array(table.text("kind")) == kind]


def test_an_instance_that_answers_with_errors_is_ejected_and_let_in_again() -> None:
    sick = fault(ErrorRate(Selector(instance="shop-1"), 1.0), at_s=5, for_s=4)
    outcome = one_tier(ProxyConfig(outlier=EJECTING), faults=[sick])
    attempts = outcome.tables[1]
    failed = attempts["outcome"] == Outcome.ERROR
    during = (attempts["start_ns"] > 5 * S) & (attempts["start_ns"] < 9 * S)
    assert 3 <= failed.sum() <= 15
    assert (attempts["target"][during] == 1).sum() < 0.1 * during.sum()
    assert len(events(outcome, EventKind.MEMBER_EJECTED)) >= 1
    back = events(outcome, EventKind.MEMBER_READMITTED)
    assert len(back) >= 1
    late = attempts["start_ns"] > 15 * S
    assert (attempts["target"][late] == 1).mean() == pytest.approx(1 / 3, abs=0.05)


def test_without_ejection_the_same_instance_goes_on_failing_its_share() -> None:
    sick = fault(ErrorRate(Selector(instance="shop-1"), 1.0), at_s=5, for_s=4)
    attempts = one_tier(ProxyConfig(), faults=[sick]).tables[1]
    assert (attempts["outcome"] == Outcome.ERROR).sum() > 200


def test_least_request_is_drawn_to_an_instance_that_fails_at_once_until_it_is_ejected() -> None:
    """Errors are quick, so the sick one always has the fewest requests under way."""
    sick = fault(ErrorRate(Selector(instance="shop-1"), 1.0), at_s=5, for_s=10)
    options = {"policy": "least_request", "rate_per_s": 600, "work": Deterministic(12 * MS)}
    drawn = one_tier(ProxyConfig(), faults=[sick], **options).tables[1]
    during = (drawn["start_ns"] > 6 * S) & (drawn["start_ns"] < 14 * S)
    assert (drawn["target"][during] == 1).mean() > 0.45
    judged = one_tier(ProxyConfig(outlier=EJECTING), faults=[sick], **options).tables[1]
    during = (judged["start_ns"] > 6 * S) & (judged["start_ns"] < 14 * S)
    assert (judged["target"][during] == 1).mean() < 0.1


def test_a_limit_lets_through_its_rate_and_turns_the_rest_away() -> None:
    limit = RateLimitConfig(Rate(50), 10)
    outcome = one_tier(ProxyConfig(limit=limit))
    attempts = outcome.tables[1]
    let_in = (attempts["outcome"] != Outcome.LIMITED).sum()
    assert let_in == pytest.approx(50 * 20 + 10, abs=5)
    assert outcome.counts.rejected == (attempts["outcome"] == Outcome.LIMITED).sum()


def test_no_more_calls_are_under_way_than_allowed() -> None:
    attempts = one_tier(ProxyConfig(concurrency=3), work=Exponential(40 * MS)).tables[1]
    served = attempts["outcome"] != Outcome.LIMITED
    begins = attempts["start_ns"][served]
    ends = begins + attempts["duration_ns"][served]
    order = np.argsort(np.concatenate((ends, begins)), kind="stable")
    steps = np.concatenate((-np.ones(len(ends)), np.ones(len(begins))))[order]
    assert np.cumsum(steps).max() == 3


def test_a_fallback_turns_failures_into_answers_that_the_record_tells_apart() -> None:
    gone = fault(InstanceCrash(Selector(service="shop")), at_s=5, for_s=5)
    outcome = one_tier(ProxyConfig(fallback=FallbackConfig(has_static=True)), faults=[gone])
    requests, attempts = outcome.tables[0], outcome.tables[1]
    assert outcome.counts.failed == 0
    fallen_back = requests["last_outcome"] == Outcome.FALLBACK
    assert fallen_back.sum() > 500
    assert (requests["outcome"][fallen_back] == RequestOutcome.COMPLETED).all()
    assert (attempts["outcome"] == Outcome.REFUSED).sum() > 500


def test_a_hedge_shortens_the_tail_and_calls_the_loser_off() -> None:
    slow_tail = Lognormal(mu=16.5, sigma=1.2)
    options = {"count": 6, "work": slow_tail, "rate_per_s": 50, "cancel": Cancel.RUNNING}
    plain = one_tier(ProxyConfig(), **options).tables[0]
    hedged = one_tier(ProxyConfig(hedge=HedgeConfig(delay_ns=60 * MS, budget=None)), **options)
    attempts, requests = hedged.tables[1], hedged.tables[0]
    second = (attempts["try_decision"] & 0xF) == 2
    assert 0.02 < second.sum() / len(requests) < 0.3
    assert (attempts["outcome"] == Outcome.CALLER_GONE).sum() > 0
    assert np.percentile(requests["duration_ns"], 99) < 0.7 * np.percentile(
        plain["duration_ns"], 99
    )


def test_a_hedge_goes_to_another_instance() -> None:
    outcome = one_tier(
        ProxyConfig(hedge=HedgeConfig(delay_ns=MS, budget=None)), count=2, rate_per_s=20
    )
    attempts = outcome.tables[1]
    by_request: dict[int, set[int]] = {}
    for request, target in zip(attempts["request"], attempts["target"], strict=True):
        by_request.setdefault(int(request), set()).add(int(target))
    assert all(targets == {0, 1} for targets in list(by_request.values())[:-1])


@pytest.mark.parametrize("policy", ["ring_hash", "ketama", "maglev"])
def test_requests_about_one_key_go_to_one_instance(policy: str) -> None:
    plan = blueprint(
        [service("front", calls=[["shop"]]), service("shop", count=5)],
        [edge("users", "front"), edge("front", "shop")],
    )
    hashing = replace(plan.edges[1], balancer=BalancerConfig(policy))
    source = replace(plan.sources[0], keys=KeySpec(KeyLaw(40)))
    world = build(replace(plan, edges=(plan.edges[0], hashing), sources=(source,)), 1)
    keys: dict[int, int] = {}

    def remember(request) -> None:
        keys[request.id] = request.key

    marker = world.sources[0]._marker
    mark = marker.mark

    class Remembering:
        def mark(self, request, place) -> None:
            mark(request, place)
            remember(request)

    world.sources[0]._marker = Remembering()
    attempts = world.run().tables[1]
    is_call = attempts["parent"] != 0xFFFFFFFF
    homes: dict[int, set[int]] = {}
    pairs = zip(attempts["request"][is_call], attempts["target"][is_call], strict=True)
    for request, target in pairs:
        homes.setdefault(keys[int(request)], set()).add(int(target))
    assert len(homes) == 40
    assert all(len(targets) == 1 for targets in homes.values())
    assert len(set().union(*homes.values())) >= 4


PARTS = {
    "limit": RateLimitConfig(Rate(80), 5),
    "concurrency": 4,
    "outlier": EJECTING,
    "fallback": FallbackConfig(has_static=True),
}


@given(
    chosen=st.sets(st.sampled_from([*PARTS, "aimd", "hedge"])),
    shuffle_ties=st.booleans(),
    seed=st.integers(1, 50),
    cancel=st.sampled_from(list(Cancel)),
    waits=st.booleans(),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_mix_of_policies_conserves_requests_and_repeats_itself(
    chosen: set[str], shuffle_ties: bool, seed: int, cancel: Cancel, waits: bool
) -> None:
    parts = {name: part for name, part in PARTS.items() if name in chosen}
    if "aimd" in chosen:
        parts["concurrency"] = AimdConfig()
    retry = RetryConfig(2, budget=BudgetConfig(0.5))
    if "hedge" in chosen:
        parts["hedge"] = HedgeConfig(delay_ns=5 * MS)
        retry = RetryConfig()
    plan = blueprint(
        [
            service("front", calls=[["back", "back"]], cancel=cancel),
            service("back", count=4, slots=2, queue_limit=5, cancel=cancel),
        ],
        [
            edge("users", "front", timeout_ns=60 * MS),
            EdgeConfig("front", "back", timeout_ns=25 * MS, retry=retry),
        ],
        rate_per_s=150,
        seconds=4,
        faults=[
            fault(ErrorRate(Selector(instance="back-0"), 0.7), at_s=1, for_s=2),
            fault(InstanceCrash(Selector(instance="front-1")), at_s=1.5, for_s=1),
        ],
    )
    if waits:
        source = replace(plan.sources[0], users=UserSpec(20, Exponential(30 * MS)))
        plan = replace(plan, sources=(source,))
    plan = proxied(plan, ProxyConfig(**parts), place=1)
    first, second = (build(plan, seed, shuffle_ties=shuffle_ties).run() for _ in range(2))
    counts = first.counts
    ends = counts.completed + counts.failed + counts.rejected + counts.timed_out
    assert counts.offered == ends + counts.in_flight > 50
    assert all(
        np.array_equal(one[name], other[name])
        for one, other in zip(first.tables[:2], second.tables[:2], strict=True)
        for name in one.numbers
    )
