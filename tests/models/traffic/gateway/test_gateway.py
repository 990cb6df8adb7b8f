"""The gateway as a whole: the order of its questions, bad input as values, full counts."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.traffic.gateway.api_key import ApiKey, ApiKeyConfig, digest_of
from models.traffic.gateway.config import GatewayConfig, Route
from models.traffic.gateway.decision import STATUS_OF, Decision, Principal, Reason
from models.traffic.gateway.gateway import Gateway, Returned, RouteCounts
from models.traffic.gateway.headers import Headers
from models.traffic.gateway.limits import RateLimit, RouteLimits
from models.traffic.gateway.message import GatewayRequest, GatewayResponse
from models.traffic.gateway.path_pattern import PathKind, PathMatch
from models.traffic.gateway.plugin import PluginCounts
from models.traffic.gateway.plugins.cors import Cors, CorsConfig
from models.traffic.gateway.plugins.header_edit import Edit, HeaderEdit
from models.traffic.gateway.plugins.path_rewrite import PathRewrite
from models.traffic.gateway.plugins.size_limit import SizeLimit
from models.traffic.gateway.route_table import RouteMatch
from models.traffic.gateway.signed_token import TokenConfig, TokenSecret, sign_token
from models.traffic.limiter.base import Rate

SECRET = TokenSecret("k", b"s" * 32)
TOKENS = TokenConfig((SECRET,))
KEYS = ApiKeyConfig(
    (ApiKey("web", digest_of("x"), frozenset({"read"})), ApiKey("app", digest_of("y")))
)
ORIGIN = "https://shop.example"


@dataclass
class Breaking:
    """Fails on the way that it is told to."""

    way: str
    name: str = "breaking"

    def before(self, request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        if self.way == "before":
            raise ValueError("in")
        return request

    def after(self, _request: GatewayRequest, response: GatewayResponse, /) -> GatewayResponse:
        if self.way == "after":
            raise ValueError("out")
        return response


def stamp(name: str) -> HeaderEdit:
    return HeaderEdit(response=Edit(adding=(("seen", name),)), name=name)


def on(path: str, *methods: str) -> RouteMatch:
    return RouteMatch(path=PathMatch(PathKind.PREFIX, path), methods=methods)


def gateway(*routes: Route, plugins: tuple[HeaderEdit, ...] = ()) -> Gateway:
    return Gateway(GatewayConfig(routes, plugins))


def ask(
    gate: Gateway,
    path: str = "/",
    *,
    method: str = "GET",
    now: int = 0,
    wall: int = 0,
    **headers: str,
) -> Decision:
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    request = GatewayRequest(method, "shop.example", path, Headers(fields), client="10.0.0.1")
    return gate.decide(request, now=now, wall=wall)


def test_a_request_is_forwarded_to_the_service_of_its_route() -> None:
    decision = ask(gateway(Route("all", "web")), "/a/../b?q=1")
    assert decision.is_forwarded
    assert (decision.reason, decision.status) == (Reason.FORWARDED, None)
    assert (decision.route, decision.service) == ("all", "web")
    assert decision.forward is not None
    assert decision.forward.path == "/b?q=1", "what was matched is what is forwarded"


def test_dots_do_not_lead_around_the_route_that_guards() -> None:
    gate = gateway(Route("open", "web", on("/public")), Route("admin", "web", on("/admin"), KEYS))
    assert ask(gate, "/public/%2e%2e/admin").reason is Reason.NO_CREDENTIAL


def test_no_route_is_404_and_malformed_is_400() -> None:
    gate = gateway(Route("a", "web", on("/a")))
    assert ask(gate, "/b").status == 404
    assert ask(gate, "b").status == 400
    assert ask(gate, "/b").response == GatewayResponse(404)


def test_a_key_is_asked_for_and_its_owner_is_told_on() -> None:
    gate = gateway(Route("all", "web", authentication=KEYS))
    refused = ask(gate)
    assert (refused.status, refused.reason) == (401, Reason.NO_CREDENTIAL)
    assert refused.response is not None
    assert refused.response.headers.value("www-authenticate") == "ApiKey"
    assert ask(gate, x_api_key="web.wrong").reason is Reason.UNKNOWN_KEY
    accepted = ask(gate, x_api_key="web.x")
    assert accepted.principal == Principal("web", frozenset({"read"}))


def test_a_token_is_judged_on_the_wall_clock_and_limits_on_the_other() -> None:
    limits = RouteLimits(per_key=RateLimit(Rate(1), 1))
    gate = gateway(Route("all", "web", authentication=TOKENS, limits=limits))
    token = f"Bearer {sign_token({'sub': 'ann', 'exp': 10}, SECRET)}"
    assert ask(gate, wall=10 * NS_PER_S - 1, authorization=token).is_forwarded
    expired = ask(gate, now=0, wall=10 * NS_PER_S, authorization=token)
    assert (expired.reason, expired.status) == (Reason.EXPIRED, 401)
    assert expired.response is not None
    assert expired.response.headers.value("www-authenticate") == "Bearer"
    assert ask(gate, now=NS_PER_S - 1, wall=0, authorization=token).reason is Reason.KEY_LIMITED
    assert ask(gate, now=NS_PER_S, wall=0, authorization=token).is_forwarded


def test_all_scopes_of_the_route_are_needed() -> None:
    gate = gateway(Route("all", "web", authentication=KEYS, scopes=frozenset({"read"})))
    assert ask(gate, x_api_key="web.x").is_forwarded
    refused = ask(gate, x_api_key="app.y")
    assert (refused.status, refused.detail) == (403, "'app' has no scope: read")
    both = gateway(Route("all", "web", authentication=KEYS, scopes=frozenset({"read", "write"})))
    assert ask(both, x_api_key="web.x").detail == "'web' has no scope: write"


def test_guessing_is_limited_before_the_credential_is_looked_at() -> None:
    limits = RouteLimits(per_address=RateLimit(Rate(1), 2))
    gate = gateway(Route("all", "web", authentication=KEYS, limits=limits))
    reasons = [ask(gate, x_api_key=f"web.{guess}").reason for guess in range(4)]
    assert reasons == [Reason.UNKNOWN_KEY] * 2 + [Reason.ADDRESS_LIMITED] * 2


def test_a_request_without_a_good_credential_takes_no_token_of_client_or_route() -> None:
    limits = RouteLimits(per_key=RateLimit(Rate(1), 1), per_route=RateLimit(Rate(1), 1))
    gate = gateway(Route("all", "web", authentication=KEYS, limits=limits))
    for _ in range(5):
        assert ask(gate, x_api_key="web.wrong").status == 401
    assert ask(gate, x_api_key="web.x").is_forwarded


def test_a_limited_client_is_told_when_to_come_back_in_whole_seconds() -> None:
    limits = RouteLimits(per_route=RateLimit(Rate(2, 3 * NS_PER_S), 1))
    gate = gateway(Route("all", "web", limits=limits))
    assert ask(gate).is_forwarded
    refused = ask(gate)
    assert (refused.status, refused.reason) == (429, Reason.ROUTE_LIMITED)
    assert refused.response is not None
    assert refused.response.headers.value("retry-after") == "2", "1.5 s, rounded up"


def test_without_authentication_a_client_is_its_address() -> None:
    gate = gateway(Route("all", "web", limits=RouteLimits(per_key=RateLimit(Rate(1), 1))))
    assert ask(gate).is_forwarded
    assert ask(gate).reason is Reason.KEY_LIMITED
    other = GatewayRequest("GET", "h", "/", client="10.0.0.2")
    assert gate.decide(other, now=0, wall=0).is_forwarded


def test_plugins_run_the_gateways_first_and_come_back_last() -> None:
    route = Route("all", "web", plugins=(stamp("b"), stamp("c")))
    gate = gateway(route, plugins=(stamp("a"),))
    returned = gate.answer(ask(gate), GatewayResponse(200))
    assert returned.response.headers.value("seen") == "c, b, a"


@pytest.mark.parametrize(
    ("path", "key", "seen"), [("/x", "", "a"), ("/r", "", "b, a"), ("bad", "", None)]
)
def test_answers_of_the_gateway_pass_the_plugins_that_the_request_had_passed(
    path: str, key: str, seen: str | None
) -> None:
    route = Route("r", "web", on("/r"), KEYS, plugins=(stamp("b"),))
    decision = ask(gateway(route, plugins=(stamp("a"),)), path, x_api_key=key)
    assert decision.response is not None
    assert decision.response.headers.value("seen") == seen


def test_an_address_over_its_limit_does_not_reach_the_plugins_of_the_route() -> None:
    limits = RouteLimits(per_address=RateLimit(Rate(1), 1))
    gate = gateway(Route("r", "web", limits=limits, plugins=(stamp("b"),)), plugins=(stamp("a"),))
    ask(gate)
    refused = ask(gate)
    assert refused.response is not None
    assert refused.response.headers.value("seen") == "a"


@pytest.mark.parametrize("is_of_gateway", [True, False])
def test_a_plugin_that_raises_fails_its_request_and_not_the_gateway(is_of_gateway: bool) -> None:
    broken = (Breaking("before"),)
    route = Route("r", "web", on("/r"), plugins=() if is_of_gateway else broken)
    config = GatewayConfig((route, Route("s", "web", on("/s"))), broken if is_of_gateway else ())
    gate = Gateway(config)
    decision = ask(gate, "/r")
    assert (decision.status, decision.reason) == (500, Reason.PLUGIN_FAILED)
    assert decision.detail == "plug-in 'breaking' (before): ValueError('in')"
    assert ask(gate, "/s").is_forwarded is not is_of_gateway


def test_a_plugin_that_raises_on_the_way_out_is_located() -> None:
    gate = gateway(Route("r", "web", plugins=(stamp("a"), Breaking("after"))))
    returned = gate.answer(ask(gate), GatewayResponse(200))
    assert returned == Returned(
        GatewayResponse(500, Headers((("seen", "a"),))),
        "plug-in 'breaking' (after): ValueError('out')",
    )


def test_a_plugin_that_raises_on_a_refusal_turns_it_into_its_failure() -> None:
    gate = gateway(Route("r", "web", authentication=KEYS, plugins=(Breaking("after"),)))
    decision = ask(gate)
    assert (decision.status, decision.reason) == (500, Reason.PLUGIN_FAILED)
    assert gate.snapshot().routes[0] == RouteCounts("r", ((Reason.PLUGIN_FAILED, 1),))


def test_a_preflight_needs_no_credential_and_is_routed_by_the_method_it_asks_about() -> None:
    cors = Cors(CorsConfig((ORIGIN,), methods=("PUT",)))
    gate = gateway(
        Route("put", "web", on("/", "PUT"), KEYS, plugins=(cors,)),
        Route("get", "web", on("/", "GET"), KEYS),
    )
    asking = {"origin": ORIGIN, "access_control_request_method": "PUT"}
    answered = ask(gate, method="OPTIONS", **asking)
    assert (answered.status, answered.reason) == (204, Reason.PLUGIN_ANSWERED)
    assert answered.route == "put"
    other = ask(gate, method="OPTIONS", **(asking | {"access_control_request_method": "GET"}))
    assert (other.route, other.status) == ("get", 401)
    assert ask(gate, method="OPTIONS").reason is Reason.NO_ROUTE


def test_a_refusal_of_an_allowed_origin_can_be_read_by_its_page() -> None:
    gate = gateway(Route("r", "web", authentication=KEYS, plugins=(Cors(CorsConfig((ORIGIN,))),)))
    refused = ask(gate, origin=ORIGIN)
    assert refused.response is not None
    assert refused.response.headers.value("access-control-allow-origin") == ORIGIN


def test_a_rewrite_by_the_gateway_is_seen_by_routes_and_brought_to_normal_form() -> None:
    def through(replacement: str) -> Decision:
        rewrite = PathRewrite("/old", replacement)
        config = GatewayConfig((Route("new", "web", on("/new")),), (rewrite,))
        return ask(Gateway(config), "/old/x")

    forwarded = through("/a/../new").forward
    assert forwarded is not None
    assert forwarded.path == "/new/x"
    assert through("/%").reason is Reason.MALFORMED


def test_a_rewrite_by_the_route_is_seen_by_the_service_only() -> None:
    gate = gateway(Route("old", "web", on("/old"), plugins=(PathRewrite("/old", "/new"),)))
    decision = ask(gate, "/old/x?q")
    assert decision.forward is not None
    assert (decision.route, decision.forward.path) == ("old", "/new/x?q")


def test_plugins_and_reasons_are_counted() -> None:
    size = SizeLimit(body_bytes_max=10)
    gate = gateway(Route("r", "web", on("/r"), plugins=(size,)), plugins=(stamp("a"),))
    small = GatewayRequest("PUT", "h", "/r", body_bytes=10)
    forwarded = gate.decide(small, now=0, wall=0)
    gate.decide(replace(small, body_bytes=11), now=0, wall=0)
    ask(gate, "/s")
    ask(gate, "s")
    gate.answer(forwarded, GatewayResponse(200))
    snapshot = gate.snapshot()
    assert snapshot == gate.snapshot()
    assert (snapshot.requests, snapshot.responses) == (4, 1)
    assert snapshot.routes == (
        RouteCounts("r", ((Reason.FORWARDED, 1), (Reason.PLUGIN_ANSWERED, 1))),
        RouteCounts(None, ((Reason.MALFORMED, 1), (Reason.NO_ROUTE, 1))),
    )
    assert snapshot.plugins == (
        PluginCounts("a", passed=3, answered=0, returned=3, failed=0),
        PluginCounts("size_limit", passed=1, answered=1, returned=1, failed=0),
    )


def test_only_a_forwarded_request_has_a_response_to_lead_back() -> None:
    gate = gateway(Route("a", "web", on("/a")))
    with pytest.raises(ConfigError):
        gate.answer(ask(gate, "/b"), GatewayResponse(200))


@pytest.mark.parametrize(
    "routes",
    [
        (Route("a", "web"), Route("a", "web", on("/x"))),
        (Route("a", "web", scopes=frozenset({"read"})),),
        (Route("a", "web", authentication=TokenConfig(())),),
        (Route("a", "web", authentication=ApiKeyConfig((ApiKey("", ""),))),),
        (Route("a", "web", limits=RouteLimits(per_route=RateLimit(Rate(1), 0))),),
    ],
)
def test_a_config_that_cannot_be_is_refused_by_the_routes_name(routes: tuple[Route, ...]) -> None:
    with pytest.raises(ConfigError, match=r"^route 'a': "):
        gateway(*routes)


def test_every_reason_but_two_has_a_status() -> None:
    assert set(Reason) - set(STATUS_OF) == {Reason.FORWARDED, Reason.PLUGIN_ANSWERED}


ODD_TEXT = st.text(max_size=12)
HEADER_NAMES = st.sampled_from(["x-api-key", "authorization", "origin", "a b", "é", "cookie"])
ODD_REQUESTS = st.builds(
    GatewayRequest,
    method=st.one_of(st.sampled_from(["GET", "OPTIONS"]), ODD_TEXT),
    host=st.one_of(st.just("shop.example"), ODD_TEXT),
    path=st.one_of(ODD_TEXT.map(lambda text: "/" + text), st.sampled_from(["/", "/k", "/t/.."])),
    headers=st.lists(st.tuples(HEADER_NAMES, ODD_TEXT), max_size=3).map(
        lambda fields: Headers(tuple(fields))
    ),
    client=ODD_TEXT,
    body_bytes=st.integers(-1, 20),
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(ODD_REQUESTS, max_size=12))
def test_whatever_comes_in_is_a_decision_and_is_counted_once(
    requests: list[GatewayRequest],
) -> None:
    gate = gateway(
        Route("k", "web", on("/k"), KEYS, limits=RouteLimits(per_address=RateLimit(Rate(1), 2))),
        Route("t", "web", on("/"), TOKENS, plugins=(SizeLimit(body_bytes_max=9), Breaking("none"))),
        Route("o", "web", on("/", "OPTIONS"), plugins=(Cors(CorsConfig(("*",))),)),
        plugins=(stamp("a"),),
    )
    for request in requests:
        decision = gate.decide(request, now=0, wall=0)
        assert (decision.forward is None) is (decision.response is not None)
        if decision.response is not None:
            assert decision.status == decision.response.status
    assert gate.snapshot().requests == len(requests)
