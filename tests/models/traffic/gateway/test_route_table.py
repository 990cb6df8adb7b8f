"""Which route takes a request. Kubernetes Gateway API, precedence of hostnames and matches."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.traffic.gateway.headers import NO_HEADERS, HeaderMatch, Headers, all_met
from models.traffic.gateway.path_pattern import PathKind, PathMatch
from models.traffic.gateway.route_table import NO_ROUTE, RouteMatch, RouteTable
from models.traffic.gateway.target import Target

EXACT, PREFIX, TEMPLATE = PathKind.EXACT, PathKind.PREFIX, PathKind.TEMPLATE


def find(
    matches: list[RouteMatch],
    path: str = "/",
    host: str = "shop.example",
    method: str = "GET",
    headers: Headers = NO_HEADERS,
) -> int:
    return RouteTable(matches).find(Target(host, path), method, headers)


def on_path(kind: PathKind, value: str) -> RouteMatch:
    return RouteMatch(path=PathMatch(kind, value))


def test_no_route_takes_what_none_matches() -> None:
    assert find([]) == NO_ROUTE
    assert find([on_path(EXACT, "/a")], "/b") == NO_ROUTE


@pytest.mark.parametrize(
    ("host", "route"),
    [
        ("api.shop.example", 3),
        ("www.shop.example", 2),
        ("a.b.shop.example", 2),
        ("shop.example", 1),
        ("example", 0),
        ("other", 0),
    ],
)
def test_the_most_specific_host_goes_first(host: str, route: int) -> None:
    hosts = ["*", "*.example", "*.shop.example", "api.shop.example"]
    assert find([RouteMatch(hosts=(name,)) for name in hosts], host=host) == route


def test_a_wildcard_does_not_take_its_own_suffix() -> None:
    assert find([RouteMatch(hosts=("*.shop.example",))], host="shop.example") == NO_ROUTE


def test_hosts_of_routes_are_read_in_any_case() -> None:
    assert find([RouteMatch(hosts=("Shop.Example",))]) == 0


def test_the_host_weighs_more_than_the_path() -> None:
    routes = [on_path(EXACT, "/a"), RouteMatch(hosts=("shop.example",))]
    assert find(routes, "/a") == 1


def test_what_the_specific_host_does_not_take_is_offered_to_the_next() -> None:
    own = RouteMatch(hosts=("shop.example",), path=PathMatch(EXACT, "/own"))
    assert find([own, RouteMatch()], "/other") == 1


def test_an_exact_path_goes_before_any_pattern() -> None:
    routes = [on_path(PREFIX, "/a"), on_path(TEMPLATE, "/{x}"), on_path(EXACT, "/a")]
    assert find(routes, "/a") == 2


def test_the_longer_prefix_goes_first() -> None:
    assert find([on_path(PREFIX, "/a"), on_path(PREFIX, "/a/b")], "/a/b/c") == 1


def test_a_template_goes_by_the_characters_it_spells_out() -> None:
    routes = [on_path(PREFIX, "/users/admin"), on_path(TEMPLATE, "/users/{id}")]
    assert find(routes, "/users/admin") == 0
    assert find(routes, "/users/7") == 1


def test_a_template_goes_before_a_prefix_of_the_same_length() -> None:
    assert find([on_path(PREFIX, "/"), on_path(TEMPLATE, "/{x}")], "/a") == 1


def test_a_condition_on_the_method_goes_before_many_on_headers() -> None:
    headers = Headers((("a", "1"), ("b", "2")))
    many = RouteMatch(headers=(HeaderMatch("a"), HeaderMatch("b")))
    assert find([many, RouteMatch(methods=("GET",))], headers=headers) == 1


def test_more_conditions_on_headers_go_first() -> None:
    headers = Headers((("a", "1"), ("b", "2")))
    one, two = (HeaderMatch("a"),), (HeaderMatch("a"), HeaderMatch("b"))
    assert find([RouteMatch(headers=one), RouteMatch(headers=two)], headers=headers) == 1


def test_ties_go_to_the_route_declared_first() -> None:
    routes = [
        RouteMatch(methods=("POST",)),
        RouteMatch(methods=("GET",)),
        RouteMatch(methods=("GET",)),
    ]
    assert find(routes) == 1


def test_methods_are_compared_with_regard_to_case() -> None:
    assert find([RouteMatch(methods=("get",))]) == NO_ROUTE


@pytest.mark.parametrize(
    "match",
    [
        RouteMatch(hosts=()),
        RouteMatch(hosts=("a.*",)),
        RouteMatch(hosts=("*.*.a",)),
        RouteMatch(hosts=("a:80",)),
        RouteMatch(hosts=("",)),
        RouteMatch(headers=(HeaderMatch("a"), HeaderMatch("A", "1"))),
        RouteMatch(path=PathMatch(EXACT, "a")),
    ],
)
def test_a_route_that_cannot_be_is_refused_by_its_number(match: RouteMatch) -> None:
    with pytest.raises(ConfigError, match=r"^route 1: "):
        RouteTable([RouteMatch(), match])


def naive_host_rank(host: str, patterns: tuple[str, ...]) -> tuple[int, int] | None:
    """Whether it is spelled out, and how many characters it has; None: no pattern fits."""
    ranks = []
    for pattern in patterns:
        if pattern == host:
            ranks.append((1, len(pattern)))
        elif pattern == "*" or (pattern[0] == "*" and host.endswith(pattern[1:])):
            ranks.append((0, len(pattern)))
    return max(ranks, default=None)


def naive_path_rank(path: str, match: PathMatch) -> tuple[int, int, int] | None:
    value = match.value
    if match.kind is EXACT:
        return (1, len(value), 0) if path == value else None
    if match.kind is PREFIX:
        stem = value.rstrip("/") + "/"
        return (0, max(1, len(stem) - 1), 0) if (path + "/").startswith(stem) else None
    wanted, given_segments = value.split("/"), path.split("/")
    if wanted[-1] == "**":
        wanted = wanted[:-1]
        given_segments = given_segments[: len(wanted)] if len(given_segments) > len(wanted) else []
    fits = len(wanted) == len(given_segments) and all(
        segment != "" if want == "*" else want == segment
        for want, segment in zip(wanted, given_segments, strict=True)
    )
    return (0, len(value.replace("*", "")), 1) if fits else None


def naive_find(matches: list[RouteMatch], target: Target, method: str, headers: Headers) -> int:
    """Go through all routes and keep the best, by the words of the standard."""
    best, best_rank = NO_ROUTE, None
    for index, match in enumerate(matches):
        host, path = (
            naive_host_rank(target.host, match.hosts),
            naive_path_rank(target.path, match.path),
        )
        if host is None or path is None or (match.methods and method not in match.methods):
            continue
        if not all_met(match.headers, headers):
            continue
        rank = (host, path, bool(match.methods), len(match.headers))
        if best_rank is None or rank > best_rank:
            best, best_rank = index, rank
    return best


HOSTS = ["*", "*.a", "*.b.a", "b.a", "c.b.a", "a"]
SEGMENTS = ["x", "y", "xy"]
PATHS = st.lists(st.sampled_from(["", *SEGMENTS]), min_size=1, max_size=3).map(
    lambda segments: "/" + "/".join(segments)
)
TEMPLATES = st.tuples(
    st.lists(st.sampled_from(["*", *SEGMENTS]), min_size=1, max_size=3), st.booleans()
).map(lambda parts: "/" + "/".join([*parts[0], "**"] if parts[1] else parts[0]))
MATCHES = st.builds(
    RouteMatch,
    hosts=st.lists(st.sampled_from(HOSTS), min_size=1, max_size=2).map(tuple),
    path=st.one_of(
        st.builds(PathMatch, st.just(EXACT), PATHS),
        st.builds(PathMatch, st.just(PREFIX), PATHS.filter(lambda path: "//" not in path)),
        st.builds(PathMatch, st.just(TEMPLATE), TEMPLATES),
    ),
    methods=st.sampled_from([(), ("GET",), ("GET", "PUT"), ("PUT",)]),
    headers=st.sampled_from([(), (HeaderMatch("k"),), (HeaderMatch("k"), HeaderMatch("l", "1"))]),
)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    matches=st.lists(MATCHES, max_size=8),
    host=st.sampled_from(["a", "b.a", "c.b.a", "d.c.b.a", "z"]),
    path=PATHS,
    method=st.sampled_from(["GET", "PUT"]),
    headers=st.sampled_from([NO_HEADERS, Headers((("K", "1"),)), Headers((("k", ""), ("l", "1")))]),
)
def test_the_table_finds_what_a_walk_through_all_routes_finds(
    matches: list[RouteMatch], host: str, path: str, method: str, headers: Headers
) -> None:
    target = Target(host, path)
    found = RouteTable(matches).find(target, method, headers)
    assert found == naive_find(matches, target, method, headers)
