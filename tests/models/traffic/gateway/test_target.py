"""Targets in one spelling. RFC 3986, 6.2.2 and the examples of 5.2.4 and 5.4."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.traffic.gateway.headers import Headers
from models.traffic.gateway.message import GatewayRequest
from models.traffic.gateway.target import (
    HOST_LENGTH_MAX,
    PATH_LENGTH_MAX,
    Target,
    normal_host,
    normal_path,
    read_target,
)


def request(path: str = "/", host: str = "shop.example", method: str = "GET") -> GatewayRequest:
    return GatewayRequest(method, host, path)


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("/", "/"),
        ("/a/b/c/./../../g", "/a/g"),
        ("/mid/content=5/../6", "/mid/6"),
        ("/b/c/.", "/b/c/"),
        ("/b/c/..", "/b/"),
        ("/b/c/../../../g", "/g"),
        ("/../../g", "/g"),
        ("/b/c/g.", "/b/c/g."),
        ("/b/c/..g", "/b/c/..g"),
        ("/..", "/"),
        ("/public/%2e%2E/admin", "/admin"),
        ("/%7Euser", "/~user"),
        ("/a%2fb", "/a%2Fb"),
        ("/a%c3%a4", "/a%C3%A4"),
        ("/%2541", "/%2541"),
        ("//admin", "//admin"),
        ("/a/%2e%2e%2fb", "/a/..%2Fb"),
    ],
)
def test_a_path_has_one_spelling(path: str, normal: str) -> None:
    assert normal_path(path) == normal


@pytest.mark.parametrize("path", ["/%", "/%4", "/%g1", "/a%2"])
def test_a_stray_percent_sign_has_no_spelling(path: str) -> None:
    assert normal_path(path) is None


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text("/.%2eEaf5c", max_size=14))
def test_normal_form_is_its_own_normal_form_and_holds_no_dot_segment(rest: str) -> None:
    normal = normal_path("/" + rest)
    if normal is not None:
        assert normal_path(normal) == normal
        assert not {".", ".."} & set(normal.split("/"))


@pytest.mark.parametrize(
    ("host", "normal"),
    [
        ("Shop.Example", "shop.example"),
        ("shop.example:8443", "shop.example"),
        ("shop.example.", "shop.example"),
        ("10.0.0.1:80", "10.0.0.1"),
        ("[2001:DB8::1]:80", "[2001:db8::1]"),
        ("", None),
        ("*.example", None),
        ("a..b", None),
        ("a b", None),
        ("a/b", None),
        ("a:80:80", None),
        ("user@a", None),
        ("a:port", None),
        ("-a", None),
        ("ä.example", None),
        ("\u212aa", None),
        ("\u0660", None),
        ("a" * HOST_LENGTH_MAX, "a" * HOST_LENGTH_MAX),
        ("a" * (HOST_LENGTH_MAX + 1), None),
    ],
)
def test_a_host_is_a_lower_case_name_without_port(host: str, normal: str | None) -> None:
    assert normal_host(host) == normal


def test_the_query_is_kept_as_it_came() -> None:
    target = read_target(request("/a/../b?q=%2e/../?x"))
    assert target == Target("shop.example", "/b", "q=%2e/../?x")
    assert isinstance(target, Target)
    assert target.forwarded(request()).path == "/b?q=%2e/../?x"
    assert Target("h", "/b").forwarded(request("/a/../b")).path == "/b"
    assert Target("h", "/b", "").forwarded(request("/b?")).path == "/b?"


@pytest.mark.parametrize(
    "path",
    ["", "*", "a", "http://x/", "/a#b", "/a b", "/a\\..\\b", "/a\x00", "/a?\n", "/ä", "/\ud800"],
)
def test_what_is_no_path_is_refused_in_words(path: str) -> None:
    assert isinstance(read_target(request(path)), str)


def test_the_longest_path_is_allowed_and_one_more_is_not() -> None:
    assert isinstance(read_target(request("/" * PATH_LENGTH_MAX)), Target)
    assert isinstance(read_target(request("/" * (PATH_LENGTH_MAX + 1))), str)


@pytest.mark.parametrize("method", ["", "GE T", "GET\r", "GÉT"])
def test_a_method_is_a_token(method: str) -> None:
    assert read_target(request(method=method)) == "the method is not a token"


@pytest.mark.parametrize(
    "field", [("", "x"), ("a b", "x"), ("a:", "x"), ("a", "x\r\ny: z"), ("a", "\x00"), ("a", "\n")]
)
def test_a_header_cannot_break_its_line(field: tuple[str, str]) -> None:
    broken = GatewayRequest("GET", "h", "/", Headers((field,)))
    assert isinstance(read_target(broken), str)


def test_a_body_has_no_size_below_zero() -> None:
    assert isinstance(read_target(GatewayRequest("GET", "h", "/", body_bytes=0)), Target)
    assert isinstance(read_target(GatewayRequest("GET", "h", "/", body_bytes=-1)), str)
