"""Limits that a store keeps for all callers, felt in a small world."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Exponential
from models.base.keys import KeyLaw
from models.base.outcome import Outcome
from models.faults.plan import InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from models.service.spec import Cancel
from models.service.traffic import KeySpec
from models.traffic.config import DeadlineConfig, EdgeConfig, PoolConfig, RetryConfig
from models.traffic.fallback import FallbackConfig
from models.traffic.limiter.base import Rate
from models.traffic.proxy.config import LimitBy, LimitStoreConfig, ProxyConfig, RateLimitConfig
from sim.blueprint import Blueprint
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

STORE = LimitStoreConfig("b")


def two_tiers(store: LimitStoreConfig | None, rate: int = 60, burst: int = 20, **options):
    """Three fronts call one back; all links take 1 ms, work 5 ms each."""
    plan = blueprint(
        [
            service("front", calls=[["back"]], work=Deterministic(5 * MS), slots=50),
            service("back", work=Deterministic(5 * MS), slots=50),
        ],
        [edge("users", "front", policy="round_robin"), edge("front", "back")],
        rate_per_s=200,
        seconds=20,
        **options,
    )
    return limited(plan, RateLimitConfig(Rate(rate), burst, store))


def limited(plan: Blueprint, limit: RateLimitConfig) -> Blueprint:
    first, second = plan.edges
    return replace(plan, edges=(first, replace(second, proxy=ProxyConfig(limit=limit))))


def calls(plan: Blueprint, *, shuffled: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Starts and outcomes of the calls to the back."""
    attempts = build(plan, 3, shuffle_ties=shuffled).run().tables[1]
    chosen = attempts["parent"] != 0xFFFFFFFF
    return attempts["start_ns"][chosen], attempts["outcome"][chosen]


@pytest.mark.parametrize("shuffled", [False, True])
def test_all_callers_together_keep_the_limit(shuffled: bool) -> None:
    _, outcomes = calls(two_tiers(STORE), shuffled=shuffled)
    assert (outcomes != Outcome.LIMITED).sum() == pytest.approx(60 * 20, rel=0.05)


def test_without_a_store_each_caller_has_the_limit_for_itself() -> None:
    _, outcomes = calls(two_tiers(None))
    assert (outcomes != Outcome.LIMITED).sum() > 2.8 * 60 * 20


def test_a_call_waits_for_the_answer_of_the_store() -> None:
    """1 ms to the front and 5 ms of work; then 1 + 3 + 1 ms for the store's word."""
    plan = two_tiers(replace(STORE, work=Deterministic(3 * MS)), rate=10_000, burst=1000)
    attempts = build(plan, 3).run().tables[1]
    chosen = attempts["parent"] != 0xFFFFFFFF
    starts = dict(zip(attempts["id"].tolist(), attempts["start_ns"].tolist(), strict=True))
    parents = attempts["parent"][chosen].tolist()
    waits = attempts["start_ns"][chosen] - np.array([starts[parent] for parent in parents])
    assert set(waits.tolist()) == {11 * MS}


def test_a_refusal_that_is_remembered_asks_the_store_less() -> None:
    asked = []
    for remembers in (True, False):
        world = build(two_tiers(replace(STORE, remembers_refusals=remembers), rate=5), 3)
        world.run()
        (store,) = world.wiring.limit_stores.values()
        asked.append(store.asked)
    assert asked[0] < 0.3 * asked[1]


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("fails_open", [True, False])
def test_a_store_without_power_costs_the_limit_or_the_traffic(
    fails_open: bool, shuffled: bool
) -> None:
    """Fronts and backs stand in all zones; only those of zone b go down with the store."""
    dark = fault(ZoneOutage("b"), at_s=5, for_s=10)
    store = replace(STORE, fails_open=fails_open, remembers_refusals=False)
    starts, outcomes = calls(two_tiers(store, faults=[dark]), shuffled=shuffled)
    during = (starts > 6 * S) & (starts < 14 * S)
    refused = (outcomes[during] == Outcome.LIMITED).mean()
    assert refused == (0.0 if fails_open else 1.0)
    after = starts > 16 * S
    assert 0.5 < (outcomes[after] == Outcome.LIMITED).mean() < 0.9


def test_a_store_that_is_too_slow_is_as_good_as_none() -> None:
    slow = replace(STORE, work=Deterministic(30 * MS), fails_open=False)
    _, outcomes = calls(two_tiers(slow, rate=10_000, burst=100))
    assert set(outcomes.tolist()) == {Outcome.LIMITED}


def test_each_key_has_a_limit_of_its_own() -> None:
    by_key = two_tiers(replace(STORE, by=LimitBy.KEY), rate=10, burst=5)
    source = replace(by_key.sources[0], keys=KeySpec(KeyLaw(4)))
    _, outcomes = calls(replace(by_key, sources=(source,)))
    assert (outcomes != Outcome.LIMITED).sum() == pytest.approx(4 * 10 * 20, rel=0.1)


@given(
    by=st.sampled_from(list(LimitBy)),
    fails_open=st.booleans(),
    remembers=st.booleans(),
    work_ms=st.sampled_from([0, 2, 30]),
    deadline=st.sampled_from([None, DeadlineConfig(30 * MS, propagates=True)]),
    fallback=st.sampled_from([None, FallbackConfig(has_static=True)]),
    cancel=st.sampled_from(list(Cancel)),
    shuffle_ties=st.booleans(),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_mix_conserves_requests_and_repeats_itself(
    by, fails_open, remembers, work_ms, deadline, fallback, cancel, shuffle_ties
) -> None:
    store = LimitStoreConfig(
        "b",
        by,
        Exponential(work_ms * MS) if work_ms else None,
        fails_open=fails_open,
        remembers_refusals=remembers,
    )
    proxy = ProxyConfig(limit=RateLimitConfig(Rate(100), 5, store), fallback=fallback)
    plan = blueprint(
        [
            service("front", calls=[["back", "back"]], cancel=cancel),
            service("back", count=4, slots=2, queue_limit=5, cancel=cancel),
        ],
        [
            edge("users", "front", timeout_ns=60 * MS),
            EdgeConfig(
                "front",
                "back",
                timeout_ns=25 * MS,
                retry=RetryConfig(2),
                deadline=deadline,
                proxy=proxy,
                pool=PoolConfig(3, 5, 20 * MS) if remembers else None,
            ),
        ],
        rate_per_s=120,
        seconds=4,
        faults=[
            fault(InstanceCrash(Selector(instance="front-2")), at_s=1.5, for_s=1),
            fault(ZoneOutage("b"), at_s=2, for_s=1),
        ],
    )
    first, second = (build(plan, 7, shuffle_ties=shuffle_ties).run() for _ in range(2))
    assert first.counts.offered > 50
    assert all(
        np.array_equal(one[name], other[name])
        for one, other in zip(first.tables[:2], second.tables[:2], strict=True)
        for name in one.numbers
    )
