"""Patterns of paths. Kubernetes Gateway API ``HTTPPathMatch``; Envoy URI templates."""

import pytest

from models.base.errors import ConfigError
from models.traffic.gateway.path_pattern import PathKind, PathMatch, PathPattern

EXACT, PREFIX, TEMPLATE = PathKind.EXACT, PathKind.PREFIX, PathKind.TEMPLATE


@pytest.mark.parametrize(
    ("kind", "value", "path", "is_match"),
    [
        (EXACT, "/foo", "/foo", True),
        (EXACT, "/foo", "/foo/", False),
        (EXACT, "/foo", "/Foo", False),
        (PREFIX, "/foo", "/foo", True),
        (PREFIX, "/foo", "/foo/", True),
        (PREFIX, "/foo", "/foo/bar", True),
        (PREFIX, "/foo", "/foobar", False),
        (PREFIX, "/foo/", "/foo", True),
        (PREFIX, "/foo/", "/foo/bar", True),
        (PREFIX, "/", "/", True),
        (PREFIX, "/", "/anything/at/all", True),
        (PREFIX, "/", "//", True),
        (TEMPLATE, "/users/{id}", "/users/7", True),
        (TEMPLATE, "/users/{id}", "/users/", False),
        (TEMPLATE, "/users/{id}", "/users", False),
        (TEMPLATE, "/users/{id}", "/users/7/", False),
        (TEMPLATE, "/users/*/orders", "/users/7/orders", True),
        (TEMPLATE, "/users/*/orders", "/users//orders", False),
        (TEMPLATE, "/media/**", "/media", False),
        (TEMPLATE, "/media/**", "/media/", True),
        (TEMPLATE, "/media/**", "/media/a/b", True),
        (TEMPLATE, "/*/v1/**", "/eu/v1/a", True),
        (TEMPLATE, "/*/v1/**", "/eu/v2/a", False),
        (TEMPLATE, "/**", "/", True),
    ],
)
def test_a_pattern_takes_whole_segments(
    kind: PathKind, value: str, path: str, is_match: bool
) -> None:
    assert PathPattern(PathMatch(kind, value)).matches(path) is is_match


@pytest.mark.parametrize(
    ("kind", "value", "count"),
    [
        (EXACT, "/foo", 4),
        (PREFIX, "/foo/", 4),
        (PREFIX, "/", 1),
        (TEMPLATE, "/users/{id}", 7),
        (TEMPLATE, "/users/{a_long_name}", 7),
        (TEMPLATE, "/users/*/orders", 14),
        (TEMPLATE, "/**", 1),
    ],
)
def test_holes_do_not_count_as_spelled_out(kind: PathKind, value: str, count: int) -> None:
    assert PathPattern(PathMatch(kind, value)).literal_characters == count


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (EXACT, "foo"),
        (PREFIX, ""),
        (EXACT, "/a/../b"),
        (EXACT, "/%7e"),
        (PREFIX, "/%"),
        (TEMPLATE, "/a/**/b"),
        (TEMPLATE, "/a/{b"),
        (TEMPLATE, "/a/x{b}"),
        (TEMPLATE, "/a/{}"),
        (TEMPLATE, "/{a}/{a}"),
        (TEMPLATE, "/a*"),
        (TEMPLATE, "/{a-b}"),
        (TEMPLATE, "/../{a}"),
        (TEMPLATE, "/%zz/{a}"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused(kind: PathKind, value: str) -> None:
    with pytest.raises(ConfigError):
        PathPattern(PathMatch(kind, value))
