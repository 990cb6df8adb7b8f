import pytest

from models.base.outcome import Outcome
from models.base.time import NS_PER_MS, NS_PER_S
from models.traffic.balancer.policies import BUILT_IN, FIELDS_OF
from models.traffic.config import (
    BackoffConfig,
    BreakerConfig,
    BudgetConfig,
    EdgeConfig,
    Jitter,
    RetryConfig,
)
from scenarios.compile.balancing import KEYS_OF
from scenarios.document.edges import EdgeDoc
from tests.scenarios.edited import load_edited, messages

EDGE = "    balancer: least_request\n    timeout: 250ms\n"
ALL_OF_EDGE = """\
  frontend -> catalog:
    balancer: least_request
    timeout: 250ms
    retry: {retries: 2, backoff: {base: 25ms, cap: 250ms, jitter: full}, budget: 20%}
    breaker: {window: 100, minimum_calls: 20, failure_ratio: 50%, open: 5s}
"""
NO_CALLS = ("        calls: [catalog.GET /item]\n", "")


def edge(directory, caller, callee, *edits):
    edges = load_edited(directory, *edits).blueprint.edges
    return next(edge for edge in edges if (edge.caller, edge.callee) == (caller, callee))


def test_all_that_is_written_reaches_the_edge(tmp_path):
    written = edge(
        tmp_path,
        "frontend",
        "catalog",
        ("balancer: least_request", "balancer: {policy: least_request, choices: 3}"),
        ("jitter: full}, budget: 20%}", "jitter: none}, budget: 10%, on: [timeout, no_endpoint]}"),
        ("open: 5s}", "open: 7s, half_open_permits: 3}"),
    )
    assert (written.balancer.policy, written.balancer.choices) == ("least_request", 3)
    assert written.timeout_ns == 250 * NS_PER_MS
    assert written.retry == RetryConfig(
        retries=2,
        backoff=BackoffConfig(25 * NS_PER_MS, 250 * NS_PER_MS, Jitter.NONE),
        budget=BudgetConfig(ratio=0.1),
        retry_on=frozenset({Outcome.TIMEOUT, Outcome.NO_ENDPOINT}),
    )
    assert written.breaker == BreakerConfig(100, 20, 0.5, 7 * NS_PER_S, 3)


def test_an_edge_that_is_needed_but_not_written_has_the_defaults_of_its_config(tmp_path):
    assert edge(tmp_path, "frontend", "catalog", (ALL_OF_EDGE, "")) == EdgeConfig(
        "frontend", "catalog"
    )


def test_the_defaults_of_the_document_are_those_of_the_configs():
    doc = EdgeDoc()
    assert (doc.timeout, doc.breaker) == (EdgeConfig("a", "b").timeout_ns, None)
    assert doc.retry.budget is None


def test_defaults_lie_under_wildcards_and_these_under_the_edge_itself(tmp_path):
    layers = (
        (
            "edges:\n",
            "defaults: {edge: {timeout: 1ms, balancer: round_robin, breaker: {}}}\nedges:\n",
        ),
        (
            ALL_OF_EDGE,
            '  "* -> catalog": {timeout: 2ms, retry: {retries: 3}}\n'
            "  frontend -> catalog: {timeout: 3ms}\n",
        ),
    )
    inner = edge(tmp_path, "frontend", "catalog", *layers)
    assert inner.timeout_ns == 3 * NS_PER_MS
    assert inner.retry.retries == 3
    assert inner.balancer.policy == "round_robin"
    assert inner.breaker == BreakerConfig()
    outer = edge(tmp_path, "shoppers", "frontend", *layers, ("timeout: 2s}", "breaker: null}"))
    assert outer.timeout_ns == NS_PER_MS
    assert outer.breaker is None


def test_edges_come_by_source_then_by_service_each_once(tmp_path):
    edges = load_edited(
        tmp_path, ("[catalog.GET /item]", "[catalog.GET /item, {parallel: [catalog.GET /item]}]")
    ).blueprint.edges
    assert [(edge.caller, edge.callee) for edge in edges] == [
        ("shoppers", "frontend"),
        ("frontend", "catalog"),
    ]


def test_a_misspelt_call_does_not_make_its_edge_superfluous(tmp_path):
    shown = messages(tmp_path, ("[catalog.GET /item]", "[catalgo.GET /item]"))
    assert len(shown) == 1
    assert "unknown service 'catalgo'" in shown[0]


def test_an_edge_without_its_call_is_superfluous(tmp_path):
    assert messages(tmp_path, NO_CALLS) == [
        "scenario.yaml:37:3: edges[\"frontend -> catalog\"]: no endpoint of 'frontend'"
        " calls 'catalog'"
    ]


def test_a_source_calls_only_its_own_service(tmp_path):
    shown = messages(tmp_path, ("shoppers -> frontend:", "shoppers -> catalog:"))
    assert shown == [
        "scenario.yaml:37:3: edges[\"shoppers -> catalog\"]: 'shoppers' sends its requests"
        " to 'frontend'"
    ]


def test_a_wildcard_to_a_service_nobody_calls_is_superfluous(tmp_path):
    shown = messages(tmp_path, NO_CALLS, (ALL_OF_EDGE, '  "* -> catalog": {}\n'))
    assert len(shown) == 1


def test_a_plug_in_s_policy_takes_options_and_a_built_in_one_has_none(tmp_path):
    mine = edge(
        tmp_path,
        "frontend",
        "catalog",
        ("balancer: least_request", "balancer: {policy: mine, options: {speed: fast}}"),
    )
    assert mine.balancer.options == {"speed": "fast"}
    shown = messages(
        tmp_path, ("balancer: least_request", "balancer: {policy: round_robin, options: {a: b}}")
    )
    assert "policy 'round_robin' has no options" in shown[0]


def test_every_policy_of_the_factory_can_be_named():
    assert KEYS_OF.keys() == BUILT_IN.keys()


def test_the_keys_of_a_policy_are_the_fields_that_its_factory_reads():
    renamed = {"full_scan": "scans_all", "decay": "decay_ns"}
    for policy, keys in KEYS_OF.items():
        assert tuple(renamed.get(key, key) for key in keys) == FIELDS_OF[policy]


def test_a_key_that_the_policy_does_not_read_is_refused_where_it_stands(tmp_path):
    (shown,) = messages(
        tmp_path, ("balancer: least_request", "balancer: {policy: random, choices: 3}")
    )
    assert "policy 'random' does not read this key" in shown


def test_the_parameters_of_a_policy_reach_its_config(tmp_path):
    scan = "balancer: {policy: least_request, full_scan: true, active_request_bias: 0.5}"
    found = edge(tmp_path, "frontend", "catalog", ("balancer: least_request", scan)).balancer
    assert (found.scans_all, found.active_request_bias) == (True, 0.5)
    ewma = "balancer: {policy: peak_ewma, decay: 3s}"
    found = edge(tmp_path, "frontend", "catalog", ("balancer: least_request", ewma)).balancer
    assert (found.policy, found.decay_ns) == ("peak_ewma", 3_000_000_000)


@pytest.mark.parametrize(
    ("old", "edge_value", "is_fine"),
    [
        ("minimum_calls: 20", "minimum_calls: 100", True),
        ("minimum_calls: 20", "minimum_calls: 101", False),
        ("cap: 250ms", "cap: 25ms", True),
        ("cap: 250ms", "cap: 24ms", False),
        ("failure_ratio: 50%", "failure_ratio: 0.001%", True),
        ("failure_ratio: 50%", "failure_ratio: 0", False),
        ("open: 5s", "open: 1ns", True),
        ("open: 5s", "open: 0", False),
        ("budget: 20%", "budget: 0.1%", True),
        ("budget: 20%", "budget: 0.15%", False),
        ("budget: 20%", "budget: {reserve: 100, cap: 100}", True),
        ("budget: 20%", "budget: {reserve: 101, cap: 100}", False),
    ],
)
def test_policies_that_contradict_themselves_are_refused(tmp_path, old, edge_value, is_fine):
    assert (messages(tmp_path, (old, edge_value)) == []) is is_fine
