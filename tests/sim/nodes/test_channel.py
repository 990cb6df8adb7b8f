"""The caller's side: which members are asked, and what becomes of permits, ties and drift."""

from dataclasses import replace

import numpy as np
import pytest

from models.base.distributions import Deterministic
from models.base.outcome import TRIES_MAX, Outcome
from models.base.time import DurationNs
from models.faults.plan import ErrorRate, Fault
from models.faults.selector import Selector
from models.records.events import EventKind
from models.records.table import Table
from models.traffic.breaker import BreakerState
from models.traffic.config import BackoffConfig, BreakerConfig, BudgetConfig, RetryConfig
from sim.nodes.channel import PICKS_MAX
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, service


def world_with_breakers(count: int, *, seconds: int = 12, error_for_s: int = 4) -> World:
    breaker = BreakerConfig(
        window_calls=10, minimum_calls=5, open_ns=S, half_open_permits=1, failure_ratio=0.5
    )
    plan = blueprint(
        [service("shop", count=count, slots=50)],
        [replace(edge("users", "shop", policy="round_robin"), breaker=breaker)],
        rate_per_s=100 * count,
        seconds=seconds,
        faults=[Fault("errors", 2 * S, error_for_s * S, ErrorRate(Selector(service="shop"), 1.0))],
    )
    return build(plan, 1)


def attempts_timed_out_after(timeout_ns: DurationNs) -> set[Outcome]:
    """Ends of attempts that take 12 ms without any queue."""
    plan = blueprint(
        [service("shop", slots=500, work=Deterministic(10 * MS))],
        [edge("users", "shop", timeout_ns=timeout_ns)],
        rate_per_s=100,
        seconds=3,
    )
    return ends(build(plan, 1).run().tables[1])


def ends(attempts: Table) -> set[Outcome]:
    codes = np.unique(attempts["outcome"]).tolist()
    return {Outcome(code) for code in codes} - {Outcome.IN_FLIGHT}


def test_an_answer_at_the_instant_of_the_time_out_is_in_time() -> None:
    assert attempts_timed_out_after(12 * MS) == {Outcome.OK}


def test_an_answer_a_nanosecond_after_the_time_out_is_late() -> None:
    assert attempts_timed_out_after(12 * MS - 1) == {Outcome.TIMEOUT}


@pytest.mark.parametrize("count", [1, PICKS_MAX, PICKS_MAX + 1, PICKS_MAX + 3])
def test_every_breaker_closes_again_however_many_refused_beside_it(count: int) -> None:
    """A permit granted to the last member asked must be used, or its breaker stays half-open."""
    world = world_with_breakers(count)
    outcome = world.run()
    channel = world.callers[-1].channels[0]
    states = {target.breaker.state for target in channel.targets() if target.breaker}
    assert states == {BreakerState.CLOSED}
    kinds = outcome.tables[3].text("kind")
    assert kinds.count(EventKind.BREAKER_CLOSED) >= count


def test_no_more_members_are_asked_than_the_limit_says() -> None:
    world = world_with_breakers(PICKS_MAX + 3, seconds=4, error_for_s=10)
    channel = world.callers[-1].channels[0]
    attempts = world.run().tables[1]
    refusals = sum(
        target.breaker.snapshot().refused for target in channel.targets() if target.breaker
    )
    refused = int((attempts["outcome"] == Outcome.BREAKER_OPEN).sum())
    assert refused > 100
    assert refusals >= PICKS_MAX * refused
    assert refusals < (PICKS_MAX + 1) * refused


def test_a_fast_clock_times_out_early_in_true_time() -> None:
    plan = blueprint(
        [
            service("shop", slots=500, work=Deterministic(10 * MS), calls=[["far"]]),
            service("far", slots=500, work=Deterministic(S)),
        ],
        [edge("users", "shop"), edge("shop", "far", timeout_ns=100 * MS)],
        rate_per_s=50,
        seconds=3,
    )
    plan = replace(plan, clocks=replace(plan.clocks, drift_ppm_max=50_000))
    world = build(plan, 4)
    attempts = world.run().tables[1]
    for instance in world.instances_of["shop"]:
        drift_ppm = instance.clock.drift_ppm
        rows = (attempts["caller"] == instance.index) & (attempts["outcome"] == Outcome.TIMEOUT)
        expected = -(-100 * MS * 1_000_000 // (1_000_000 + drift_ppm))
        assert drift_ppm != 0
        assert set(attempts["duration_ns"][rows].tolist()) == {expected}


def test_each_move_of_a_breaker_is_written_down_in_order() -> None:
    events = world_with_breakers(1).run().tables[3]
    moves = [kind for kind in events.text("kind") if kind.startswith("breaker")]
    probed = [EventKind.BREAKER_HALF_OPENED, EventKind.BREAKER_OPENED]
    assert moves[0] == EventKind.BREAKER_OPENED
    assert moves[1:-2] == probed * (len(moves[1:-2]) // 2)
    assert moves[-2:] == [EventKind.BREAKER_HALF_OPENED, EventKind.BREAKER_CLOSED]


def test_first_tries_earn_retries_and_retries_earn_none() -> None:
    """Every try fails, half a retry is earned by each first try: one retry for two requests."""
    retry = RetryConfig(5, BackoffConfig(0, 0), BudgetConfig(ratio=0.5, reserve=0))
    plan = blueprint(
        [service("shop", slots=50)],
        [edge("users", "shop", retry=retry)],
        rate_per_s=200,
        seconds=10,
        faults=[Fault("errors", 0, None, ErrorRate(Selector(service="shop"), 1.0))],
    )
    attempts = build(plan, 1).run().tables[1]
    first = int((attempts["try_decision"] & TRIES_MAX == 1).sum())
    assert first > 1000
    assert abs((len(attempts) - first) / first - 0.5) < 0.01
