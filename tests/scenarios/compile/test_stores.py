"""Caches as written, and what they become."""

import pytest

from models.base.distributions import Deterministic
from models.base.keys import KeyLaw
from models.base.time import NS_PER_MS, NS_PER_S
from models.faults.plan import CacheFlush
from models.faults.selector import Selector
from models.service.cache import CacheSpec
from models.service.replication import ReadsFrom, ReplicationSpec
from tests.scenarios.edited import load_edited, messages

CALLS = "        calls:"


def cache_of(directory, text):
    loaded = load_edited(directory, (CALLS, f"        cache: {text}\n{CALLS}"))
    return loaded.blueprint.services[0].endpoints[0].cache


def test_without_a_cache_there_is_none(tmp_path):
    loaded = load_edited(tmp_path)
    assert all(
        endpoint.cache is None
        for service in loaded.blueprint.services
        for endpoint in service.endpoints
    )


def test_what_is_left_out_has_its_default(tmp_path):
    assert cache_of(tmp_path, "{keys: {count: 50}}") == CacheSpec(KeyLaw(50))


def test_what_is_written_reaches_the_cache(tmp_path):
    written = (
        "{keys: {count: 500, zipf: 0.9}, capacity: 70, ttl: 5s, jitter: 10%, stale: 2s,"
        " absent: 5%, negative_ttl: 300ms, early_refresh: 1.5, coalesce: false,"
        " scope: service, start: warm}"
    )
    assert cache_of(tmp_path, written) == CacheSpec(
        keys=KeyLaw(500, 0.9),
        capacity=70,
        ttl_ns=5 * NS_PER_S,
        jitter_ratio=0.1,
        stale_ns=2 * NS_PER_S,
        absent_ratio=0.05,
        negative_ttl_ns=300 * NS_PER_MS,
        early_beta=1.5,
        coalesces=False,
        is_shared=True,
        is_warm=True,
    )


def test_a_cache_may_keep_what_requests_are_about(tmp_path):
    loaded = load_edited(
        tmp_path,
        (CALLS, f"        cache: {{keys: request}}\n{CALLS}"),
        ("    to: frontend\n", "    to: frontend\n    keys: {count: 9}\n"),
    )
    caches = [
        endpoint.cache
        for service in loaded.blueprint.services
        for endpoint in service.endpoints
        if endpoint.cache is not None
    ]
    assert caches == [CacheSpec(None)]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{keys: request}", "cache.keys: no source of traffic gives its requests 'keys'"),
        ("{keys: requests}", "cache.keys: expected 'request' or a section such as {count: 100}"),
        ("{keys: null}", "cache.keys: expected 'request' or a section such as {count: 100}"),
    ],
)
def test_keys_that_nobody_gives_are_refused(tmp_path, written, message):
    (shown,) = messages(tmp_path, (CALLS, f"        cache: {written}\n{CALLS}"))
    assert message in shown


def test_what_others_ask_for_cannot_be_known_at_the_start(tmp_path):
    (shown,) = messages(
        tmp_path,
        (CALLS, f"        cache: {{keys: request, start: warm}}\n{CALLS}"),
        ("    to: frontend\n", "    to: frontend\n    keys: {count: 9}\n"),
    )
    assert "cache.start: only a cache with keys of its own can start warm" in shown


def test_a_flush_names_whose_caches_are_emptied(tmp_path):
    loaded = load_edited(
        tmp_path,
        (CALLS, f"        cache: {{keys: {{count: 50}}}}\n{CALLS}"),
        ("for: 1m, instance_crash: {service: catalog, count: 1}", "cache_flush: {zone: a}"),
    )
    assert loaded.blueprint.faults[0].kind == CacheFlush(Selector(zone="a"))
    assert loaded.blueprint.faults[0].for_ns is None


def replication_of(directory, text):
    loaded = load_edited(
        directory, ("    start_up: 5s\n", f"    start_up: 5s\n    replication: {text}\n")
    )
    return loaded.blueprint.services[1].replication


def test_replication_left_out_has_its_defaults(tmp_path):
    assert replication_of(tmp_path, "{zone: b}") == ReplicationSpec("b")


def test_what_is_written_reaches_the_replication(tmp_path):
    text = (
        "{zone: a, acks: 1, reads: replicas, lag: 40ms, heartbeat: 200ms, silence: 900ms,"
        " promote: 3s}"
    )
    assert replication_of(tmp_path, text) == ReplicationSpec(
        monitor_zone="a",
        acks_needed=1,
        reads_from=ReadsFrom.REPLICAS,
        lag=Deterministic(40 * NS_PER_MS),
        heartbeat_ns=200 * NS_PER_MS,
        silence_ns=900 * NS_PER_MS,
        promote_ns=3 * NS_PER_S,
    )


def test_endpoints_that_write_are_told_apart(tmp_path):
    loaded = load_edited(
        tmp_path,
        ("    start_up: 5s\n", "    start_up: 5s\n    replication: {zone: a}\n"),
        ("        request: 512B", "        writes: true\n        request: 512B"),
    )
    assert [one.writes for one in loaded.blueprint.services[1].endpoints] == [True]


def test_the_log_of_a_database_cannot_be_lost(tmp_path):
    shown = messages(
        tmp_path,
        ("    start_up: 5s\n", "    start_up: 5s\n    replication: {zone: a}\n"),
        ("instance_crash: {service: catalog, count: 1}", "instance_crash: {zone: a, state: lost}"),
    )
    assert any("its log outlives every crash" in line for line in shown)
