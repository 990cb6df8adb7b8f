"""Where one request goes. Splits are scored by chi-square at fixed seeds."""

from collections import Counter

import pytest

from models.base.outcome import Outcome
from models.base.streams import Stream
from models.traffic.gateway.headers import NO_HEADERS, HeaderMatch, Headers
from models.traffic.mesh.resolver import EdgePolicy
from models.traffic.mesh.router import MeshRouter, RouteDecision, sticky_point
from models.traffic.mesh.rules import (
    Destination,
    FaultRule,
    HeaderRoute,
    Mirror,
    Share,
    SplitRule,
)

CART, V1, V2, V3 = (Destination("cart", subset) for subset in ("", "v1", "v2", "v3"))
BETA = HeaderRoute((HeaderMatch("x-beta", "1"),), V2)
CHI_SQUARE_999 = {1: 10.828, 2: 13.816}
"""Quantiles of the chi-square distribution at 0.999, by degrees of freedom."""


def router(*policies: EdgePolicy, seed: int = 1) -> MeshRouter:
    known = {policy.callee: policy for policy in policies}
    return MeshRouter(
        lambda callee: known.get(callee, EdgePolicy("web", callee)),
        splits=Stream(seed, "splits"),
        faults=Stream(seed, "faults"),
    )


def cart(**fields: object) -> EdgePolicy:
    return EdgePolicy("web", "cart", **fields)  # type: ignore[arg-type]


def split(*shares: tuple[Destination, int], sticky: str = "") -> SplitRule:
    return SplitRule(tuple(Share(*share) for share in shares), sticky)


def user(name: str) -> Headers:
    return Headers((("x-user", name),))


def test_without_rules_a_request_goes_where_it_was_sent() -> None:
    assert router().route("cart") == RouteDecision(CART)


def test_a_header_decides_before_the_split() -> None:
    routes = router(cart(header_routes=(BETA,), split=split((V1, 100))))
    assert routes.route("cart", Headers((("X-Beta", "1"),))).destination == V2
    assert routes.route("cart", Headers((("x-beta", "2"),))).destination == V1
    assert routes.route("cart").destination == V1


def test_the_first_header_route_that_holds_is_taken() -> None:
    also = HeaderRoute((HeaderMatch("x-beta"),), V3)
    routes = router(cart(header_routes=(BETA, also)))
    assert routes.route("cart", Headers((("x-beta", "1"),))).destination == V2
    assert routes.route("cart", Headers((("x-beta", "2"),))).destination == V3


def chi_square(counts: Counter[Destination], shares: list[tuple[Destination, int]]) -> float:
    total = sum(counts.values())
    expected = {place: total * percent / 100 for place, percent in shares if percent}
    assert set(counts) <= set(expected), "a share of zero gets nothing"
    return sum((counts[place] - want) ** 2 / want for place, want in expected.items())


@pytest.mark.parametrize(
    "shares",
    [
        [(V1, 50), (V2, 50)],
        [(V1, 99), (V2, 1)],
        [(V1, 70), (V2, 20), (V3, 10)],
        [(V1, 60), (V2, 0), (V3, 40)],
    ],
)
@pytest.mark.parametrize("sticky", ["", "x-user"])
def test_requests_are_split_in_the_shares(
    shares: list[tuple[Destination, int]], sticky: str
) -> None:
    routes = router(cart(split=split(*shares, sticky=sticky)))
    counts = Counter(routes.route("cart", user(f"u{n}")).destination for n in range(20_000))
    freedom = sum(percent > 0 for _, percent in shares) - 1
    assert chi_square(counts, shares) < CHI_SQUARE_999[freedom]


def test_shares_of_zero_and_a_hundred_take_no_chance() -> None:
    routes = router(cart(split=split((V1, 0), (V2, 100))))
    assert {routes.route("cart").destination for _ in range(1000)} == {V2}


def test_a_share_of_one_percent_ends_at_its_bound() -> None:
    """Of the points 0 to 99 exactly those below the share belong to it."""
    keys: dict[int, str] = {}
    for number in range(5000):
        keys.setdefault(sticky_point("cart", str(number)), str(number))
    assert sorted(keys) == list(range(100))
    for first in (1, 37, 99):
        routes = router(cart(split=split((V1, first), (V2, 100 - first), sticky="x-user")))
        for point, key in keys.items():
            expected = V1 if point < first else V2
            assert routes.route("cart", user(key)).destination == expected


def test_a_sticky_key_stays_and_a_growing_canary_only_wins_keys() -> None:
    before = router(cart(split=split((V1, 90), (V2, 10), sticky="x-user")))
    after = router(cart(split=split((V1, 70), (V2, 30), sticky="x-user")), seed=2)
    for number in range(2000):
        headers = user(f"u{number}")
        old = before.route("cart", headers).destination
        assert before.route("cart", headers).destination == old
        new = after.route("cart", headers).destination
        assert new == old or (old, new) == (V1, V2)


def test_services_split_the_same_keys_differently() -> None:
    same = sum(sticky_point("a", str(n)) == sticky_point("b", str(n)) for n in range(10_000))
    assert 50 < same < 150, "1 % by chance"


def test_sticky_points_are_those_of_every_machine() -> None:
    assert [sticky_point("cart", key) for key in ("", "ann", "bob", "\ud800")] == [4, 89, 72, 12]


def test_a_request_without_the_sticky_header_is_drawn() -> None:
    routes = router(cart(split=split((V1, 50), (V2, 50), sticky="x-user")))
    assert {routes.route("cart").destination for _ in range(100)} == {V1, V2}


def test_a_request_sent_on_follows_the_routes_of_the_next_service() -> None:
    old = EdgePolicy("web", "old", split=split((CART, 100)))
    decision = router(old, cart(split=split((V2, 100)))).route("old")
    assert decision == RouteDecision(V2, hops=1)


def test_a_request_sent_on_to_a_subset_has_arrived() -> None:
    old = EdgePolicy("web", "old", split=split((V1, 100)))
    assert router(old, cart(split=split((V2, 100)))).route("old") == RouteDecision(V1, hops=1)


def test_the_service_that_was_addressed_says_what_is_copied_and_broken() -> None:
    old = EdgePolicy("web", "old", split=split((CART, 100)), mirrors=(Mirror(V3),))
    broken = cart(fault=FaultRule(abort_percent=100.0), mirrors=(Mirror(V1),))
    assert router(old, broken).route("old") == RouteDecision(CART, (V3,), hops=1)


def test_mirrors_copy_their_share_in_order() -> None:
    mirrors = (Mirror(V1), Mirror(V2, 25.0), Mirror(V3, 0.0))
    routes = router(cart(mirrors=mirrors))
    decisions = [routes.route("cart") for _ in range(10_000)]
    assert {decision.mirrors for decision in decisions} == {(V1,), (V1, V2)}
    copied = Counter(len(decision.mirrors) == 2 for decision in decisions)
    assert (copied[True] - 2500) ** 2 / 2500 + (copied[False] - 7500) ** 2 / 7500 < CHI_SQUARE_999[
        1
    ]


def test_no_copy_goes_where_the_request_goes() -> None:
    routes = router(cart(split=split((V1, 50), (V2, 50)), mirrors=(Mirror(V2),)))
    for _ in range(100):
        decision = routes.route("cart")
        assert decision.mirrors == (() if decision.destination == V2 else (V2,))


def test_faults_hit_their_share_independently() -> None:
    fault = FaultRule(7, delay_percent=30.0, abort_percent=0.5, abort_outcome=Outcome.RESET)
    routes = router(cart(fault=fault))
    decisions = [routes.route("cart") for _ in range(40_000)]
    late = sum(decision.delay_ns == 7 for decision in decisions)
    aborted = sum(decision.abort is Outcome.RESET for decision in decisions)
    both = sum(decision.delay_ns == 7 and decision.abort is not None for decision in decisions)
    assert abs(late - 12_000) < 3.3 * 91.7
    assert abs(aborted - 200) < 3.3 * 14.2
    assert abs(both - 60) < 3.3 * 7.8


def test_faults_of_nought_and_a_hundred_percent_are_certain() -> None:
    never = router(cart(fault=FaultRule(7)))
    assert {never.route("cart") for _ in range(500)} == {RouteDecision(CART)}
    always = router(cart(fault=FaultRule(7, 100.0, 100.0)))
    assert {always.route("cart") for _ in range(500)} == {
        RouteDecision(CART, delay_ns=7, abort=Outcome.ERROR)
    }


class Drawing(Stream):
    """Draws one number for ever."""

    number = 0

    def below(self, _n: int) -> int:
        return self.number


@pytest.mark.parametrize(("drawn", "is_hit"), [(299_999, True), (300_000, False)])
def test_a_share_takes_exactly_its_millionths(drawn: int, is_hit: bool) -> None:
    fault = FaultRule(7, delay_percent=30.0, abort_percent=30.0)
    policy = cart(fault=fault, mirrors=(Mirror(V1, 30.0),))
    faults = Drawing(1, "faults")
    faults.number = drawn
    hit = MeshRouter(lambda _: policy, splits=Stream(1, "s"), faults=faults).route("cart")
    assert (hit.delay_ns == 7, hit.abort is Outcome.ERROR) == (is_hit, is_hit)
    copying = MeshRouter(
        lambda _: cart(mirrors=policy.mirrors), splits=Stream(1, "s"), faults=faults
    )
    assert copying.route("cart").mirrors == ((V1,) if is_hit else ())


def test_an_aborted_request_is_not_copied() -> None:
    routes = router(cart(fault=FaultRule(abort_percent=100.0), mirrors=(Mirror(V1),)))
    assert routes.route("cart").mirrors == ()


def test_a_fault_touches_only_requests_that_meet_its_conditions() -> None:
    fault = FaultRule(abort_percent=100.0, conditions=(HeaderMatch("x-test"),))
    routes = router(cart(fault=fault))
    assert routes.route("cart", NO_HEADERS).abort is None
    assert routes.route("cart", Headers((("x-test", ""),))).abort is Outcome.ERROR


def test_breaking_something_does_not_change_where_requests_go() -> None:
    """Common random numbers: the same seed splits alike with and without a fault."""
    shares = split((V1, 50), (V2, 50))
    plain, broken = router(cart(split=shares)), router(cart(split=shares, fault=FaultRule(7, 50.0)))
    for _ in range(500):
        assert plain.route("cart").destination == broken.route("cart").destination
