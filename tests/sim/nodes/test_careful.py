"""Deadlines and retries that remember, felt in a small world."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic
from models.base.outcome import Decision, Outcome
from models.faults.plan import ErrorRate, InstanceCrash
from models.faults.selector import Selector
from models.service.queueing import SheddingSpec
from models.service.spec import Cancel
from models.traffic.config import (
    ActiveShareConfig,
    BackoffConfig,
    BudgetConfig,
    DeadlineConfig,
    EdgeConfig,
    Jitter,
    PoolConfig,
    QuotaConfig,
    RetryConfig,
    ThrottleConfig,
    WindowBudgetConfig,
)
from models.traffic.hedging import HedgeConfig
from models.traffic.limiter.base import Rate
from models.traffic.proxy.config import ProxyConfig, RateLimitConfig
from sim.world import Outcome as RunOutcome
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

PAUSE = BackoffConfig(10 * MS, 10 * MS, Jitter.NONE)
ALL_FAIL = fault(ErrorRate(Selector(service="shop"), 1.0), at_s=0, for_s=None)


def one_tier(policies: dict, *, faults: Sequence = (), shuffled: bool = False, **options):
    plan = blueprint(
        [service("shop", **options)],
        [EdgeConfig("users", "shop", **policies)],
        rate_per_s=50,
        seconds=10,
        faults=faults,
    )
    return build(plan, 1, shuffle_ties=shuffled).run()


def tries_of(outcome: RunOutcome) -> list[list[tuple[int, int, int]]]:
    """Start, end and outcome of the tries of each request, in order."""
    attempts = outcome.tables[1]
    found: dict[int, list[tuple[int, int, int]]] = {}
    ends = attempts["start_ns"] + attempts["duration_ns"]
    rows = zip(attempts["request"], attempts["start_ns"], ends, attempts["outcome"], strict=True)
    for request, *row in rows:
        found.setdefault(int(request), []).append(tuple(map(int, row)))
    return [sorted(tries) for tries in found.values()]


def decisions(outcome: RunOutcome) -> set[int]:
    return set((outcome.tables[1]["try_decision"] >> 4).tolist())


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_deadline_bounds_all_tries_and_pauses_of_a_call_together(shuffled: bool) -> None:
    """Each try is given up after 40 ms; the third, begun at 100 ms, at the deadline."""
    outcome = one_tier(
        {
            "timeout_ns": 40 * MS,
            "retry": RetryConfig(9, PAUSE),
            "deadline": DeadlineConfig(120 * MS),
        },
        work=Deterministic(S),
        count=3,
        slots=500,
        shuffled=shuffled,
    )
    whole = [tries for tries in tries_of(outcome) if tries[0][0] < 9 * S]
    for tries in whole:
        began = tries[0][0]
        assert [(start - began, end - began) for start, end, _ in tries] == [
            (0, 40 * MS),
            (50 * MS, 90 * MS),
            (100 * MS, 120 * MS),
        ]
    assert len(whole) > 100


def test_a_retry_that_would_begin_at_the_deadline_is_not_made() -> None:
    policies = {
        "timeout_ns": 40 * MS,
        "retry": RetryConfig(9, PAUSE),
        "deadline": DeadlineConfig(100 * MS),
    }
    outcome = one_tier(policies, work=Deterministic(S), slots=500)
    assert {len(tries) for tries in tries_of(outcome) if tries[0][0] < 9 * S} == {2}


def test_a_deadline_bounds_a_try_that_has_no_time_out() -> None:
    policies = {"timeout_ns": 0, "deadline": DeadlineConfig(70 * MS)}
    outcome = one_tier(policies, work=Deterministic(S), slots=500)
    whole = [tries for tries in tries_of(outcome) if tries[0][0] < 9 * S]
    assert {end - start for ((start, end, _),) in whole} == {70 * MS}
    assert {how for ((_, _, how),) in whole} == {Outcome.TIMEOUT}


def two_tiers(deadline: DeadlineConfig | None, *, steps: int = 1, **options) -> RunOutcome:
    plan = blueprint(
        [
            service("front", calls=[["back"]] * steps, work=Deterministic(20 * MS), slots=500),
            service("back", work=Deterministic(60 * MS), slots=500, **options),
        ],
        [
            edge("users", "front", timeout_ns=100 * MS),
            EdgeConfig("front", "back", timeout_ns=S, deadline=deadline),
        ],
        rate_per_s=50,
        seconds=10,
    )
    return build(plan, 1).run()


def calls_to_back(outcome: RunOutcome) -> tuple[np.ndarray, np.ndarray]:
    attempts = outcome.tables[1]
    chosen = (attempts["parent"] != 0xFFFFFFFF) & (attempts["outcome"] != Outcome.IN_FLIGHT)
    return attempts["outcome"][chosen], attempts["duration_ns"][chosen]


def test_a_call_is_wanted_no_longer_than_the_work_on_whose_behalf_it_is_made() -> None:
    """1 ms there, 20 ms of work, 62 ms for the first call: 17 ms are left for the second."""
    outcomes, durations = calls_to_back(two_tiers(DeadlineConfig(propagates=True), steps=2))
    gone = durations[outcomes == Outcome.TIMEOUT]
    assert set(gone.tolist()) == {17 * MS}
    assert len(gone) > 100


def test_without_propagation_the_second_call_is_served_for_nobody() -> None:
    outcomes, durations = calls_to_back(two_tiers(None, steps=2))
    assert (outcomes == Outcome.OK).all()
    assert set(durations.tolist()) == {62 * MS}


def test_a_margin_leaves_time_for_the_way_back() -> None:
    margin = DeadlineConfig(propagates=True, margin_ns=5 * MS)
    outcomes, durations = calls_to_back(two_tiers(margin, steps=2))
    assert set(durations[outcomes == Outcome.TIMEOUT].tolist()) == {12 * MS}


def test_a_call_without_any_time_left_is_not_sent() -> None:
    """The caller is given up while it works on: its calls expire where they are made."""
    plan = blueprint(
        [
            service("front", calls=[["back"]], work=Deterministic(200 * MS), slots=500),
            service("back"),
        ],
        [
            edge("users", "front", timeout_ns=100 * MS),
            EdgeConfig("front", "back", deadline=DeadlineConfig(propagates=True)),
        ],
        rate_per_s=50,
        seconds=10,
    )
    outcome = build(plan, 1).run()
    outcomes, durations = calls_to_back(outcome)
    assert set(outcomes.tolist()) == {Outcome.EXPIRED}
    assert durations.max() == 0


def test_a_server_that_drops_what_has_expired_reads_the_deadline_that_came_along() -> None:
    """One slot of 60 ms at 50/s: what waits for longer than is left is dropped at its turn."""
    options = {"count": 1, "queue_limit": 50, "shedding": SheddingSpec(drops_expired=True)}
    plan = blueprint(
        [
            service("front", calls=[["back"]], work=Deterministic(20 * MS), slots=500),
            replace(service("back", work=Deterministic(60 * MS), **options), slots=1),
        ],
        [
            edge("users", "front", timeout_ns=150 * MS),
            EdgeConfig("front", "back", timeout_ns=S, deadline=DeadlineConfig(propagates=True)),
        ],
        rate_per_s=50,
        seconds=10,
    )
    world = build(plan, 1)
    world.run()
    (back,) = world.instances_of["back"]
    assert back.refused > 100


def test_decorrelated_pauses_differ_and_stay_between_base_and_cap() -> None:
    spread = BackoffConfig(10 * MS, 90 * MS, Jitter.DECORRELATED)
    outcome = one_tier({"retry": RetryConfig(4, spread)}, faults=[ALL_FAIL])
    pauses = [
        after[0] - before[1] for tries in tries_of(outcome) for before, after in pairwise(tries)
    ]
    assert len(set(pauses)) > 500
    assert min(pauses) >= 10 * MS
    assert max(pauses) == 90 * MS


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize(
    ("budget", "lowest", "highest"),
    [
        (ThrottleConfig(10, 0.1), 1, 6),
        (WindowBudgetConfig(0.2, 2, 10 * S), 100, 160),
        (QuotaConfig(100, 5, 5, 1), 18, 22),
        (ActiveShareConfig(0.0, 1), 300, 700),
    ],
)
def test_a_budget_holds_when_everything_fails(
    budget, lowest: int, highest: int, shuffled: bool
) -> None:
    """500 requests with up to three retries each would be 1,500 retries."""
    outcome = one_tier(
        {"retry": RetryConfig(3, PAUSE, budget)}, faults=[ALL_FAIL], shuffled=shuffled
    )
    retried = sum(len(tries) - 1 for tries in tries_of(outcome))
    assert lowest <= retried <= highest
    assert Decision.BUDGET_DENIED in decisions(outcome)


def test_what_must_not_be_made_twice_is_not_sent_again_after_an_error() -> None:
    twice = one_tier({"retry": RetryConfig(3, PAUSE)}, faults=[ALL_FAIL])
    once = one_tier({"retry": RetryConfig(3, PAUSE, once=frozenset({"do"}))}, faults=[ALL_FAIL])
    assert {len(tries) for tries in tries_of(twice) if tries[0][0] < 9 * S} == {4}
    assert {len(tries) for tries in tries_of(once)} == {1}


def test_what_must_not_be_made_twice_is_sent_again_where_nobody_listened() -> None:
    gone = fault(InstanceCrash(Selector(instance="shop-0")), at_s=2, for_s=3)
    outcome = one_tier({"retry": RetryConfig(3, PAUSE, once=frozenset({"do"}))}, faults=[gone])
    after_refusal = [tries for tries in tries_of(outcome) if tries[0][2] == Outcome.REFUSED]
    assert len(after_refusal) > 5
    assert all(len(tries) > 1 for tries in after_refusal)


BUDGETS = (
    None,
    BudgetConfig(0.5),
    ThrottleConfig(20),
    ActiveShareConfig(0.3, 1),
    WindowBudgetConfig(0.3, 1),
    QuotaConfig(50),
)


@given(
    budget=st.sampled_from(BUDGETS),
    deadline=st.sampled_from(
        (
            DeadlineConfig(30 * MS),
            DeadlineConfig(propagates=True),
            DeadlineConfig(45 * MS, True, 2 * MS),
        )
    ),
    jitter=st.sampled_from(list(Jitter)),
    timeout_ns=st.sampled_from((0, 15 * MS)),
    extras=st.sets(st.sampled_from(["hedge", "limit", "pool"])),
    cancel=st.sampled_from(list(Cancel)),
    shuffle_ties=st.booleans(),
    seed=st.integers(1, 50),
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_any_mix_conserves_requests_and_repeats_itself(
    budget, deadline, jitter, timeout_ns, extras, cancel, shuffle_ties, seed
) -> None:
    proxy = ProxyConfig(
        hedge=HedgeConfig(delay_ns=5 * MS) if "hedge" in extras else None,
        limit=RateLimitConfig(Rate(120), 5) if "limit" in extras else None,
    )
    retry = RetryConfig(3, BackoffConfig(2 * MS, 20 * MS, jitter), budget, once=frozenset({"x"}))
    plan = blueprint(
        [
            service("front", calls=[["back", "back"], ["back"]], cancel=cancel),
            service("back", count=4, slots=2, queue_limit=5, cancel=cancel),
        ],
        [
            edge("users", "front", timeout_ns=60 * MS),
            EdgeConfig(
                "front",
                "back",
                timeout_ns=timeout_ns,
                retry=RetryConfig() if "hedge" in extras else retry,
                deadline=deadline,
                proxy=proxy,
                pool=PoolConfig(2, 5, 50 * MS) if "pool" in extras else None,
            ),
        ],
        rate_per_s=100,
        seconds=4,
        faults=[
            fault(ErrorRate(Selector(instance="back-0"), 0.7), at_s=1, for_s=2),
            fault(InstanceCrash(Selector(instance="front-1")), at_s=1.5, for_s=1),
            fault(InstanceCrash(Selector(instance="back-2")), at_s=2, for_s=1),
        ],
    )
    first, second = (build(plan, seed, shuffle_ties=shuffle_ties).run() for _ in range(2))
    assert first.counts.offered > 50
    assert all(
        np.array_equal(one[name], other[name])
        for one, other in zip(first.tables[:2], second.tables[:2], strict=True)
        for name in one.numbers
    )
