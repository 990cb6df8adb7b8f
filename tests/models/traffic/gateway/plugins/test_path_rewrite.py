"""Rewriting. The table of Kubernetes Gateway API ``ReplacePrefixMatch``."""

import pytest

from models.base.errors import ConfigError
from models.traffic.gateway.message import GatewayRequest, GatewayResponse
from models.traffic.gateway.plugins.path_rewrite import PathRewrite


def rewritten(plugin: PathRewrite, path: str) -> GatewayRequest:
    result = plugin.before(GatewayRequest("GET", "shop.example", path))
    assert isinstance(result, GatewayRequest)
    return result


@pytest.mark.parametrize(
    ("path", "prefix", "replacement", "result"),
    [
        ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
        ("/foo", "/foo", "/xyz", "/xyz"),
        ("/foo/", "/foo", "/xyz", "/xyz/"),
        ("/foo/bar", "/foo", "/", "/bar"),
        ("/foo/", "/foo", "/", "/"),
        ("/foo", "/foo", "/", "/"),
        ("/foobar", "/foo", "/xyz", "/foobar"),
        ("/bar", "/", "/xyz", "/xyz/bar"),
        ("/foo?a=/foo", "/foo", "/x", "/x?a=/foo"),
        ("/foo?", "/foo", "/", "/?"),
    ],
)
def test_the_prefix_is_replaced_by_whole_segments(
    path: str, prefix: str, replacement: str, result: str
) -> None:
    assert rewritten(PathRewrite(prefix, replacement), path).path == result


def test_the_host_is_replaced_only_if_asked() -> None:
    assert rewritten(PathRewrite("/", "/"), "/a").host == "shop.example"
    assert rewritten(PathRewrite("/", "/", host="inner"), "/a").host == "inner"


def test_responses_stay_as_they_are() -> None:
    response = GatewayResponse(200)
    request = GatewayRequest("GET", "h", "/")
    assert PathRewrite("/", "/").after(request, response) is response


@pytest.mark.parametrize(("prefix", "replacement"), [("foo", "/"), ("/", "x"), ("", "/")])
def test_paths_begin_with_a_slash(prefix: str, replacement: str) -> None:
    with pytest.raises(ConfigError):
        PathRewrite(prefix, replacement)
