"""A mesh as it is set up: what proxies may lack, and what no simulated proxy can do."""

from dataclasses import replace

import pytest

from models.base.errors import ConfigError
from models.traffic.config import EdgeConfig, RetryConfig
from models.traffic.gateway.headers import HeaderMatch
from models.traffic.mesh.config import Feature, MeshChange, MeshPlan
from models.traffic.mesh.fitness import check_plan, judge_of, judge_without
from models.traffic.mesh.policy import MeshConfig, Policy, PolicyType, Scope, ServiceEntry
from models.traffic.mesh.resolver import EdgePolicy, Resolver, policy_of
from models.traffic.mesh.rules import (
    Destination,
    FaultRule,
    Rule,
    Share,
    SplitRule,
    TelemetryRule,
    TimeoutRule,
)

SERVICES = (ServiceEntry("web"), ServiceEntry("cart", ("new",)))
TO_CART = Scope("cart", "web")
SPLIT = SplitRule((Share(Destination("cart", "new"), 100),))


def config(rule: Rule, kind: PolicyType, scope: Scope = TO_CART) -> MeshConfig:
    return MeshConfig(SERVICES, (Policy("one", kind, (rule,), scope),))


@pytest.mark.parametrize(
    ("lacks", "edge", "is_refused"),
    [
        (Feature.SPLIT, EdgePolicy("web", "cart", split=SPLIT), True),
        (Feature.SPLIT, EdgePolicy("web", "cart", fault=FaultRule()), False),
        (Feature.FAULT, EdgePolicy("web", "cart", fault=FaultRule()), True),
        (Feature.FAULT, EdgePolicy("web", "cart", split=SPLIT), False),
        (Feature.FAULT, EdgePolicy("web", "cart"), False),
    ],
)
def test_a_proxy_refuses_just_what_it_lacks(
    lacks: Feature, edge: EdgePolicy, is_refused: bool
) -> None:
    said = judge_without(frozenset({lacks}))((EdgePolicy("web", "web"), edge))
    assert (said is not None) == is_refused


def test_proxies_of_other_services_accept_everything() -> None:
    plan = MeshPlan("a", MeshConfig(SERVICES), lacking=(("web", frozenset({Feature.FAULT})),))
    edges = (EdgePolicy("web", "cart", fault=FaultRule()),)
    assert judge_of(plan, "web")(edges) is not None
    assert judge_of(plan, "cart")(edges) is None


def test_a_plan_of_what_channels_can_do_is_fit() -> None:
    check_plan(MeshPlan("a", config(SPLIT, PolicyType.TRAFFIC)))


@pytest.mark.parametrize(
    ("rule", "kind", "message"),
    [
        (TelemetryRule(), PolicyType.TELEMETRY, "does nothing with a TelemetryRule"),
        (
            SplitRule((Share(Destination("web"), 100),)),
            PolicyType.TRAFFIC,
            "subsets of the service itself",
        ),
        (replace(SPLIT, sticky_header="user"), PolicyType.TRAFFIC, "no headers"),
        (FaultRule(conditions=(HeaderMatch("x"),)), PolicyType.FAULT, "no headers"),
        (TimeoutRule(-1), PolicyType.RESILIENCE, "must not be negative"),
    ],
)
def test_a_plan_is_refused_with_the_place_of_every_flaw(
    rule: Rule, kind: PolicyType, message: str
) -> None:
    change = MeshChange(5, config(rule, kind))
    with pytest.raises(ConfigError, match=rf"changes\[0\]\.policies\[0\]\.rules\[0\].*{message}"):
        check_plan(MeshPlan("a", MeshConfig(SERVICES), (change,)))


def test_where_no_rule_speaks_an_edge_does_what_is_written() -> None:
    written = EdgeConfig("web", "cart", timeout_ns=7, retry=RetryConfig(2))
    bare = replace(config(TimeoutRule(9), PolicyType.RESILIENCE, Scope("web")), edges=(written,))
    assert Resolver(bare).effective("web", "cart") == policy_of(written)


def test_a_rule_replaces_what_it_is_about_and_nothing_else() -> None:
    written = EdgeConfig("web", "cart", timeout_ns=7, retry=RetryConfig(2))
    ruled = replace(config(TimeoutRule(9), PolicyType.RESILIENCE), edges=(written,))
    assert Resolver(ruled).effective("web", "cart") == replace(policy_of(written), timeout_ns=9)


def test_endpoints_that_must_not_be_called_twice_stay_so_under_every_rule() -> None:
    written = EdgeConfig("web", "cart", retry=RetryConfig(once=frozenset({"POST /order"})))
    policy = replace(policy_of(written), retry=RetryConfig(3))
    assert policy.laid_over(written).retry == RetryConfig(3, once=frozenset({"POST /order"}))
