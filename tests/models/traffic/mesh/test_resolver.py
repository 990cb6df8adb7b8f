"""What holds on an edge."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.time import NS_PER_S
from models.traffic.config import BalancerConfig, BreakerConfig, EdgeConfig, RetryConfig
from models.traffic.gateway.headers import HeaderMatch
from models.traffic.mesh.policy import MESH, MeshConfig, Policy, PolicyType, Scope, ServiceEntry
from models.traffic.mesh.resolver import EdgePolicy, Resolver
from models.traffic.mesh.rules import (
    BalancingRule,
    BreakerRule,
    Destination,
    FaultRule,
    HeaderRoute,
    HeaderRouteRule,
    Mirror,
    MirrorRule,
    RetryRule,
    Rule,
    Share,
    SplitRule,
    TelemetryRule,
    TimeoutRule,
)

SERVICES = (ServiceEntry("web"), ServiceEntry("cart"))
EDGE = Scope("cart", "web")


def resolver(*policies: tuple[Scope, Rule]) -> Resolver:
    return Resolver(
        MeshConfig(
            SERVICES,
            tuple(
                Policy(str(number), PolicyType.TRAFFIC, (rule,), scope)
                for number, (scope, rule) in enumerate(policies)
            ),
        )
    )


CART = Destination("cart")
BALANCER, BREAKER, RETRY = BalancerConfig("round_robin"), BreakerConfig(10), RetryConfig(2)
SPLIT = SplitRule((Share(CART, 100),))
ROUTE = HeaderRoute((HeaderMatch("x"),), CART)


@pytest.mark.parametrize(
    ("rule", "field", "value"),
    [
        (BalancingRule(BALANCER), "balancer", BALANCER),
        (BreakerRule(BREAKER), "breaker", BREAKER),
        (RetryRule(RETRY), "retry", RETRY),
        (TimeoutRule(7), "timeout_ns", 7),
        (SPLIT, "split", SPLIT),
        (MirrorRule((Mirror(CART),)), "mirrors", (Mirror(CART),)),
        (HeaderRouteRule((ROUTE,)), "header_routes", (ROUTE,)),
        (FaultRule(5), "fault", FaultRule(5)),
        (TelemetryRule(50.0), "telemetry", TelemetryRule(50.0)),
    ],
)
def test_a_rule_says_one_thing_and_leaves_the_rest(rule: Rule, field: str, value: object) -> None:
    plain = EdgePolicy("web", "cart")
    edge = resolver((MESH, rule)).effective("web", "cart")
    changed = [name for name in EdgePolicy.__slots__ if getattr(edge, name) != getattr(plain, name)]
    assert changed == [field]
    assert getattr(edge, field) == value


def test_without_rules_the_defaults_hold() -> None:
    edge = resolver().effective("web", "cart")
    assert edge == EdgePolicy("web", "cart")
    assert edge.edge_config() == EdgeConfig("web", "cart")


def test_the_channel_gets_what_holds() -> None:
    rules = (BalancingRule(BALANCER), BreakerRule(BREAKER), RetryRule(RETRY), TimeoutRule(7))
    edge = resolver(*((MESH, rule) for rule in rules)).effective("web", "cart")
    assert edge.edge_config() == EdgeConfig("web", "cart", 7, BALANCER, BREAKER, RETRY)


def test_the_most_specific_scope_wins_in_any_order_of_declaration() -> None:
    scoped = [(EDGE, TimeoutRule(3)), (MESH, TimeoutRule(1)), (Scope("cart"), TimeoutRule(2))]
    for order in (scoped, scoped[::-1]):
        answers = resolver(*order)
        assert answers.effective("web", "cart").timeout_ns == 3
        assert answers.effective("other", "cart").timeout_ns == 2
        assert answers.effective("web", "other").timeout_ns == 1


def test_each_kind_is_settled_for_itself() -> None:
    edge = resolver((MESH, RetryRule(RETRY)), (EDGE, TimeoutRule(3))).effective("web", "cart")
    assert (edge.retry, edge.timeout_ns) == (RETRY, 3)


def test_a_breaker_of_the_mesh_can_be_taken_away_on_an_edge() -> None:
    answers = resolver((MESH, BreakerRule(BREAKER)), (EDGE, BreakerRule(None)))
    assert answers.effective("web", "cart").breaker is None
    assert answers.effective("other", "cart").breaker == BREAKER


def test_a_service_scope_is_about_its_callers_and_not_its_calls() -> None:
    answers = resolver((Scope("cart"), TimeoutRule(2)))
    assert answers.effective("cart", "web").timeout_ns == NS_PER_S


def test_a_proxy_gets_its_edges_to_all_services() -> None:
    answers = resolver((EDGE, TimeoutRule(3)))
    assert answers.edges_of("web") == (
        EdgePolicy("web", "web"),
        EdgePolicy("web", "cart", timeout_ns=3),
    )


SCOPES = [Scope(), Scope("cart"), Scope("web"), Scope("cart", "web"), Scope("web", "cart")]


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.dictionaries(st.tuples(st.sampled_from(SCOPES), st.booleans()), st.integers(2, 99)))
def test_the_answer_is_that_of_the_highest_level_that_speaks(
    said: dict[tuple[Scope, bool], int],
) -> None:
    """Model: of all rules of the kind whose scope covers the edge, take that of the top level."""
    answers = resolver(
        *(
            (scope, TimeoutRule(value) if is_timeout else RetryRule(RetryConfig(value)))
            for (scope, is_timeout), value in said.items()
        )
    )
    for caller in ("web", "cart", "other"):
        for callee in ("web", "cart"):
            covering = {
                (scope.level, is_timeout): value
                for (scope, is_timeout), value in said.items()
                if scope.callee in ("", callee) and scope.caller in ("", caller)
            }
            timeouts = {level: v for (level, kind), v in covering.items() if kind}
            retries = {level: v for (level, kind), v in covering.items() if not kind}
            edge = answers.effective(caller, callee)
            assert edge.timeout_ns == (timeouts[max(timeouts)] if timeouts else NS_PER_S)
            assert edge.retry.retries == (retries[max(retries)] if retries else 0)
