"""The proxy of an edge as written: what it becomes, and what is refused."""

import pytest

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.base.time import NS_PER_MS, NS_PER_S
from models.traffic.concurrency.aimd import AimdConfig
from models.traffic.concurrency.base import LimitRange
from models.traffic.limiter.base import Rate
from models.traffic.proxy.config import LimitBy, LimitStoreConfig, ProxyConfig, RateLimitConfig
from scenarios.load import load
from tests.scenarios.edited import load_edited, messages
from tests.scenarios.shell import ROOT

DATABASE = ROOT / "scenarios" / "library" / "failover" / "database-primary.yaml"
EDGE = "balancer: round_robin, timeout: 2s"


def edge(directory, policies):
    return load_edited(directory, (EDGE, f"{EDGE}, {policies}")).blueprint.edges


def proxy(directory, policies) -> ProxyConfig:
    (found,) = (one.proxy for one in edge(directory, policies) if one.proxy is not None)
    return found


def test_an_edge_without_them_has_no_proxy(tmp_path):
    assert all(one.proxy is None for one in load_edited(tmp_path).blueprint.edges)


def test_a_limit_is_a_rate_and_a_burst(tmp_path):
    assert proxy(tmp_path, "limit: {rate: 90/m, burst: 3}").limit == RateLimitConfig(
        Rate(3, 2 * NS_PER_S), 3
    )


def test_a_limit_may_be_kept_in_a_store(tmp_path):
    written = (
        "limit: {rate: 5/s, store: {zone: b, by: tenant, work: 2ms, timeout: 9ms, fail: closed,"
        " remember: false}}"
    )
    found = proxy(tmp_path, written).limit
    assert found is not None
    assert found.store == LimitStoreConfig(
        "b", LimitBy.TENANT, Deterministic(2 * NS_PER_MS), 9 * NS_PER_MS, False, False
    )
    plain = proxy(tmp_path, "limit: {rate: 5/s, store: {zone: c}}").limit
    assert plain is not None
    assert plain.store == LimitStoreConfig("c")


def test_concurrency_is_fixed_or_learnt(tmp_path):
    assert proxy(tmp_path, "concurrency: {limit: 7}").concurrency == 7
    learnt = proxy(tmp_path, "concurrency: {limit: 9, learn: true, highest: 40, slow: 1s}")
    assert learnt.concurrency == AimdConfig(LimitRange(9, 1, 40), slow_ns=NS_PER_S)


def test_outliers_are_judged_by_envoys_rules(tmp_path):
    found = proxy(
        tmp_path,
        "outlier: {consecutive_5xx: 3, success_rate: false, failure_share: 60%, hosts: 2,"
        " volume: 10, interval: 5s, base: 20s, max_ejected: 50%}",
    ).outlier
    assert found is not None
    assert found.consecutive_5xx.failures == 3
    assert found.success_rate.enforced_ratio == 0.0
    assert found.failure_share.failure_ratio == 0.6
    assert found.failure_share.enforced_ratio == 1.0
    assert (found.interval_ns, found.base_ns) == (5 * NS_PER_S, 20 * NS_PER_S)
    assert found.ejected_ratio_max == 0.5


def test_a_hedge_waits_a_time_or_a_quantile(tmp_path):
    fixed = proxy(tmp_path, "hedge: {after: 50ms, budget: null}").hedge
    assert fixed is not None
    assert (fixed.delay_ns, fixed.budget) == (50 * NS_PER_MS, None)
    learnt = proxy(tmp_path, "hedge: {quantile: 0.9, extra: 2}").hedge
    assert learnt is not None
    assert (learnt.delay_ns, learnt.quantile, learnt.extra_max) == (None, 0.9, 2)


def test_a_fallback_says_what_it_covers(tmp_path):
    found = proxy(tmp_path, "fallback: {on: [timeout, limited]}").fallback
    assert found is not None
    assert found.has_static
    assert found.covers == {Outcome.TIMEOUT, Outcome.LIMITED}


def test_policies_that_hash_are_named_with_their_sizes(tmp_path):
    edited = (EDGE, "balancer: {policy: maglev, table_size: 101}")
    config = load_edited(tmp_path, edited).blueprint.edges[0].balancer
    assert (config.policy, config.table_size) == ("maglev", 101)


@pytest.mark.parametrize(
    ("balancer", "message"),
    [
        ("{policy: maglev, table_size: 100}", "table_size: Maglev's table needs a prime number"),
        ("{policy: ring_hash, ring_size_max: 9}", "ring_size_max: must not be less than"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(tmp_path, balancer, message):
    shown = messages(tmp_path, (EDGE, f"balancer: {balancer}"))
    assert len(shown) == 1, shown
    assert message in shown[0]


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ("retry: {retries: 1}, hedge: {}", "hedge: an edge hedges or retries, not both"),
        ("hedge: {budget: 0.15%}", "hedge.budget: a hedge budget goes in steps of 0.1%"),
        ("limit: {rate: 0/s}", "limit.rate: must be more than 0"),
        ("limit: {rate: 1/s, store: {zone: d}}", "limit.store.zone: unknown zone 'd'"),
        (
            "limit: {rate: 1/s, store: {zone: a, fail: close}}",
            "limit.store.fail: expected 'open' or 'closed', got 'close', did you mean 'closed'?",
        ),
        (
            "limit: {rate: 1/s, store: {zone: a, timout: 1s}}",
            "limit.store.timout: unknown field, did you mean 'timeout'?",
        ),
        ("limit: {rate: 1/s, store: {by: key}}", "limit.store.zone: "),
        ("outlier: {max_ejected: 0%}", "outlier.max_ejected: nobody could ever be ejected"),
        ("outlier: {base: 10m}", "outlier.max_ejection: must not be less than base"),
        ("concurrency: {limit: 5, learn: true, highest: 4}", "concurrency.limit: must be between"),
        (
            "breaker: {window_time: 1500ms}",
            "breaker.window_time: a window of time is",
        ),
        ("breaker: {slow: 1s, slow_ratio: 0%}", "breaker.slow_ratio: must be more than 0%"),
    ],
)
def test_policies_that_make_no_sense_are_refused_where_they_stand(tmp_path, policies, message):
    shown = messages(tmp_path, (EDGE, f"{EDGE}, {policies}"))
    assert len(shown) == 1, shown
    assert message in shown[0]


def test_an_edge_to_a_database_may_have_policies_of_a_proxy_and_a_pool(tmp_path):
    text = DATABASE.read_text(encoding="utf-8")
    (key,) = [line for line in text.splitlines() if "-> orders-db" in line]
    path = tmp_path / "db.yaml"
    more = ", outlier: {}, pool: {connections: 7}}"
    path.write_text(text.replace(key, key.replace("}", more)), encoding="utf-8")
    edges = [one for one in load(path).blueprint.edges if one.callee == "orders-db"]
    assert edges
    assert all(one.proxy.outlier is not None and one.pool.connections == 7 for one in edges)
