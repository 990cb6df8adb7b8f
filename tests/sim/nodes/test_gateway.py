"""A gateway in a world: each refusal is felt, nothing else is, and the laws hold."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.keys import KeyLaw
from models.base.outcome import Outcome, RequestOutcome
from models.faults.plan import Fault, InstanceCrash
from models.faults.selector import Selector
from models.records.digest import run_digest
from models.service.traffic import Credential, HttpSpec, KeySpec
from models.traffic.config import BreakerConfig
from models.traffic.gateway.api_key import ApiKeyConfig
from models.traffic.gateway.config import Route
from models.traffic.gateway.decision import Reason
from models.traffic.gateway.keyring import TOKEN_SECRET, keys_of
from models.traffic.gateway.limits import RateLimit, RouteLimits
from models.traffic.gateway.path_pattern import PathKind, PathMatch
from models.traffic.gateway.route_table import RouteMatch
from models.traffic.gateway.signed_token import TokenConfig
from models.traffic.limiter.base import Rate
from sim.blueprint import Blueprint, GatewaySpec
from sim.nodes.gateway import Gatekeeper
from sim.nodes.plain import PlainInstance
from sim.world import World, build
from tests.sim.worlds import S, blueprint, edge, fault, service

SECONDS = 10
TOKENS = TokenConfig((TOKEN_SECRET,))


def world(
    http: HttpSpec | None,
    *,
    seed: int = 1,
    shuffle_ties: bool = False,
    calls_on: bool = False,
    blocked: tuple[str, ...] = (),
    body_bytes_max: int | None = None,
    authentication: ApiKeyConfig | TokenConfig | None = None,
    scopes: frozenset[str] = frozenset(),
    match: RouteMatch | None = None,
    limits: RouteLimits | None = None,
    clients: int = 50,
    breaker: BreakerConfig | None = None,
    faults: Sequence[Fault] = (),
) -> World:
    services = [service("shop", calls=[["back"]] if calls_on else ())]
    edges = [replace(edge("users", "shop"), breaker=breaker)]
    if calls_on:
        services.append(service("back"))
        edges.append(edge("shop", "back"))
    plan: Blueprint = blueprint(services, edges, rate_per_s=100, seconds=SECONDS, faults=faults)
    (users,) = plan.sources
    guarded = "back" if calls_on else "shop"
    route = Route(
        "all",
        guarded,
        match or RouteMatch(),
        authentication=authentication,
        scopes=scopes,
        limits=limits or RouteLimits(),
    )
    return build(
        replace(
            plan,
            sources=(replace(users, http=http, keys=KeySpec(KeyLaw(clients, 0.0))),),
            gateways=(GatewaySpec(guarded, (route,), blocked, body_bytes_max),),
        ),
        seed,
        shuffle_ties=shuffle_ties,
    )


def ended(made: World) -> Counter[Outcome]:
    requests = made.run().tables[0]
    return Counter(Outcome(value) for value in requests["last_outcome"].tolist())


def only(made: World) -> Outcome:
    (outcome,) = ended(made).keys() - {Outcome.IN_FLIGHT}
    return outcome


def test_whoever_asks_for_nothing_special_is_served() -> None:
    assert only(world(None)) is Outcome.OK


@pytest.mark.parametrize(
    ("http", "settings_of_route", "outcome"),
    [
        (HttpSpec(credential=Credential.KEY), {"authentication": keys_of(50)}, Outcome.OK),
        (HttpSpec(credential=Credential.NONE), {"authentication": keys_of(50)},
         Outcome.UNAUTHENTICATED),
        (HttpSpec(credential=Credential.GUESSED), {"authentication": keys_of(50)},
         Outcome.UNAUTHENTICATED),
        (HttpSpec(credential=Credential.KEY, first_client=50), {"authentication": keys_of(50)},
         Outcome.UNAUTHENTICATED),
        (HttpSpec(credential=Credential.TOKEN), {"authentication": TOKENS}, Outcome.OK),
        (HttpSpec(credential=Credential.GUESSED), {"authentication": TOKENS},
         Outcome.UNAUTHENTICATED),
        (HttpSpec(credential=Credential.KEY),
         {"authentication": keys_of(50), "scopes": frozenset({"admin"})}, Outcome.FORBIDDEN),
        (HttpSpec(credential=Credential.TOKEN, scopes=frozenset({"admin"})),
         {"authentication": TOKENS, "scopes": frozenset({"admin"})}, Outcome.OK),
        (HttpSpec(has_unknown_paths=True),
         {"match": RouteMatch(path=PathMatch(PathKind.EXACT, "/do"))}, Outcome.NO_ROUTE),
        (HttpSpec(), {"match": RouteMatch(path=PathMatch(PathKind.EXACT, "/do"))}, Outcome.OK),
        (HttpSpec(host="shop.example"), {"match": RouteMatch(hosts=("*.example",))}, Outcome.OK),
        (HttpSpec(host="shop.test"), {"match": RouteMatch(hosts=("*.example",))}, Outcome.NO_ROUTE),
        (HttpSpec(host="no host"), {}, Outcome.BAD_REQUEST),
        (HttpSpec(), {"blocked": ("10.0.0.0/8",)}, Outcome.FORBIDDEN),
        (HttpSpec(), {"body_bytes_max": 1}, Outcome.FORBIDDEN),
    ],
)  # fmt: skip
def test_every_refusal_is_felt_by_who_it_is_meant_for(
    http: HttpSpec, settings_of_route: dict[str, object], outcome: Outcome
) -> None:
    assert only(world(http, **settings_of_route)) is outcome  # type: ignore[arg-type]


def served_per_s(limits: RouteLimits, clients: int) -> float:
    counts = ended(world(HttpSpec(), limits=limits, clients=clients))
    assert counts[Outcome.LIMITED] > 0
    return counts[Outcome.OK] / SECONDS


SLOW = RateLimit(Rate(5), 1)


def test_limits_are_kept_by_each_instance_for_itself() -> None:
    """A bucket of one token at 5/s, asked by a Poisson process of rate a, lets 1/(1/5 + 1/a) by."""
    by_instance, by_client = 3 / (1 / 5 + 3 / 100), 6 / (1 / 5 + 6 / 100)
    assert served_per_s(RouteLimits(per_route=SLOW), 50) == pytest.approx(by_instance, rel=0.12)
    assert served_per_s(RouteLimits(per_address=SLOW), 1) == pytest.approx(by_instance, rel=0.12)
    assert served_per_s(RouteLimits(per_key=SLOW), 2) == pytest.approx(by_client, rel=0.12)


def test_a_token_ends_with_its_life_where_nobody_renews_it() -> None:
    """A gateway whose clock runs ahead of the issuer's by more than a token lives."""
    made = world(HttpSpec(credential=Credential.TOKEN, token_lifetime_ns=60 * S),
                 authentication=TOKENS)  # fmt: skip
    for instance in made.instances:
        instance.clock.step(120 * S)
    assert only(made) is Outcome.UNAUTHENTICATED


def test_tokens_are_renewed_before_their_end() -> None:
    short = HttpSpec(credential=Credential.TOKEN, token_lifetime_ns=2 * S)
    assert only(world(short, authentication=TOKENS)) is Outcome.OK


def test_calls_between_services_are_not_asked_about() -> None:
    made = world(HttpSpec(), authentication=keys_of(1), calls_on=True)
    assert only(made) is Outcome.OK


def test_refusals_are_counted_and_take_no_slot() -> None:
    made = world(HttpSpec(), authentication=keys_of(1))
    outcome = made.run()
    refused = sum(instance.refused for instance in made.instances)
    assert outcome.counts.rejected == pytest.approx(refused, abs=20)
    counted = Counter[str]()
    for instance in made.instances:
        assert isinstance(instance, Gatekeeper)
        for (_, reason), count in instance.decisions().items():
            counted[reason.value] += count
    assert counted == {"no_credential": refused}


def test_a_breaker_does_not_open_for_what_callers_do_wrong() -> None:
    made = world(HttpSpec(), authentication=keys_of(1), breaker=BreakerConfig(20, 10, 0.5, S, 5))
    assert only(made) is Outcome.UNAUTHENTICATED


def test_a_process_that_starts_again_remembers_no_limits_and_counts_on() -> None:
    bucket = RouteLimits(per_route=RateLimit(Rate(1, 10**6 * S), 5))
    crash = fault(InstanceCrash(Selector(service="shop")), at_s=4, for_s=1)
    made = world(HttpSpec(), limits=bucket, faults=[crash])
    counts = ended(made)
    assert counts[Outcome.OK] == 2 * 3 * 5
    decided = sum((one.decisions() for one in made.instances), Counter())
    assert decided["all", Reason.FORWARDED] == counts[Outcome.OK]
    assert decided["all", Reason.ROUTE_LIMITED] == pytest.approx(counts[Outcome.LIMITED], abs=20)


def test_a_service_without_a_gateway_is_as_plain_as_ever() -> None:
    plan = blueprint([service("shop")], [edge("users", "shop")], seconds=1)
    assert all(type(one) is PlainInstance for one in build(plan, 1).instances)


@settings(derandomize=True, deadline=None, max_examples=15)
@given(
    credential=st.sampled_from(Credential),
    asks=st.sampled_from([None, keys_of(25), TOKENS]),
    rate=st.sampled_from([None, RateLimit(Rate(3), 2), RateLimit(Rate(1000), 1000)]),
    is_unknown=st.booleans(),
    seed=st.integers(0, 3),
    shuffle_ties=st.booleans(),
)
def test_nothing_is_lost_at_any_gateway(
    credential, asks, rate, is_unknown, seed, shuffle_ties
) -> None:
    """``World.run`` checks conservation; the same seed leaves the same bytes."""

    def run():
        made = world(
            HttpSpec(credential=credential, has_unknown_paths=is_unknown),
            seed=seed,
            shuffle_ties=shuffle_ties,
            authentication=asks,
            limits=RouteLimits(rate, rate, rate),
        )
        return made.run()

    first, second = run(), run()
    assert run_digest(first.manifest, first.tables) == run_digest(second.manifest, second.tables)
    requests = first.tables[0]
    assert np.all(requests["outcome"] != RequestOutcome.FAILED)
