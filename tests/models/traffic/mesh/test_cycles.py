"""Services that route to each other."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import SimulationError
from models.base.streams import Stream
from models.traffic.gateway.headers import HeaderMatch, Headers
from models.traffic.mesh.cycles import route_cycles
from models.traffic.mesh.policy import MESH, MeshConfig, Policy, PolicyType, Scope, ServiceEntry
from models.traffic.mesh.resolver import Resolver
from models.traffic.mesh.router import MeshRouter
from models.traffic.mesh.rules import (
    Destination,
    HeaderRoute,
    HeaderRouteRule,
    Mirror,
    MirrorRule,
    Share,
    SplitRule,
)

NAMES = "abc"


def config(*routes: tuple[Scope, str]) -> MeshConfig:
    """Each scope sends half of its requests to the service named, or its subset ``x``."""
    policies = []
    for number, (scope, to) in enumerate(routes):
        destination = Destination(to[0], to[1:])
        rule = SplitRule((Share(Destination(scope.callee), 50), Share(destination, 50)))
        policies.append(Policy(str(number), PolicyType.TRAFFIC, (rule,), scope))
    return MeshConfig(tuple(ServiceEntry(name, ("x",)) for name in NAMES), tuple(policies))


def test_a_chain_is_no_circle() -> None:
    assert list(route_cycles(config((Scope("a"), "b"), (Scope("b"), "c")))) == []


def test_a_service_may_keep_its_own_requests() -> None:
    assert list(route_cycles(config((Scope("a"), "a")))) == []


def test_a_circle_is_named_in_the_order_of_the_way() -> None:
    circle = config((Scope("a"), "b"), (Scope("b"), "c"), (Scope("c"), "a"))
    (told,) = route_cycles(circle)
    assert told.startswith("requests of any caller are sent in a circle: ")
    way = told.partition(": ")[2].split(" -> ")
    assert way[0] == way[-1]
    assert set(pairwise(way)) == {("a", "b"), ("b", "c"), ("c", "a")}


def test_a_subset_is_an_end() -> None:
    assert list(route_cycles(config((Scope("a"), "b"), (Scope("b"), "ax")))) == []


def test_a_circle_of_one_caller_is_told_as_its_own() -> None:
    own = config((Scope("a"), "b"), (Scope("b", "c"), "a"))
    assert list(route_cycles(own)) == ["requests of 'c' are sent in a circle: a -> b -> a"] or list(
        route_cycles(own)
    ) == ["requests of 'c' are sent in a circle: b -> a -> b"]


def test_a_more_specific_rule_can_break_the_circle() -> None:
    broken = config((Scope("a"), "b"), (Scope("b"), "a"), (Scope("b", "c"), "b"))
    assert len(list(route_cycles(broken))) == 1, "other callers still meet it"
    mended = config((Scope("a", "c"), "b"), (Scope("b", "c"), "b"))
    assert list(route_cycles(mended)) == []


def test_header_routes_count_and_mirrors_do_not() -> None:
    back = HeaderRouteRule((HeaderRoute((HeaderMatch("h"),), Destination("a")),))
    there = config((Scope("a"), "b"))
    circle = Policy("h", PolicyType.TRAFFIC, (back,), Scope("b"))
    copies = Policy("m", PolicyType.TRAFFIC, (MirrorRule((Mirror(Destination("a")),)),), Scope("b"))
    assert list(route_cycles(MeshConfig(there.services, (*there.policies, circle))))
    assert not list(route_cycles(MeshConfig(there.services, (*there.policies, copies))))


@pytest.mark.parametrize("to", ["b"])
def test_a_rule_of_the_whole_mesh_leads_to_a_service_that_keeps_it(to: str) -> None:
    rule = SplitRule((Share(Destination(to), 100),))
    mesh = MeshConfig(
        tuple(ServiceEntry(name) for name in NAMES),
        (Policy("p", PolicyType.TRAFFIC, (rule,), MESH),),
    )
    assert list(route_cycles(mesh)) == []


SCOPES = st.builds(Scope, st.sampled_from(NAMES), st.sampled_from(["", *NAMES]))
ROUTES = st.dictionaries(SCOPES, st.sampled_from([*NAMES, "ax", "bx"]), max_size=6)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(ROUTES)
def test_what_has_no_circle_never_sends_a_request_round(routes: dict[Scope, str]) -> None:
    """And what has one can: some choice of the shares leads round."""
    mesh = config(*routes.items())
    resolver = Resolver(mesh)
    goes_round = False
    for caller in ("z", *NAMES):
        for callee in NAMES:
            seen: list[str] = []
            here = Destination(callee)
            while not here.subset and here.service not in seen:
                seen.append(here.service)
                split = resolver.effective(caller, here.service).split
                here = here if split is None else split.shares[1].destination
            goes_round |= not here.subset and here.service != seen[-1]
    assert bool(list(route_cycles(mesh))) is goes_round


def test_a_router_that_was_given_a_circle_says_so() -> None:
    rule = SplitRule((Share(Destination("b"), 100),)), SplitRule((Share(Destination("a"), 100),))
    policies = tuple(
        Policy(callee, PolicyType.TRAFFIC, (split,), Scope(callee))
        for callee, split in zip("ab", rule, strict=True)
    )
    resolver = Resolver(MeshConfig((ServiceEntry("a"), ServiceEntry("b")), policies))
    router = MeshRouter(
        lambda callee: resolver.effective("z", callee),
        splits=Stream(1, "splits"),
        faults=Stream(1, "faults"),
    )
    with pytest.raises(SimulationError, match="a -> b -> a"):
        router.route("a", Headers())
