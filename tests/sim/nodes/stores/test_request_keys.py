"""Caches by what requests are about, felt in a small world."""

from dataclasses import replace

import numpy as np
import pytest

from models.base.distributions import Deterministic
from models.base.errors import ConfigError
from models.base.keys import KeyLaw
from models.service.cache import CacheSpec
from models.service.traffic import KeySpec
from models.traffic.config import BalancerConfig
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, service


def shop(*, keys: int, policy: str = "round_robin", shuffled: bool = False, **spec) -> World:
    """Four instances, each with a cache of its own for 25 of the keys."""
    cache = CacheSpec(None, capacity=25, ttl_ns=1000 * S, **spec)
    plan = blueprint(
        [
            service("shop", count=4, slots=50, work=Deterministic(MS), cache=cache, calls=[["db"]]),
            service("db", slots=50, work=Deterministic(MS)),
        ],
        [replace(edge("users", "shop"), balancer=BalancerConfig(policy)), edge("shop", "db")],
    )
    source = replace(plan.sources[0], keys=KeySpec(KeyLaw(keys)))
    return build(replace(plan, sources=(source,)), 3, shuffle_ties=shuffled)


def hit_ratio(world: World) -> float:
    world.run()
    caches = [cache for one in world.instances_of["shop"] for cache in one.caches.values()]
    hits, misses = sum(one.hits for one in caches), sum(one.misses for one in caches)
    return hits / (hits + misses)


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_hit_ratio_follows_what_requests_are_about(shuffled: bool) -> None:
    """Uniform keys, least recently used: a cache of 25 hits 25 of 100 and nearly all of 20."""
    assert hit_ratio(shop(keys=100, shuffled=shuffled)) == pytest.approx(0.25, abs=0.03)
    assert hit_ratio(shop(keys=20, shuffled=shuffled)) > 0.97


def test_balancing_by_key_makes_one_cache_of_many() -> None:
    """Each instance is home to about 20 of 80 keys; blind balancing shows each of them all."""
    assert hit_ratio(shop(keys=80, policy="maglev")) > 0.85
    assert hit_ratio(shop(keys=80)) == pytest.approx(25 / 80, abs=0.03)


def test_a_run_repeats_itself() -> None:
    first, second = (shop(keys=50).run().tables[1] for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first.numbers)


def test_a_cache_of_the_keys_of_requests_cannot_start_warm() -> None:
    with pytest.raises(ConfigError, match="cannot start warm"):
        shop(keys=5, is_warm=True)
