"""Layers of a balancer as written: what they become, and what is refused."""

import pytest

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
from models.traffic.balancer.prequal.config import PrequalConfig
from tests.scenarios.edited import load_edited, messages

EDGE = "balancer: round_robin, timeout: 2s"


def layers(directory, written: str, policy: str = "random") -> LayersConfig:
    edit = (EDGE, f"balancer: {{policy: {policy}, {written}}}")
    return load_edited(directory, edit).blueprint.edges[0].balancer.layers


def test_a_balancer_without_them_is_bare(tmp_path):
    assert load_edited(tmp_path).blueprint.edges[0].balancer.layers == LayersConfig()


def test_priorities_have_an_order_a_factor_and_a_panic_threshold(tmp_path):
    written = (
        "priorities: {order: [b, a], overprovisioning_percent: 150, panic: 0%, fail_on_panic: true}"
    )
    assert layers(tmp_path, written).priorities == PriorityConfig(
        150, 0.0, True, PriorityOrder(("b", "a"))
    )


def test_priorities_prefer_the_own_zone_unless_told_else(tmp_path):
    assert layers(tmp_path, "priorities: {}").priorities == PriorityConfig(order=PriorityOrder())


def test_zones_are_followed_by_members_or_by_weights(tmp_path):
    aware = layers(tmp_path, "zone_aware: {share: 80%, members: 3, force_local: 2}")
    assert aware.zones == ZoneAwareConfig(0.8, 3, 2)
    weighted = layers(tmp_path, "zone_weights: {a: 3, b: 1}")
    assert weighted.zones == ZoneWeightsConfig({"a": 3, "b": 1})


def test_slow_start_and_subsets(tmp_path):
    found = layers(
        tmp_path,
        "slow_start: {window: 1s, aggression: 2.0, lowest: 5%},"
        " subset: {size: 2, method: rendezvous}",
    )
    assert found.slow_start == SlowStartConfig(10**9, 2.0, 0.05)
    assert found.subset == SubsetConfig(2, SubsetMethod.RENDEZVOUS)


def test_a_policy_that_hashes_may_have_priorities_and_a_subset(tmp_path):
    found = layers(tmp_path, "priorities: {}, subset: {size: 2}", policy="maglev")
    assert found.priorities is not None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("zone_aware: {}, zone_weights: {a: 1}", "zone_weights: a balancer has zone_aware or"),
        ("zone_weights: {d: 1}", "zone_weights.d: unknown zone 'd'"),
        ("zone_weights: {a: 0}", "zone_weights.a: must be at least 1"),
        ("priorities: {order: [a, bb]}", "priorities.order[1]: unknown zone 'bb', did you mean 'b"),
        ("priorities: {order: [a, a]}", "priorities.order[1]: zone 'a' has its place already"),
        ("priorities: {panik: 1%}", "priorities.panik: unknown field, did you mean 'panic'?"),
        ("slow_start: {lowest: 0%}", "slow_start.lowest: must be more than 0%"),
        ("subset: {size: 0}", "subset.size: must be at least 1"),
        ("subset: {method: determinstic}", "did you mean 'deterministic'?"),
        ("slowstart: {}", "unknown field, did you mean 'slow_start'?"),
    ],
)
def test_layers_that_make_no_sense_are_refused_where_they_stand(tmp_path, written, message):
    shown = messages(tmp_path, (EDGE, f"balancer: {{policy: random, {written}}}"))
    assert len(shown) == 1, shown
    assert message in shown[0]
    assert 'edges["shoppers -> frontend"].balancer.' in shown[0]


@pytest.mark.parametrize("written", ["zone_aware: {}", "zone_weights: {a: 1}", "slow_start: {}"])
def test_a_policy_that_hashes_follows_neither_zones_nor_age(tmp_path, written):
    shown = messages(tmp_path, (EDGE, f"balancer: {{policy: maglev, {written}}}"))
    assert len(shown) == 1, shown
    assert "does not go with a policy that follows request keys" in shown[0]


def test_prequal_is_named_with_its_parameters(tmp_path):
    written = "{policy: prequal, prequal: {pool: 8, probes: 2.5, hot: 0.9, timeout: 5ms}}"
    found = load_edited(tmp_path, (EDGE, f"balancer: {written}")).blueprint.edges[0].balancer
    assert found.policy == "prequal"
    assert found.prequal == PrequalConfig(
        pool_size=8, probes_per_pick=2.5, hot_quantile=0.9, timeout_ns=5_000_000
    )


@pytest.mark.parametrize(
    ("balancer", "message"),
    [
        ("{policy: prequal, subset: {}}", "subset: nothing is laid around a policy that probes"),
        ("{policy: prequal, prequal: {pool: 1}}", "prequal.pool: must be at least 2"),
        ("{policy: prequal, prequal: {prob: 1.0}}", "unknown field, did you mean 'probes'?"),
        ("{policy: random, prequal: {}}", "prequal: policy 'random' does not read this key"),
    ],
)
def test_probes_that_make_no_sense_are_refused(tmp_path, balancer, message):
    shown = messages(tmp_path, (EDGE, f"balancer: {balancer}"))
    assert len(shown) == 1, shown
    assert message in shown[0]
