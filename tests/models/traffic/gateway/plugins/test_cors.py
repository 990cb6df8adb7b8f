"""Cross-origin requests. Fetch standard, CORS protocol."""

import pytest

from models.base.errors import ConfigError
from models.traffic.gateway.headers import Headers
from models.traffic.gateway.message import GatewayRequest, GatewayResponse
from models.traffic.gateway.plugins.cors import Cors, CorsConfig, is_preflight

ORIGIN = "https://shop.example"
LISTED = CorsConfig((ORIGIN,), headers=("x-a", "x-b"), exposed=("x-c",), allows_credentials=True)
ANY = CorsConfig(("*",))


def asking(
    origin: str | None = ORIGIN, method: str = "GET", wants: str | None = None
) -> GatewayRequest:
    fields = [("Origin", origin)] if origin is not None else []
    if wants is not None:
        fields.append(("Access-Control-Request-Method", wants))
    return GatewayRequest(method, "h", "/", Headers(tuple(fields)))


def answered(config: CorsConfig, request: GatewayRequest) -> Headers:
    response = Cors(config).before(request)
    assert isinstance(response, GatewayResponse)
    assert response.status == 204
    return response.headers


@pytest.mark.parametrize(
    ("request_", "is_one"),
    [
        (asking(method="OPTIONS", wants="PUT"), True),
        (asking(method="OPTIONS"), False),
        (asking(None, method="OPTIONS", wants="PUT"), False),
        (asking(method="GET", wants="PUT"), False),
    ],
)
def test_a_preflight_names_an_origin_and_a_method(request_: GatewayRequest, is_one: bool) -> None:
    assert is_preflight(request_.method, request_.headers) is is_one
    assert (Cors(LISTED).before(request_) is request_) is not is_one


def test_a_preflight_of_an_allowed_origin_is_told_what_it_may() -> None:
    headers = answered(LISTED, asking(method="OPTIONS", wants="PUT"))
    assert dict(headers.fields) == {
        "vary": "origin",
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET, HEAD, POST",
        "access-control-allow-headers": "x-a, x-b",
        "access-control-max-age": "5",
    }


@pytest.mark.parametrize("origin", ["https://evil.example", ORIGIN + ".evil", "null", "", "*"])
def test_a_preflight_of_another_origin_is_told_nothing(origin: str) -> None:
    headers = answered(LISTED, asking(origin, method="OPTIONS", wants="PUT"))
    assert dict(headers.fields) == {"vary": "origin"}


def test_any_origin_is_allowed_by_the_star_and_caches_may_share() -> None:
    headers = Cors(ANY).after(asking(), GatewayResponse(200)).headers
    assert dict(headers.fields) == {"access-control-allow-origin": "*"}


def test_a_response_is_marked_for_the_page_that_asked() -> None:
    upstream = GatewayResponse(200, Headers((("access-control-allow-origin", "*"),)))
    marked = Cors(LISTED).after(asking(), upstream).headers
    assert marked.value("access-control-allow-origin") == ORIGIN
    assert marked.value("access-control-expose-headers") == "x-c"
    assert marked.value("vary") == "origin"


def test_a_response_for_another_page_is_served_without_marks() -> None:
    upstream = GatewayResponse(200, Headers((("access-control-allow-origin", "*"),)))
    marked = Cors(LISTED).after(asking("https://evil.example"), upstream)
    assert (marked.status, marked.headers.fields) == (200, (("vary", "origin"),))


@pytest.mark.parametrize(
    "config", [CorsConfig(("*",), allows_credentials=True), CorsConfig((), max_age_s=-1)]
)
def test_what_browsers_refuse_is_refused(config: CorsConfig) -> None:
    with pytest.raises(ConfigError):
        Cors(config)
