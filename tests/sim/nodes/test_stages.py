"""Stages of one channel together: chain, hedges, connections, keys, deadlines and roles."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Exponential
from models.base.keys import KeyLaw
from models.base.outcome import Outcome
from models.faults.plan import ErrorRate, InstanceCrash
from models.faults.selector import Selector
from models.records.schema import NO_PARENT
from models.service.replication import ReadsFrom, ReplicationSpec
from models.service.spec import Cancel, ServiceSpec
from models.service.traffic import KeySpec
from models.traffic.config import (
    BalancerConfig,
    BreakerConfig,
    DeadlineConfig,
    EdgeConfig,
    PoolConfig,
    RetryConfig,
)
from models.traffic.fallback import FallbackConfig
from models.traffic.hedging import HedgeConfig
from models.traffic.limiter.base import Rate
from models.traffic.outlier.config import ConsecutiveConfig, OutlierConfig
from models.traffic.proxy.config import ProxyConfig, RateLimitConfig
from sim.blueprint import Blueprint
from sim.nodes.proxy import ProxyChannel
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

EJECTING = OutlierConfig(
    consecutive_5xx=ConsecutiveConfig(3), interval_ns=S, base_ns=60 * S, ejected_ratio_max=0.5
)
HEDGE = HedgeConfig(delay_ns=10 * MS, budget=None)


def world(
    inner: EdgeConfig,
    back: ServiceSpec,
    *,
    rate: float = 100.0,
    seconds: int = 5,
    faults: Sequence = (),
    keys: KeySpec | None = None,
) -> World:
    front = service("front", count=1, slots=1000, work=Deterministic(0), calls=[["back"]])
    plan = blueprint(
        [front, back],
        [edge("users", "front", timeout_ns=4 * S), inner],
        rate_per_s=rate,
        seconds=seconds,
        faults=faults,
    )
    if keys is not None:
        plan = replace(plan, sources=(replace(plan.sources[0], keys=keys),))
    return build(plan, 1)


def back(*, count: int = 1, work_ns: int = 18 * MS) -> ServiceSpec:
    return service("back", count=count, slots=1000, work=Deterministic(work_ns))


def inner_attempts(made: World) -> dict[str, np.ndarray]:
    attempts = made.run().tables[1]
    inner = attempts["parent"] != NO_PARENT
    found = {name: attempts[name][inner] for name in ("outcome", "target", "start_ns")}
    return found | {"try": attempts["try_decision"][inner] & 15}


def line_of(made: World) -> ProxyChannel:
    (front,) = (one for one in made.instances if one.service == "front")
    (channel,) = front.channels.values()
    assert isinstance(channel, ProxyChannel)
    return channel


def test_a_limit_turns_calls_away_before_they_wait_for_a_connection() -> None:
    limited = replace(
        edge("front", "back", timeout_ns=S),
        pool=PoolConfig(1, pending=1000),
        proxy=ProxyConfig(limit=RateLimitConfig(Rate(40), 1)),
    )
    outcome = inner_attempts(world(limited, back(), rate=200))["outcome"]
    let_in_per_s = 1 / (1 / 40 + 1 / 200)
    assert (outcome == Outcome.OK).sum() == pytest.approx(5 * let_in_per_s, abs=10)
    assert (outcome == Outcome.LIMITED).sum() > 600
    assert not (outcome == Outcome.NO_CONNECTION).any()


def test_a_fallback_answers_for_calls_that_got_no_connection() -> None:
    covered = FallbackConfig(has_static=True, covers=frozenset({Outcome.NO_CONNECTION}))
    pooled = replace(
        edge("front", "back", timeout_ns=S),
        pool=PoolConfig(1, pending=0),
        proxy=ProxyConfig(fallback=covered),
    )
    run = world(pooled, back(), rate=200).run()
    assert (run.tables[1]["outcome"] == Outcome.NO_CONNECTION).sum() > 300
    assert run.counts.failed == 0


def test_a_hedge_that_waits_for_a_connection_is_withdrawn_when_the_first_try_answers() -> None:
    hedged = replace(
        edge("front", "back", timeout_ns=S),
        pool=PoolConfig(1, pending=50),
        proxy=ProxyConfig(hedge=HEDGE),
    )
    made = world(hedged, back(count=2), rate=5)
    found = inner_attempts(made)
    assert (found["try"] == 1).all()
    line = line_of(made).line
    assert line is not None
    assert line.pending == 0
    assert line.in_use <= 1


def test_with_a_second_connection_the_hedge_goes_out() -> None:
    hedged = replace(
        edge("front", "back", timeout_ns=S),
        pool=PoolConfig(2, pending=50),
        proxy=ProxyConfig(hedge=HEDGE),
    )
    found = inner_attempts(world(hedged, back(count=2), rate=5))
    assert (found["try"] == 2).sum() >= 0.9 * (found["try"] == 1).sum()


def test_a_key_keeps_its_home_where_connections_are_few() -> None:
    keyed = replace(
        edge("front", "back", timeout_ns=S, policy="ring_hash"), pool=PoolConfig(2, pending=100)
    )
    keys = KeySpec(law=KeyLaw(count=1))
    found = inner_attempts(world(keyed, back(count=4), rate=60, keys=keys))
    assert len(set(found["target"][found["outcome"] == Outcome.OK].tolist())) == 1


def test_the_time_of_a_call_runs_while_it_waits_for_a_connection() -> None:
    hurried = replace(
        edge("front", "back", timeout_ns=S),
        pool=PoolConfig(1, pending=1000),
        deadline=DeadlineConfig(total_ns=50 * MS),
    )
    run = world(hurried, back(), rate=100).run()
    assert run.counts.timed_out + run.counts.failed > 100


def database() -> ServiceSpec:
    return replace(
        service("back", slots=50, work=Deterministic(MS)),
        replication=ReplicationSpec("a", reads_from=ReadsFrom.REPLICAS),
    )


def test_a_replica_that_fails_is_not_read_once_it_is_ejected() -> None:
    judged = replace(edge("front", "back", timeout_ns=S), proxy=ProxyConfig(outlier=EJECTING))
    sick = fault(ErrorRate(Selector(instance="back-2"), 1.0), at_s=1, for_s=4)
    plain = edge("front", "back", timeout_ns=S)
    failures = [
        int((inner_attempts(world(one, database(), faults=[sick]))["outcome"] != Outcome.OK).sum())
        for one in (judged, plain)
    ]
    assert failures[0] <= 6
    assert failures[1] > 100


POLICIES = {
    "limit": RateLimitConfig(Rate(120), 5),
    "concurrency": 6,
    "outlier": EJECTING,
    "hedge": HedgeConfig(delay_ns=5 * MS),
    "fallback": FallbackConfig(has_static=True),
}


def mixed(chosen: set[str], cancel: Cancel) -> Blueprint:
    """Two tiers, the second with everything that was chosen, while things break."""
    proxy = ProxyConfig(**{name: part for name, part in POLICIES.items() if name in chosen})
    inner = EdgeConfig(
        "front",
        "back",
        timeout_ns=25 * MS,
        retry=RetryConfig() if "hedge" in chosen else RetryConfig(2),
        breaker=BreakerConfig() if "breaker" in chosen else None,
        balancer=BalancerConfig("ring_hash" if "key" in chosen else "least_request"),
        pool=PoolConfig(2, pending=4, wait_ns=8 * MS) if "pool" in chosen else None,
        deadline=DeadlineConfig(total_ns=40 * MS) if "deadline" in chosen else None,
        proxy=proxy if proxy.is_on else None,
    )
    behind = service(
        "back", count=3, slots=2, queue_limit=5, cancel=cancel, work=Exponential(10 * MS)
    )
    if "database" in chosen:
        behind = replace(behind, replication=ReplicationSpec("a", reads_from=ReadsFrom.REPLICAS))
    return blueprint(
        [service("front", count=2, calls=[["back", "back"]], cancel=cancel), behind],
        [edge("users", "front", timeout_ns=60 * MS), inner],
        rate_per_s=150,
        seconds=3,
        faults=[
            fault(ErrorRate(Selector(instance="back-1"), 0.7), at_s=0.5, for_s=2),
            fault(InstanceCrash(Selector(instance="front-1")), at_s=1, for_s=1),
            fault(InstanceCrash(Selector(instance="back-2")), at_s=1.5, for_s=1),
        ],
    )


@given(
    chosen=st.sets(st.sampled_from([*POLICIES, "breaker", "key", "pool", "deadline", "database"])),
    shuffle_ties=st.booleans(),
    seed=st.integers(1, 50),
    cancel=st.sampled_from(list(Cancel)),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_any_mix_of_stages_conserves_requests_and_repeats_itself(
    chosen: set[str], shuffle_ties: bool, seed: int, cancel: Cancel
) -> None:
    plan = mixed(chosen, cancel)
    first, second = (build(plan, seed, shuffle_ties=shuffle_ties).run() for _ in range(2))
    counts = first.counts
    ends = counts.completed + counts.failed + counts.rejected + counts.timed_out
    assert counts.offered == ends + counts.in_flight > 50
    assert all(
        np.array_equal(one[name], other[name])
        for one, other in zip(first.tables[:2], second.tables[:2], strict=True)
        for name in one.numbers
    )


@pytest.mark.parametrize("once", [frozenset(), frozenset({"do"})])
def test_what_must_not_be_called_twice_is_not_hedged(once: frozenset[str]) -> None:
    inner = replace(
        edge("front", "back", timeout_ns=4 * S),
        retry=RetryConfig(retries=0, once=once),
        proxy=ProxyConfig(hedge=HEDGE),
    )
    back = service("back", slots=100, work=Exponential(50 * MS))
    attempts = world(inner, back).run().tables[1]
    calls = attempts["parent"] != NO_PARENT
    tries = np.bincount(attempts["parent"][calls])
    assert int(tries.max()) == (1 if once else 2)
