"""Caches in the world: what is spared, who waits for whom, what is lost and when."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Exponential
from models.base.keys import KeyLaw
from models.base.outcome import Outcome
from models.base.popularity import shares
from models.faults.plan import (
    AddedLatency,
    CacheFlush,
    Fault,
    InstanceCrash,
)
from models.faults.selector import Selector
from models.service.cache import CacheSpec
from models.service.spec import Cancel
from models.traffic.config import BackoffConfig, RetryConfig
from sim.nodes.stores.remembering import RememberingInstance
from sim.world import Outcome as RunOutcome
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

DATABASE = 1


def world(
    cache: CacheSpec,
    *,
    rate: float = 200.0,
    seconds: int = 20,
    copies: int = 1,
    faults: list[Fault] | None = None,
    database_work: int = 5 * MS,
    cancel: Cancel = Cancel.NONE,
    timeout_ns: int = S,
    seed: int = 1,
    shuffle: bool = False,
) -> World:
    plan = blueprint(
        [
            service(
                "shop",
                count=copies,
                slots=1000,
                work=Deterministic(MS),
                calls=[["database"]],
                cache=cache,
                cancel=cancel,
            ),
            service("database", count=1, slots=1000, work=Deterministic(database_work)),
        ],
        [edge("users", "shop", timeout_ns=timeout_ns), edge("shop", "database")],
        rate_per_s=rate,
        seconds=seconds,
        faults=faults or [],
    )
    return build(plan, seed, shuffle_ties=shuffle)


def queries(outcome: RunOutcome) -> np.ndarray:
    """Instants at which the database was asked, in seconds."""
    attempts = outcome.tables[1]
    return np.sort(attempts["start_ns"][attempts["node"] == DATABASE]) / S


def totals(made: World) -> tuple[int, int, int]:
    caches = [cache for group in made.caches.places.values() for cache in group]
    return (
        sum(cache.hits for cache in caches),
        sum(cache.misses for cache in caches),
        sum(cache.fetches for cache in caches),
    )


def test_a_hit_makes_no_call() -> None:
    made = world(CacheSpec(KeyLaw(1), ttl_ns=60 * S))
    outcome = made.run()
    assert len(queries(outcome)) == 1
    assert outcome.counts.completed > 3000


def test_the_hit_ratio_of_lru_among_equal_keys_is_the_share_that_fits() -> None:
    made = world(CacheSpec(KeyLaw(100), capacity=80, is_warm=True), rate=1000, seconds=40)
    made.run()
    hits, misses, fetches = totals(made)
    assert fetches <= misses
    assert hits / (hits + misses) == pytest.approx(0.8, abs=0.01)


def test_a_time_to_live_spares_what_renewal_theory_says() -> None:
    """Keys asked for at rate l live T from their fetch: hit ratio l T / (1 + l T)."""
    cache = CacheSpec(KeyLaw(50), capacity=50, ttl_ns=S)
    made = world(cache, rate=100, seconds=100, database_work=0)
    made.run()
    hits, misses, _ = totals(made)
    expected = 2 * 1.0 / (1 + 2 * 1.0)
    assert hits / (hits + misses) == pytest.approx(expected, abs=0.02)


def test_popular_keys_hit_more() -> None:
    """With all else equal, the ratio follows what is asked for: Zipf keeps its head in."""
    ratios = []
    for exponent in (0.0, 0.8, 1.2):
        made = world(CacheSpec(KeyLaw(1000, exponent), capacity=100, ttl_ns=60 * S), rate=500)
        made.run()
        hits, misses, _ = totals(made)
        ratios.append(hits / (hits + misses))
    assert all(low < high for low, high in pairwise(ratios))
    assert ratios[-1] < shares(KeyLaw(1000, 1.2))[:100].sum()


def test_one_request_fetches_what_many_are_missing() -> None:
    made = world(CacheSpec(KeyLaw(1), ttl_ns=S), rate=2000, seconds=5, database_work=100 * MS)
    together = queries(made.run())
    assert len(together) == pytest.approx(5, abs=1)


def test_without_coalescing_the_end_of_a_popular_key_is_a_stampede() -> None:
    cache = CacheSpec(KeyLaw(1), ttl_ns=S, coalesces=False)
    made = world(cache, rate=2000, seconds=5, database_work=100 * MS)
    assert len(queries(made.run())) > 500


def test_who_waits_for_a_fetch_ends_when_it_does() -> None:
    made = world(CacheSpec(KeyLaw(1)), rate=1000, seconds=2, database_work=300 * MS)
    outcome = made.run()
    requests = outcome.tables[0]
    ends = requests["arrival_ns"] + requests["duration_ns"]
    first_wave = requests["arrival_ns"] < 200 * MS
    assert first_wave.sum() > 100
    assert len(np.unique(ends[first_wave])) == 1


def test_a_fetch_that_fails_fails_those_who_wait_for_it() -> None:
    broken = fault(
        AddedLatency(Selector(service="database"), Deterministic(2 * S)), at_s=0, for_s=2
    )
    made = world(CacheSpec(KeyLaw(1)), rate=500, seconds=2, faults=[broken], timeout_ns=10 * S)
    attempts = made.run().tables[1]
    of_shop = attempts["node"] == 0
    assert (attempts["outcome"][of_shop] == Outcome.ERROR).sum() > 100


def test_an_old_value_is_answered_at_once_while_it_is_refreshed() -> None:
    cache = CacheSpec(KeyLaw(1), ttl_ns=S, stale_ns=S, is_warm=True)
    made = world(cache, rate=100, seconds=10, database_work=200 * MS)
    outcome = made.run()
    assert len(queries(outcome)) >= 7
    assert int(outcome.tables[0]["duration_ns"].max()) < 50 * MS


def test_early_refreshes_spare_users_the_wait() -> None:
    cache = CacheSpec(KeyLaw(1), ttl_ns=S, early_beta=4.0)
    made = world(cache, rate=500, seconds=20, database_work=50 * MS)
    durations = made.run().tables[0]["duration_ns"]
    assert (durations > 20 * MS).mean() < 0.01


def test_absent_keys_are_asked_for_again_unless_that_is_remembered() -> None:
    cold = CacheSpec(KeyLaw(100), absent_ratio=0.3)
    remembered = CacheSpec(KeyLaw(100), absent_ratio=0.3, negative_ttl_ns=60 * S)
    assert len(queries(world(cold).run())) == pytest.approx(0.3 * 4000, rel=0.15)
    assert len(queries(world(remembered).run())) == 100


def test_a_flush_is_felt_and_its_effect_ends() -> None:
    flush = fault(CacheFlush(Selector(service="shop")), at_s=10, for_s=None)
    made = world(CacheSpec(KeyLaw(100), is_warm=True, ttl_ns=10**6 * S), faults=[flush])
    asked = queries(made.run())
    assert len(asked) == pytest.approx(100, abs=5)
    assert ((asked >= 10) & (asked < 14)).all()


@pytest.mark.parametrize(("is_shared", "fetched"), [(False, 200), (True, 100)])
def test_a_shared_store_is_filled_once_and_own_stores_each(is_shared: bool, fetched: int) -> None:
    made = world(CacheSpec(KeyLaw(100), is_shared=is_shared), rate=500, copies=2)
    assert len(queries(made.run())) == fetched


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_crash_loses_an_instances_own_store_and_not_a_shared_one(is_shared: bool) -> None:
    crash = fault(InstanceCrash(Selector(instance="shop-0")), at_s=10, for_s=1)
    cache = CacheSpec(KeyLaw(100), is_shared=is_shared, is_warm=True, ttl_ns=10**6 * S)
    asked = queries(world(cache, copies=2, faults=[crash]).run())
    assert len(asked) == (0 if is_shared else 100)


def test_when_the_fetching_instance_crashes_another_fetches_for_those_who_wait() -> None:
    crash = fault(InstanceCrash(Selector(instance="shop-0")), at_s=0.2, for_s=0.1)
    for seed in range(6):
        made = world(
            CacheSpec(KeyLaw(1), is_shared=True),
            copies=2,
            rate=300,
            seconds=3,
            database_work=500 * MS,
            faults=[crash],
            seed=seed,
        )
        outcome = made.run()
        assert len(queries(outcome)) <= 2
        attempts = outcome.tables[1]
        lost = np.isin(attempts["outcome"], (Outcome.RESET, Outcome.REFUSED, Outcome.IN_FLIGHT))
        assert ((attempts["outcome"] == Outcome.OK) | lost | (attempts["node"] == 1)).all()


def test_who_hangs_up_while_waiting_frees_the_slot() -> None:
    made = world(
        CacheSpec(KeyLaw(1)),
        rate=300,
        seconds=3,
        database_work=900 * MS,
        cancel=Cancel.RUNNING,
        timeout_ns=100 * MS,
    )
    made.run()
    assert all(isinstance(one, RememberingInstance) for one in made.instances_of["shop"])
    assert not any(instance.jobs for instance in made.instances)


selectors = st.builds(
    Selector, service=st.just("shop"), count=st.sampled_from([1, None]), zone=st.none()
)
kinds = st.one_of(
    st.builds(InstanceCrash, selectors),
    st.builds(CacheFlush, selectors),
    st.builds(AddedLatency, selectors, st.just(Deterministic(80 * MS))),
)
specs = st.builds(
    CacheSpec,
    keys=st.sampled_from([KeyLaw(1), KeyLaw(5), KeyLaw(200, 0.9)]),
    capacity=st.sampled_from([1, 3, 100]),
    ttl_ns=st.sampled_from([50 * MS, S]),
    jitter_ratio=st.sampled_from([0.0, 0.5]),
    stale_ns=st.sampled_from([0, 300 * MS]),
    absent_ratio=st.sampled_from([0.0, 0.4]),
    negative_ttl_ns=st.sampled_from([0, 200 * MS]),
    early_beta=st.sampled_from([0.0, 1.0]),
    coalesces=st.booleans(),
    is_shared=st.booleans(),
    is_warm=st.booleans(),
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    cache=specs,
    plan=st.lists(
        st.builds(
            Fault, st.just("x"), st.integers(0, 4 * S), st.none() | st.integers(0, 2 * S), kinds
        ),
        max_size=3,
    ),
    cancel=st.sampled_from(Cancel),
    shuffle=st.booleans(),
    slots=st.sampled_from([2, 20]),
    seed=st.integers(0, 100),
)
def test_nothing_is_lost_and_runs_repeat_whatever_is_cached_and_broken(
    cache: CacheSpec, plan: list[Fault], cancel: Cancel, shuffle: bool, slots: int, seed: int
) -> None:
    retry = RetryConfig(1, BackoffConfig(10 * MS, 40 * MS))
    made = blueprint(
        [
            service("shop", slots=slots, calls=[["database"]], cache=cache, cancel=cancel),
            service("database", count=1, slots=4, work=Exponential(15 * MS), cancel=cancel),
        ],
        [
            edge("users", "shop", timeout_ns=100 * MS, retry=retry),
            edge("shop", "database", timeout_ns=60 * MS, retry=retry),
        ],
        rate_per_s=150,
        seconds=6,
        faults=plan,
    )
    first, second = (build(made, seed, shuffle_ties=shuffle).run() for _ in range(2))
    counts = first.counts
    ended = counts.completed + counts.failed + counts.rejected + counts.timed_out
    assert counts.offered == ended + counts.in_flight > 0
    assert np.array_equal(first.tables[1]["duration_ns"], second.tables[1]["duration_ns"])
