"""What a gateway is told: its routes, and what each of them asks for."""

from dataclasses import dataclass

from models.traffic.gateway.api_key import ApiKeyConfig
from models.traffic.gateway.limits import RouteLimits
from models.traffic.gateway.plugin import Plugin
from models.traffic.gateway.route_table import RouteMatch
from models.traffic.gateway.signed_token import TokenConfig


@dataclass(frozen=True, slots=True)
class Route:
    """One route: whom it takes, and the service that they reach.

    ``authentication`` None lets anyone in. ``scopes`` must all be among the client's.
    ``plugins`` run in this order on the way in.
    """

    name: str
    service: str
    match: RouteMatch = RouteMatch()
    authentication: ApiKeyConfig | TokenConfig | None = None
    scopes: frozenset[str] = frozenset()
    limits: RouteLimits = RouteLimits()
    plugins: tuple[Plugin, ...] = ()


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Routes in the order of their declaration; ``plugins`` run before a route is chosen."""

    routes: tuple[Route, ...]
    plugins: tuple[Plugin, ...] = ()
