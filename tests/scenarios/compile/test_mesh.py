"""The mesh of a scenario: what it becomes, and what is refused where."""

from pathlib import Path

import pytest

from models.base.outcome import Outcome
from models.base.time import NS_PER_MS, NS_PER_S
from models.traffic.mesh.config import AgentConfig, Feature, MeshPlan
from models.traffic.mesh.policy import Policy, Scope
from models.traffic.mesh.resolver import Resolver
from models.traffic.mesh.rules import BreakerRule, Destination, FaultRule, Share, SplitRule
from scenarios.load import load
from scenarios.source.problems import ScenarioError
from sim.world import build

TEXT = """\
version: 1
scenario: meshed
time: {measure: 20s}
topology: {zones: [a, b]}
services:
  shop:
    instances: {count: 2}
    slots: 9
    endpoints: {GET /: {work: 1ms, calls: [cart.GET /]}}
  cart:
    instances: {count: 3, labels: {version: [v1, v1, v2]}}
    slots: 9
    endpoints: {GET /: {work: 1ms}}
edges:
  shop -> cart: {timeout: 300ms, HEDGE}
traffic:
  users: {to: shop, arrivals: {rate: 20/s}}
mesh:
  control_plane: {zone: a}
  subsets: {cart: {old: {version: v1}, new: {version: v2}}}
"""


def write(directory: Path, more: str = "", hedge: str = "pool: {connections: 9}") -> Path:
    path = directory / "scenario.yaml"
    path.write_text(TEXT.replace("HEDGE", hedge) + more, encoding="utf-8")
    return path


def mesh(directory: Path, more: str = "") -> MeshPlan:
    plan = load(write(directory, more)).blueprint.mesh
    assert plan is not None
    return plan


def policies(directory: Path, written: str) -> tuple[Policy, ...]:
    return mesh(directory, f"  policies: [{written}]\n").config.policies


def problems(directory: Path, more: str, hedge: str = "pool: {connections: 9}") -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(write(directory, more, hedge))
    return [problem.headline().split("error: ")[-1] for problem in caught.value.problems]


def test_without_policies_every_edge_does_what_is_written(tmp_path: Path) -> None:
    plan = mesh(tmp_path)
    assert (plan.zone, plan.config.policies, plan.changes) == ("a", (), ())
    assert Resolver(plan.config).effective("shop", "cart").timeout_ns == 300 * NS_PER_MS
    assert plan.members == (("cart", "old", ("cart-0", "cart-1")), ("cart", "new", ("cart-2",)))


def test_a_scope_is_the_mesh_a_service_or_an_edge(tmp_path: Path) -> None:
    written = "{timeout: 1ms}, {service: cart, timeout: 2ms}, {edge: users -> shop, timeout: 3ms}"
    found = policies(tmp_path, written)
    assert [policy.scope for policy in found] == [Scope(), Scope("cart"), Scope("shop", "users")]


def test_a_split_gives_whole_percents_to_subsets(tmp_path: Path) -> None:
    (policy,) = policies(tmp_path, "{service: cart, split: {old: 93%, new: 7%}}")
    shares = (Share(Destination("cart", "old"), 93), Share(Destination("cart", "new"), 7))
    assert policy.rules == (SplitRule(shares),)


def test_a_fault_delays_and_aborts_shares_of_the_calls(tmp_path: Path) -> None:
    written = "{fault: {delay: 20ms, delayed: 7%, aborted: 0.1%, abort_as: reset}}"
    (policy,) = policies(tmp_path, written)
    assert policy.rules == (FaultRule(20 * NS_PER_MS, 7.0, 0.1, Outcome.RESET),)


def test_a_breaker_that_is_null_is_taken_away(tmp_path: Path) -> None:
    (policy,) = policies(tmp_path, "{service: cart, breaker: null}")
    assert policy.rules == (BreakerRule(None),)


def test_a_roll_back_brings_what_held_before_the_last_change(tmp_path: Path) -> None:
    plan = mesh(
        tmp_path,
        "  policies: [{timeout: 9ms}]\n"
        "  changes: [{at: 2s, name: tight, policies: [{timeout: 1ms}]},"
        " {at: 5s, roll_back: true}]\n",
    )
    tight, back = plan.changes
    assert (tight.at_ns, tight.label) == (2 * NS_PER_S, "tight")
    assert (back.config, back.label) == (plan.config, "roll-back")
    assert tight.config != plan.config


def test_proxies_have_their_rhythm_and_may_lack_something(tmp_path: Path) -> None:
    plan = mesh(tmp_path, "  proxies: {hello: 2s, refresh: 9s, lacking: {shop: [split]}}\n")
    assert plan.agent == AgentConfig(2 * NS_PER_S, 9 * NS_PER_S)
    assert plan.lacking == (("shop", frozenset({Feature.SPLIT})),)


def test_a_world_is_made_of_it_and_runs(tmp_path: Path) -> None:
    more = (
        "  policies: [{service: cart, split: {old: 50%, new: 50%}, balancer: round_robin,"
        " retry: {retries: 1}}, {fault: {aborted: 5%}}]\n"
    )
    left = build(load(write(tmp_path, more)).blueprint, 1).run()
    assert left.counts.completed > 300


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{service: crt, timeout: 1ms}", "mesh.policies[0].service: unknown service that is"),
        ("{edge: shop -> crt, timeout: 1ms}", "mesh.policies[0].edge: unknown edge 'shop -> crt'"),
        ("{edge: cart, timeout: 1ms}", "mesh.policies[0].edge: unknown edge 'cart'"),
        ("{edge: shop -> cart, service: cart, timeout: 1ms}", "a service or for an edge, not"),
        ("{service: cart}", "mesh.policies[0]: a policy holds a rule"),
        ("{split: {old: 100%}}", "mesh.policies[0].split: a split is for a service or an edge"),
        ("{service: cart, split: {old: 99%}}", "split: sum to 99 percent and not to 100"),
        ("{service: cart, split: {old: 99.5%, new: 0.5%}}", "split.old: shares of a split are"),
        ("{service: cart, split: {next: 100%}}", "'cart' has no subset 'next'"),
        ("{balancer: prequal}", "mesh.policies[0].balancer.policy: a proxy does not begin"),
        ("{balancer: fastest}", "mesh.policies[0].balancer.policy: unknown policy 'fastest'"),
        ("{fault: {delay: 1ms}}", "mesh.policies[0].fault: say which share"),
        ("{fault: {delayed: 5%}}", "mesh.policies[0].fault: a delay has a length"),
        ("{fault: {aborted: 0.00001%}}", "finer than a ten-thousandth of a percent"),
        ("{breaker: {open: 0s}}", "mesh.policies[0].breaker.open: must be more than 0"),
        ("{retry: {backoff: {base: 2s, cap: 1s}}}", "mesh.policies[0].retry.backoff.cap: cap must"),
        ("{timeout: 1ms}, {timeout: 2ms}", "mesh.policies[1].timeout: said for the same edges by"),
        ("{timeuot: 1ms}", "mesh.policies[0].timeuot: unknown field, did you mean 'timeout'?"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_where_it_stands(
    tmp_path: Path, written: str, message: str
) -> None:
    found = problems(tmp_path, f"  policies: [{written}]\n")
    assert any(message in problem for problem in found), found


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("  changes: [{at: 20s, roll_back: true}]\n", "mesh.changes[0].at: happens 20s into"),
        (
            "  changes: [{at: 5s, roll_back: true}, {at: 5s, roll_back: true}]\n",
            "mesh.changes[1].at: each change is later than the one before",
        ),
        ("  changes: [{at: 5s}]\n", "mesh.changes[0]: a change has policies or rolls back"),
        (
            "  changes: [{at: 5s, policies: [{service: crt, timeout: 1s}]}]\n",
            "mesh.changes[0].policies[0].service: unknown service",
        ),
        ("  proxies: {lacking: {shp: [split]}}\n", "unknown service 'shp', did you mean 'shop'?"),
    ],
)
def test_a_mesh_that_makes_no_sense_is_refused(tmp_path: Path, more: str, message: str) -> None:
    found = problems(tmp_path, more)
    assert any(message in problem for problem in found), found


def test_an_edge_that_hedges_gets_no_retries(tmp_path: Path) -> None:
    found = problems(
        tmp_path, "  policies: [{retry: {retries: 2}}]\n", hedge="hedge: {after: 20ms}"
    )
    assert any("'shop -> cart' hedges" in problem for problem in found), found
