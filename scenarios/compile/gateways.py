"""API gateways: their routes from the written form, and how visitors come to them."""

from fractions import Fraction

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.service.traffic import Credential, HttpSpec
from models.traffic.gateway.api_key import ApiKeyConfig
from models.traffic.gateway.config import GatewayConfig, Route
from models.traffic.gateway.gateway import Gateway
from models.traffic.gateway.headers import HeaderMatch
from models.traffic.gateway.keyring import TOKEN_SECRET, keys_of
from models.traffic.gateway.limits import RateLimit, RouteLimits
from models.traffic.gateway.path_pattern import PathKind, PathMatch
from models.traffic.gateway.plugins.block_list import BlockList
from models.traffic.gateway.route_table import RouteMatch
from models.traffic.gateway.signed_token import TokenConfig
from models.traffic.limiter.base import Rate
from scenarios.compile.findings import Findings
from scenarios.document.gateway import (
    AuthenticationDoc,
    GatewayDoc,
    GatewayRouteDoc,
    HttpDoc,
    PathDoc,
    RateLimitDoc,
)
from scenarios.document.scenario import ScenarioDoc
from scenarios.source.marks import KeyPath
from sim.blueprint import GatewaySpec

_DENOMINATOR_MAX = 10**6


def compile_gateways(document: ScenarioDoc, findings: Findings) -> tuple[GatewaySpec, ...]:
    """A gateway for each service that has one; sources that dress up for none are reported."""
    for name, source in document.traffic.items():
        service = document.services.get(source.to)
        if source.http is not None and service is not None and service.gateway is None:
            path: KeyPath = ("traffic", name, "http")
            findings.at_key(path, f"service '{source.to}' has no gateway that would look at it")
    return tuple(
        _gateway(name, service.gateway, findings)
        for name, service in document.services.items()
        if service.gateway is not None
    )


def http_of(doc: HttpDoc | None) -> HttpSpec | None:
    """How requests of a source look."""
    if doc is None:
        return None
    return HttpSpec(
        host=doc.host,
        credential=Credential(doc.credential),
        has_unknown_paths=doc.paths == "unknown",
        scopes=frozenset(doc.scopes),
        first_client=doc.first_client,
        token_lifetime_ns=doc.lifetime,
    )


def _gateway(service: str, doc: GatewayDoc, findings: Findings) -> GatewaySpec:
    path: KeyPath = ("services", service, "gateway")
    routes = tuple(_route(service, route) for route in doc.routes)
    names = [route.name for route in routes]
    for index, route in enumerate(routes):
        place: KeyPath = (*path, "routes", index)
        if route.name in names[:index]:
            findings.at_value((*place, "name"), f"there is a route '{route.name}' already")
        try:
            Gateway(GatewayConfig((route,)))
        except ConfigError as error:
            findings.at_value(place, str(error))
    for index, network in enumerate(doc.block):
        try:
            BlockList((network,))
        except ConfigError as error:
            findings.at_value((*path, "block", index), str(error))
    return GatewaySpec(service, routes, doc.block, doc.max_body)


def _route(service: str, doc: GatewayRouteDoc) -> Route:
    return Route(
        doc.name,
        service,
        RouteMatch(
            doc.hosts,
            _path(doc.path),
            doc.methods,
            tuple(HeaderMatch(name, value) for name, value in doc.headers.items()),
        ),
        authentication=None if doc.authentication is None else _authentication(doc.authentication),
        scopes=frozenset(doc.scopes),
        limits=RouteLimits(
            _limit(doc.limits.address), _limit(doc.limits.client), _limit(doc.limits.route)
        ),
    )


def _path(doc: str | PathDoc) -> PathMatch:
    if isinstance(doc, str):
        return PathMatch(PathKind.PREFIX, doc)
    if doc.exact is not None:
        return PathMatch(PathKind.EXACT, doc.exact)
    if doc.template is not None:
        return PathMatch(PathKind.TEMPLATE, doc.template)
    return PathMatch(PathKind.PREFIX, doc.prefix or "/")


def _authentication(doc: AuthenticationDoc) -> ApiKeyConfig | TokenConfig:
    if doc.api_keys is not None:
        return keys_of(doc.api_keys.clients, frozenset(doc.api_keys.scopes))
    leeway_ns = 0 if doc.tokens is None else doc.tokens.leeway
    return TokenConfig((TOKEN_SECRET,), leeway_ns=leeway_ns)


def _limit(doc: RateLimitDoc | None) -> RateLimit | None:
    if doc is None:
        return None
    rate = Fraction(doc.rate).limit_denominator(_DENOMINATOR_MAX)
    permits, seconds = max(rate.numerator, 1), max(rate.denominator, 1)
    return RateLimit(Rate(permits, seconds * NS_PER_S), doc.burst)
