"""Flaws of a configuration: each is found, and located."""

import pytest

from models.traffic.balancer.round_robin import RoundRobin
from models.traffic.config import (
    BackoffConfig,
    BalancerConfig,
    BreakerConfig,
    RetryConfig,
)
from models.traffic.gateway.headers import HeaderMatch
from models.traffic.mesh.policy import MESH, MeshConfig, Policy, PolicyType, Scope, ServiceEntry
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
from models.traffic.mesh.validation import Flaw, MeshValidator

SERVICES = (ServiceEntry("web"), ServiceEntry("cart", ("v1", "v2")))
TRAFFIC, RESILIENCE = PolicyType.TRAFFIC, PolicyType.RESILIENCE
CART, V1, V2 = Destination("cart"), Destination("cart", "v1"), Destination("cart", "v2")
ON_X = (HeaderMatch("x"),)


def flaws(*policies: Policy) -> list[tuple[str, str]]:
    found = MeshValidator().flaws(MeshConfig(SERVICES, policies))
    return [(flaw.where, flaw.message) for flaw in found]


def of(rule: Rule, policy_type: PolicyType = TRAFFIC, scope: Scope = MESH) -> list[tuple[str, str]]:
    return flaws(Policy("p", policy_type, (rule,), scope))


def split(*shares: tuple[Destination, int]) -> SplitRule:
    return SplitRule(tuple(Share(destination, percent) for destination, percent in shares))


def test_a_sound_configuration_has_no_flaw() -> None:
    assert flaws() == []
    assert flaws(
        Policy("t", TRAFFIC, (split((V1, 90), (V2, 10)), BalancingRule(BalancerConfig()))),
        Policy("r", RESILIENCE, (TimeoutRule(0), RetryRule(RetryConfig(2)), BreakerRule(None))),
        Policy("f", PolicyType.FAULT, (FaultRule(5, 0.0001, 100.0),), Scope("cart", "web")),
        Policy("o", PolicyType.TELEMETRY, (TelemetryRule(),), Scope("cart")),
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "where"),
    [
        (Scope("cart2"), "policies[0].scope.callee"),
        (Scope("cart", "web2"), "policies[0].scope.caller"),
    ],
)
def test_a_scope_names_known_services(scope: Scope, where: str) -> None:
    unknown = scope.caller or scope.callee
    assert of(TimeoutRule(1), RESILIENCE, scope) == [(where, f"no service '{unknown}'")]


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        (split((Destination("x"), 100)), "shares[0]"),
        (split((CART, 100), (Destination("x"), 0)), "shares[1]"),
        (MirrorRule((Mirror(Destination("x")),)), "mirrors[0]"),
        (HeaderRouteRule((HeaderRoute(ON_X, Destination("x")),)), "routes[0]"),
    ],
)
def test_a_destination_names_a_known_service(rule: Rule, place: str) -> None:
    assert of(rule) == [(f"policies[0].rules[0].{place}.destination", "no service 'x'")]


def test_a_destination_names_a_known_subset() -> None:
    assert of(split((Destination("cart", "v3"), 100))) == [
        ("policies[0].rules[0].shares[0].destination", "service 'cart' has no subset 'v3'")
    ]


@pytest.mark.parametrize("percents", [(90, 9), (90, 11), (0, 0)])
def test_shares_sum_to_a_hundred(percents: tuple[int, int]) -> None:
    rule = split((V1, percents[0]), (V2, percents[1]))
    message = f"sum to {sum(percents)} percent and not to 100"
    assert of(rule) == [("policies[0].rules[0].shares", message)]


def test_an_empty_split_sums_to_nothing() -> None:
    assert of(SplitRule(())) == [("policies[0].rules[0].shares", "sum to 0 percent and not to 100")]


def test_a_share_is_a_percentage_even_if_the_sum_is_right() -> None:
    assert of(split((V1, 101), (V2, -1))) == [
        ("policies[0].rules[0].shares[0].percent", "101 is not in [0, 100]"),
        ("policies[0].rules[0].shares[1].percent", "-1 is not in [0, 100]"),
    ]


def test_a_destination_has_one_share() -> None:
    assert of(split((V1, 50), (V1, 50))) == [
        ("policies[0].rules[0].shares[1].destination", "has a share already")
    ]


@pytest.mark.parametrize("percent", [-0.1, 100.1, float("nan"), float("inf"), 0.00001])
def test_percentages_are_in_range_and_not_too_fine(percent: float) -> None:
    rules: list[tuple[Rule, PolicyType, str]] = [
        (MirrorRule((Mirror(CART, percent),)), TRAFFIC, "mirrors[0].percent"),
        (FaultRule(delay_percent=percent), PolicyType.FAULT, "delay_percent"),
        (FaultRule(abort_percent=percent), PolicyType.FAULT, "abort_percent"),
        (TelemetryRule(percent), PolicyType.TELEMETRY, "sampling_percent"),
    ]
    for rule, policy_type, place in rules:
        assert [where for where, _ in of(rule, policy_type)] == [f"policies[0].rules[0].{place}"]


@pytest.mark.parametrize("percent", [0.0, 0.0001, 0.1, 33.3333, 99.9999, 100.0])
def test_percentages_down_to_a_ten_thousandth_are_exact(percent: float) -> None:
    assert of(FaultRule(delay_percent=percent), PolicyType.FAULT) == []


@pytest.mark.parametrize(
    ("rule", "policy_type"),
    [
        (BalancingRule(BalancerConfig("round_robbin")), TRAFFIC),
        (BreakerRule(BreakerConfig(window_calls=0)), RESILIENCE),
        (RetryRule(RetryConfig(-1)), RESILIENCE),
        (RetryRule(RetryConfig(1, BackoffConfig(base_ns=-1))), RESILIENCE),
    ],
)
def test_what_no_decider_could_be_built_from_is_a_flaw(rule: Rule, policy_type: PolicyType) -> None:
    assert [where for where, _ in of(rule, policy_type)] == ["policies[0].rules[0]"]


def test_a_balancing_policy_that_was_plugged_in_is_known() -> None:
    rule = BalancingRule(BalancerConfig("mine"))
    config = MeshConfig(SERVICES, (Policy("p", TRAFFIC, (rule,)),))
    plugins = {"mine": lambda _config, _stream: RoundRobin()}
    assert MeshValidator(plugins).flaws(config) == ()
    assert len(MeshValidator().flaws(config)) == 1


def test_durations_are_not_negative() -> None:
    assert of(TimeoutRule(-1), RESILIENCE) == [
        ("policies[0].rules[0].timeout_ns", "must not be negative")
    ]
    assert of(FaultRule(-1), PolicyType.FAULT) == [
        ("policies[0].rules[0].delay_ns", "must not be negative")
    ]


def test_a_service_is_not_mirrored_onto_itself() -> None:
    rule = MirrorRule((Mirror(V1), Mirror(CART)))
    assert of(rule, scope=Scope("cart")) == [
        ("policies[0].rules[0].mirrors[1].destination", "mirrors a service onto itself")
    ]
    assert of(rule, scope=Scope("web")) == []


def test_a_header_route_has_a_condition() -> None:
    assert of(HeaderRouteRule((HeaderRoute((), V1),))) == [
        ("policies[0].rules[0].routes[0]", "has no condition; use a split")
    ]


def test_a_policy_holds_only_rules_of_its_type() -> None:
    assert of(TimeoutRule(1), TRAFFIC) == [
        ("policies[0].rules[0]", "a policy of type 'traffic' holds no TimeoutRule")
    ]


def test_a_policy_holds_a_rule() -> None:
    assert flaws(Policy("p", TRAFFIC, ())) == [("policies[0].rules", "holds no rule")]


def test_two_rules_of_a_kind_in_one_scope_are_a_conflict() -> None:
    twice = Policy("b", RESILIENCE, (TimeoutRule(2), TimeoutRule(3)))
    message = "a TimeoutRule for the same scope stands at policies[0].rules[0] already"
    assert flaws(Policy("a", RESILIENCE, (TimeoutRule(1),)), twice) == [
        ("policies[1].rules[0]", message),
        ("policies[1].rules[1]", message),
    ]
    narrower = Policy("b", RESILIENCE, (TimeoutRule(2),), Scope("cart"))
    assert flaws(Policy("a", RESILIENCE, (TimeoutRule(1),)), narrower) == []


def test_names_are_given_once() -> None:
    policies = (
        Policy("a", RESILIENCE, (TimeoutRule(1),)),
        Policy("a", RESILIENCE, (RetryRule(RetryConfig()),)),
    )
    assert flaws(*policies) == [("policies[1].name", "'a' is policies[0] already")]
    doubled = MeshConfig((ServiceEntry("a"), ServiceEntry("a"), ServiceEntry("")))
    assert MeshValidator().flaws(doubled) == (
        Flaw("services[1]", "'a' is no name of its own"),
        Flaw("services[2]", "'' is no name of its own"),
    )


def test_all_flaws_are_told_at_once() -> None:
    found = flaws(
        Policy("a", TRAFFIC, (split((V1, 1)), TimeoutRule(-1)), Scope("x")),
        Policy("a", TRAFFIC, (BalancingRule(BalancerConfig("x")),)),
    )
    assert [where for where, _ in found] == [
        "policies[1].name",
        "policies[0].scope.callee",
        "policies[0].rules[0].shares",
        "policies[0].rules[1]",
        "policies[0].rules[1].timeout_ns",
        "policies[1].rules[0]",
    ]


def test_a_circle_of_routes_is_a_flaw() -> None:
    there = Policy("a", TRAFFIC, (split((CART, 100)),), Scope("web"))
    back = Policy("b", TRAFFIC, (split((Destination("web"), 100)),), Scope("cart"))
    assert flaws(there) == []
    assert [where for where, _ in flaws(there, back)] == ["policies"]
