"""Layers around a balancing policy, felt in a small world."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.discovery.config import DiscoveryConfig
from models.faults.plan import ErrorRate, InstanceCrash
from models.faults.selector import Selector
from models.traffic.balancer.layers.config import (
    LayersConfig,
    PriorityConfig,
    SlowStartConfig,
    SubsetConfig,
    SubsetMethod,
    ZoneAwareConfig,
    ZoneWeightsConfig,
)
from models.traffic.balancer.layers.placement import PriorityOrder
from models.traffic.config import BalancerConfig, EdgeConfig, RetryConfig
from models.traffic.outlier.config import ConsecutiveConfig, OutlierConfig
from models.traffic.proxy.config import ProxyConfig
from sim.blueprint import Blueprint
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

LOCAL_FIRST = PriorityConfig(order=PriorityOrder())
EJECTING = OutlierConfig(
    consecutive_5xx=ConsecutiveConfig(3),
    interval_ns=S,
    base_ns=60 * S,
    ejected_ratio_max=1.0,
)


def one_tier(layers: LayersConfig, *, count: int = 6, policy: str = "random", **options):
    """Users in zone a, instances in zones a, b, c in turn."""
    plan = blueprint(
        [service("shop", count=count, slots=50, work=Deterministic(5 * MS))],
        [EdgeConfig("users", "shop", balancer=BalancerConfig(policy, layers=layers))],
        **options,
    )
    source = replace(plan.sources[0], zone="a")
    return replace(plan, sources=(source,))


def sent(plan: Blueprint, since_s: float = 0, until_s: float = 1e9, **how) -> Counter[int]:
    attempts = build(plan, 3, **how).run().tables[1]
    chosen = (attempts["start_ns"] >= since_s * S) & (attempts["start_ns"] < until_s * S)
    return Counter(attempts["target"][chosen].tolist())


def with_ejection(plan: Blueprint) -> Blueprint:
    proxy = ProxyConfig(outlier=EJECTING)
    return replace(plan, edges=(replace(plan.edges[0], proxy=proxy),))


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_own_zone_serves_while_it_can(shuffled: bool) -> None:
    plan = one_tier(LayersConfig(priorities=LOCAL_FIRST))
    assert set(sent(plan, shuffle_ties=shuffled)) == {0, 3}


def test_an_order_puts_another_zone_first() -> None:
    priorities = PriorityConfig(order=PriorityOrder(("c", "b")))
    assert set(sent(one_tier(LayersConfig(priorities=priorities)))) == {2, 5}


def test_what_the_own_zone_cannot_serve_overflows_in_proportion_to_its_loss() -> None:
    """One of two is out: 140 % x 1/2 = 70 % of the calls stay, the rest goes on."""
    sick = fault(ErrorRate(Selector(instance="shop-0"), 1.0), at_s=1, for_s=None)
    plan = with_ejection(one_tier(LayersConfig(priorities=LOCAL_FIRST), faults=[sick]))
    late = sent(plan, since_s=5)
    assert late[0] == 0
    assert late[3] / late.total() == pytest.approx(0.7, abs=0.03)


def test_the_loss_of_the_own_zone_moves_all_calls_when_discovery_has_seen_it() -> None:
    gone = fault(InstanceCrash(Selector(zone="a")), at_s=5, for_s=None)
    plan = one_tier(
        LayersConfig(priorities=LOCAL_FIRST), faults=[gone], discovery=DiscoveryConfig("b")
    )
    before, after = sent(plan, 3, 5), sent(plan, since_s=15)
    assert set(before) == {0, 3}
    assert set(after) == {1, 2, 4, 5}


@pytest.mark.parametrize(("panic", "share"), [(0.5, 4 / 6), (0.0, 0.0)])
def test_below_the_panic_threshold_health_is_ignored(panic: float, share: float) -> None:
    sick = fault(ErrorRate(Selector(service="shop", count=4), 1.0), at_s=1, for_s=None)
    priorities = PriorityConfig(panic_ratio=panic)
    plan = with_ejection(one_tier(LayersConfig(priorities=priorities), faults=[sick]))
    attempts = build(plan, 3).run().tables[1]
    late = attempts["start_ns"] > 5 * S
    failed = attempts["outcome"][late] == Outcome.ERROR
    assert failed.mean() == pytest.approx(share, abs=0.05)


def test_a_panic_that_fails_sends_nothing() -> None:
    sick = fault(ErrorRate(Selector(service="shop", count=4), 1.0), at_s=1, for_s=None)
    priorities = PriorityConfig(fail_on_panic=True)
    plan = with_ejection(one_tier(LayersConfig(priorities=priorities), faults=[sick]))
    attempts = build(plan, 3).run().tables[1]
    late = attempts["start_ns"] > 5 * S
    assert (attempts["outcome"][late] == Outcome.NO_ENDPOINT).all()


def test_zone_weights_share_the_calls() -> None:
    weighted = LayersConfig(zones=ZoneWeightsConfig({"a": 3, "b": 1}))
    counts = sent(one_tier(weighted))
    assert counts[2] == counts[5] == 0
    assert (counts[0] + counts[3]) / counts.total() == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("shuffled", [False, True])
def test_zone_aware_callers_stay_at_home_where_zones_are_balanced(shuffled: bool) -> None:
    plan = blueprint(
        [service("front", calls=[["shop"]], slots=50), service("shop", count=6, slots=50)],
        [
            edge("users", "front"),
            EdgeConfig(
                "front",
                "shop",
                balancer=BalancerConfig("random", layers=LayersConfig(zones=ZoneAwareConfig())),
            ),
        ],
    )
    world = build(plan, 3, shuffle_ties=shuffled)
    attempts = world.run().tables[1]
    is_call = (attempts["parent"] != 0xFFFFFFFF) & (attempts["outcome"] == Outcome.OK)
    zones = [instance.zone for instance in world.instances]
    pairs = zip(attempts["caller"][is_call], attempts["target"][is_call], strict=True)
    assert all(zones[int(caller)] == zones[int(target)] for caller, target in pairs)


def test_callers_of_a_subset_use_few_members_and_together_all() -> None:
    plan = blueprint(
        [service("front", calls=[["shop"]], slots=50), service("shop", count=6, slots=50)],
        [
            edge("users", "front", policy="round_robin"),
            EdgeConfig(
                "front",
                "shop",
                balancer=BalancerConfig("random", layers=LayersConfig(subset=SubsetConfig(2))),
            ),
        ],
    )
    attempts = build(plan, 3).run().tables[1]
    is_call = attempts["parent"] != 0xFFFFFFFF
    used: dict[int, set[int]] = {}
    pairs = zip(attempts["caller"][is_call], attempts["target"][is_call], strict=True)
    for caller, target in pairs:
        used.setdefault(int(caller), set()).add(int(target))
    assert [len(targets) for targets in used.values()] == [2, 2, 2]
    assert len(set().union(*used.values())) == 6


def test_an_instance_that_comes_back_earns_its_share_slowly() -> None:
    gone = fault(InstanceCrash(Selector(instance="shop-0")), at_s=5, for_s=5)
    slow = LayersConfig(slow_start=SlowStartConfig(window_ns=20 * S))
    options = {
        "count": 3, "faults": [gone], "discovery": DiscoveryConfig("b"), "seconds": 60,
    }  # fmt: skip
    ramping = one_tier(slow, **options)
    early, late = sent(ramping, 13, 18), sent(ramping, since_s=45)
    assert 0.02 < early[0] / early.total() < 0.2
    assert late[0] / late.total() == pytest.approx(1 / 3, abs=0.05)
    at_once = sent(one_tier(LayersConfig(), **options), 13, 18)
    assert at_once[0] / at_once.total() == pytest.approx(1 / 3, abs=0.05)


PRIORITIES = (None, LOCAL_FIRST, PriorityConfig(fail_on_panic=True, order=PriorityOrder(("b",))))
ZONES = (None, ZoneAwareConfig(cluster_size_min=2), ZoneWeightsConfig({"a": 2, "c": 1}))
SUBSETS = (None, SubsetConfig(2), SubsetConfig(1, SubsetMethod.RENDEZVOUS))


@given(
    layers=st.builds(
        LayersConfig,
        priorities=st.sampled_from(PRIORITIES),
        zones=st.sampled_from(ZONES),
        slow_start=st.sampled_from((None, SlowStartConfig(S))),
        subset=st.sampled_from(SUBSETS),
    ),
    policy=st.sampled_from(["round_robin", "least_request", "peak_ewma", "smooth_weighted"]),
    shuffle_ties=st.booleans(),
    ejects=st.booleans(),
    seed=st.integers(1, 50),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_mix_of_layers_conserves_requests_and_repeats_itself(
    layers: LayersConfig, policy: str, shuffle_ties: bool, ejects: bool, seed: int
) -> None:
    plan = blueprint(
        [service("front", calls=[["back"]]), service("back", count=4, slots=2, queue_limit=5)],
        [
            edge("users", "front", timeout_ns=60 * MS),
            EdgeConfig(
                "front",
                "back",
                timeout_ns=25 * MS,
                retry=RetryConfig(2),
                balancer=BalancerConfig(policy, layers=layers),
                proxy=ProxyConfig(outlier=EJECTING) if ejects else None,
            ),
        ],
        rate_per_s=100,
        seconds=4,
        faults=[
            fault(ErrorRate(Selector(instance="back-0"), 0.7), at_s=1, for_s=2),
            fault(InstanceCrash(Selector(instance="back-1")), at_s=1.5, for_s=1),
        ],
        discovery=DiscoveryConfig("a"),
    )
    first, second = (build(plan, seed, shuffle_ties=shuffle_ties).run() for _ in range(2))
    assert first.counts.offered > 50
    assert all(
        np.array_equal(one[name], other[name])
        for one, other in zip(first.tables[:2], second.tables[:2], strict=True)
        for name in one.numbers
    )
