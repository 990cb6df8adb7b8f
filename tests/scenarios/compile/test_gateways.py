"""Gateways in scenario files: what they become, and what is refused where it stands."""

from pathlib import Path

import pytest
import yaml

import scenarios
from models.base.time import NS_PER_S
from models.service.traffic import Credential, HttpSpec
from models.traffic.gateway.limits import RateLimit
from models.traffic.gateway.path_pattern import PathKind, PathMatch
from models.traffic.limiter.base import Rate
from scenarios.load import load
from scenarios.source.problems import ScenarioError

FILE = Path(scenarios.__file__).parent / "library" / "gateway" / "credential-stuffing.yaml"
ROUTE = {"name": "login", "path": "/login"}


def edited(tmp_path: Path, *, gateway: object = None, http: object = None) -> Path:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    if gateway is not None:
        document["services"]["accounts"]["gateway"] = gateway
    if http is not None:
        document["traffic"]["shoppers"]["http"] = http
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_routes_and_visitors_are_as_written() -> None:
    plan = load(FILE).blueprint
    (gateway,) = plan.gateways
    (route,) = gateway.routes
    assert (gateway.service, route.name, route.scopes) == ("accounts", "login", {"login"})
    assert route.match.path == PathMatch(PathKind.EXACT, "/login")
    assert route.match.methods == ("POST",)
    assert route.limits.per_address == RateLimit(Rate(5, NS_PER_S), 10)
    shoppers, stuffing, scan = (source.http for source in plan.sources)
    assert shoppers == HttpSpec("accounts.example", Credential.KEY)
    assert stuffing == HttpSpec("accounts.example", Credential.GUESSED)
    assert scan == HttpSpec("accounts.example", has_unknown_paths=True)


def test_tokens_need_no_more_than_their_name(tmp_path: Path) -> None:
    gateway = {"routes": [ROUTE | {"authentication": {"tokens": None}}]}
    (spec,) = load(edited(tmp_path, gateway=gateway)).blueprint.gateways
    assert spec.routes[0].authentication is not None


@pytest.mark.parametrize(
    ("gateway", "error"),
    [
        ({"routes": []}, "gateway.routes: needs at least 1 entry"),
        ({"routes": [ROUTE, ROUTE]}, "routes[1].name: there is a route 'login' already"),
        ({"routes": [ROUTE | {"path": "login"}]}, "routes[0]: route 0: path prefix 'login'"),
        ({"routes": [ROUTE | {"path": {"exact": "/a", "prefix": "/b"}}]},
         "path: a path is one of exact, prefix and template"),
        ({"routes": [ROUTE | {"scopes": ["admin"]}]}, "scopes are asked of a client that nobody"),
        ({"routes": [ROUTE | {"authentication": {"api_keys": {"clients": 1}, "tokens": {}}}]},
         "authentication is by api_keys or by tokens"),
        ({"routes": [ROUTE | {"autentication": {"tokens": {}}}]}, "did you mean 'authentication'?"),
        ({"routes": [ROUTE], "block": ["300.0.0.0/8"]}, "block[0]: block_list"),
    ],
)  # fmt: skip
def test_a_gateway_that_makes_no_sense_is_refused_where_it_stands(
    tmp_path: Path, gateway: object, error: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(edited(tmp_path, gateway=gateway))
    headlines = [problem.headline() for problem in caught.value.problems]
    assert any(error in headline for headline in headlines), headlines


def test_visitors_dress_up_for_a_gateway_only(tmp_path: Path) -> None:
    path = edited(tmp_path)
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    del document["services"]["accounts"]["gateway"]
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"traffic.shoppers.http: service 'accounts' has no"):
        load(path)


def test_an_unknown_credential_is_located(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"http.credential: expected 'none', 'key'"):
        load(edited(tmp_path, http={"credential": "kee"}))
