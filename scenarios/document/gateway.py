"""An API gateway in front of a service, and how its visitors come, as written."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from scenarios.document.quantities import Bytes, Duration, PositiveDuration, Rate, mistake
from scenarios.document.shapes import SECTION, SHORT, Name, Section, Several, short_or_section

CLIENTS_MAX = 10_000


class PathDoc(Section):
    """One path, everything under a path, or a template with ``*``, ``{name}`` and ``**``."""

    exact: str | None = None
    prefix: str | None = None
    template: str | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(kind is not None for kind in (self.exact, self.prefix, self.template)) != 1:
            raise mistake("a path is one of exact, prefix and template")
        return self


PathTextDoc = Annotated[
    Annotated[str, Tag(SHORT)] | Annotated[PathDoc, Tag(SECTION)],
    Discriminator(short_or_section),
]


class RateLimitDoc(Section):
    """So many requests in the long run, and up to ``burst`` at once."""

    rate: Rate
    burst: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class RouteLimitsDoc(Section):
    """Limits for each address, for each client once it is known, and for the route as a whole."""

    address: RateLimitDoc | None = None
    client: RateLimitDoc | None = None
    route: RateLimitDoc | None = None


class ApiKeysDoc(Section):
    """Clients 0 to ``clients`` - 1 have keys, with these scopes."""

    clients: Annotated[int, Field(ge=1, le=CLIENTS_MAX)]
    scopes: Several[Name] = ()


class TokensDoc(Section):
    """Signed tokens with an end; clocks may be ``leeway`` apart."""

    leeway: Duration = 0


class AuthenticationDoc(Section):
    """How clients prove who they are: by API keys, or by signed tokens."""

    api_keys: ApiKeysDoc | None = None
    tokens: TokensDoc | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.api_keys is None) == (self.tokens is None):
            raise mistake("authentication is by api_keys or by tokens")
        return self


def _present(value: object) -> object:
    """``tokens:`` with nothing behind it means tokens as usual."""
    if isinstance(value, dict) and "tokens" in value and value["tokens"] is None:
        return {**value, "tokens": {}}
    return value


class GatewayRouteDoc(Section):
    """One route; a request needs all its conditions, and its client all its ``scopes``."""

    name: Name
    hosts: Several[str] = ("*",)
    path: PathTextDoc = "/"
    methods: Several[str] = ()
    headers: dict[str, str | None] = Field(default_factory=dict)
    authentication: Annotated[AuthenticationDoc | None, BeforeValidator(_present)] = None
    scopes: Several[Name] = ()
    limits: RouteLimitsDoc = RouteLimitsDoc()


class GatewayDoc(Section):
    """What each instance of the service asks of requests from users before it serves them.

    ``block`` lists addresses and networks that are turned away, ``max_body`` bounds requests.
    """

    routes: Annotated[Several[GatewayRouteDoc], Field(min_length=1, max_length=1000)]
    block: Several[str] = ()
    max_body: Bytes | None = None


class HttpDoc(Section):
    """How a source's requests look to a gateway.

    Requests come as the client whose number is their key (see ``keys``), counted from
    ``first_client``. With ``credential: guessed`` every request tries another secret; with
    ``paths: unknown`` every request asks for a path that nobody serves.
    """

    host: Annotated[str, Field(min_length=1, max_length=253)] = "gateway"
    credential: Literal["none", "key", "token", "guessed"] = "none"
    paths: Literal["called", "unknown"] = "called"
    scopes: Several[Name] = ()
    first_client: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    lifetime: PositiveDuration = 600_000_000_000
