"""Which route takes a request: the most specific one whose conditions all hold.

Routes are found through their hosts and paths, so that a table of many routes costs little more
than a short one; what the order means does not depend on how they are found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from models.base.errors import ConfigError
from models.traffic.gateway.headers import HeaderMatch, Headers, all_met
from models.traffic.gateway.path_pattern import PathKind, PathMatch, PathPattern
from models.traffic.gateway.target import Target, normal_host

NO_ROUTE = -1
"""The answer when no route takes the request."""

ANY_HOST = "*"

_Rank: TypeAlias = tuple[int, int, int, int, int, int]
_KIND_ORDER = {PathKind.EXACT: 0, PathKind.TEMPLATE: 1, PathKind.PREFIX: 2}


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """Conditions of one route; all must hold.

    ``hosts`` are names, ``*.example.com`` (any name below, not itself) or ``*``; one is enough.
    ``methods`` empty means any, otherwise one is enough; methods are compared with regard to
    case. All of ``headers`` must hold.
    """

    hosts: tuple[str, ...] = (ANY_HOST,)
    path: PathMatch = PathMatch()
    methods: tuple[str, ...] = ()
    headers: tuple[HeaderMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    rank: _Rank
    index: int
    match: RouteMatch
    pattern: PathPattern

    def takes(self, method: str, headers: Headers) -> bool:
        match = self.match
        return (not match.methods or method in match.methods) and all_met(match.headers, headers)


class _HostRoutes:
    """The routes of one host name, found by path."""

    __slots__ = ("_exact", "_prefixes", "_templates")

    def __init__(self) -> None:
        self._exact: dict[str, list[_Entry]] = {}
        self._prefixes: dict[str, list[_Entry]] = {}
        self._templates: list[_Entry] = []

    def add(self, entry: _Entry) -> None:
        kind, text = entry.pattern.kind, entry.pattern.text
        if kind is PathKind.EXACT:
            self._exact.setdefault(text, []).append(entry)
        elif kind is PathKind.PREFIX:
            self._prefixes.setdefault(text, []).append(entry)
        else:
            self._templates.append(entry)

    def on_path(self, path: str) -> Iterator[_Entry]:
        yield from self._exact.get(path, ())
        yield from (entry for entry in self._templates if entry.pattern.matches(path))
        end = len(path)
        while end >= 0:
            yield from self._prefixes.get(path[:end], ())
            end = path.rfind("/", 0, end)


class RouteTable:
    """Finds the route for a target.

    The order is that of the Kubernetes Gateway API: the most specific host (a name before a
    wildcard, a long wildcard before a short one, any host last), an exact path, the pattern that
    spells out most characters, a condition on the method, the most conditions on headers, and
    at last the order in which the routes were declared. A template counts like a prefix with as
    many characters and goes before it, which that document leaves open. A request that no route
    of the most specific host takes is offered to the next host, unlike in Envoy, where a virtual
    host once chosen is final.

    A look-up costs O(labels of the host + segments of the path + templates of those hosts).

    Source: Kubernetes Gateway API ``HTTPRouteSpec.hostnames``, ``HTTPRouteRule.matches``.

    Raises:
        ConfigError: a host or a path that cannot be; the message names the route's number.
    """

    __slots__ = ("_hosts",)

    def __init__(self, matches: Sequence[RouteMatch]) -> None:
        self._hosts: dict[str, _HostRoutes] = {}
        for index, match in enumerate(matches):
            try:
                self._add(index, match)
            except ConfigError as error:
                raise ConfigError(f"route {index}: {error}") from error

    def find(self, target: Target, method: str, headers: Headers) -> int:
        """Number of the route that takes the request, or ``NO_ROUTE``."""
        for name in _hosts_from_specific(target.host):
            routes = self._hosts.get(name)
            if routes is None:
                continue
            taking = [e for e in routes.on_path(target.path) if e.takes(method, headers)]
            if taking:
                return min(taking, key=_rank_of).index
        return NO_ROUTE

    def _add(self, index: int, match: RouteMatch) -> None:
        pattern = PathPattern(match.path)
        rank = (
            int(pattern.kind is not PathKind.EXACT),
            -pattern.literal_characters,
            _KIND_ORDER[pattern.kind],
            int(not match.methods),
            -len(match.headers),
            index,
        )
        names = [condition.name.lower() for condition in match.headers]
        if len(set(names)) != len(names):
            raise ConfigError("two conditions on one header")
        if not match.hosts:
            raise ConfigError("no host; write '*' for any")
        for host in match.hosts:
            routes = self._hosts.setdefault(_normal_host_pattern(host), _HostRoutes())
            routes.add(_Entry(rank, index, match, pattern))


def _rank_of(entry: _Entry) -> _Rank:
    return entry.rank


def _hosts_from_specific(host: str) -> Iterator[str]:
    yield host
    dot = host.find(".")
    while dot >= 0:
        yield "*" + host[dot:]
        dot = host.find(".", dot + 1)
    yield ANY_HOST


def _normal_host_pattern(host: str) -> str:
    if host == ANY_HOST:
        return ANY_HOST
    name = host.removeprefix("*.")
    normal = normal_host(name)
    if normal is None or ":" in name or "*" in name:
        raise ConfigError(f"host '{host}' is not a name, '*.name' or '*'")
    return normal if name == host else f"*.{normal}"
