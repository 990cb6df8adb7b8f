"""What the gateway makes of a request, as values: bad input is an outcome and not an exception."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from models.base.time import DurationNs
from models.traffic.gateway.message import GatewayRequest, GatewayResponse


class Reason(StrEnum):
    """Why a request ended at the gateway, or that it did not."""

    FORWARDED = "forwarded"
    MALFORMED = "malformed"
    NO_ROUTE = "no_route"
    NO_CREDENTIAL = "no_credential"
    UNKNOWN_KEY = "unknown_key"
    BAD_TOKEN = "bad_token"
    BAD_SIGNATURE = "bad_signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_ISSUER = "wrong_issuer"
    MISSING_SCOPE = "missing_scope"
    ADDRESS_LIMITED = "address_limited"
    KEY_LIMITED = "key_limited"
    ROUTE_LIMITED = "route_limited"
    PLUGIN_ANSWERED = "plugin_answered"
    PLUGIN_FAILED = "plugin_failed"


STATUS_OF = MappingProxyType(
    {
        Reason.MALFORMED: 400,
        Reason.NO_ROUTE: 404,
        Reason.NO_CREDENTIAL: 401,
        Reason.UNKNOWN_KEY: 401,
        Reason.BAD_TOKEN: 401,
        Reason.BAD_SIGNATURE: 401,
        Reason.EXPIRED: 401,
        Reason.NOT_YET_VALID: 401,
        Reason.WRONG_AUDIENCE: 401,
        Reason.WRONG_ISSUER: 401,
        Reason.MISSING_SCOPE: 403,
        Reason.ADDRESS_LIMITED: 429,
        Reason.KEY_LIMITED: 429,
        Reason.ROUTE_LIMITED: 429,
        Reason.PLUGIN_FAILED: 500,
    }
)
"""Status that the gateway answers with. A plug-in that answers chooses its own."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sent a request, once that is proven, and what they may."""

    client: str
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let through. ``wait_ns`` says when another try may succeed."""

    reason: Reason
    detail: str
    wait_ns: DurationNs | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The gateway's word on one request.

    Exactly one of ``forward`` (send this to ``service``, then hand its response to
    ``Gateway.answer``) and ``response`` (the gateway has answered, nothing is left to do) is
    there. ``status`` is that of ``response``, None while the service has yet to answer. ``route``
    is None if none was found.
    """

    reason: Reason
    status: int | None
    route: str | None
    detail: str = ""
    service: str | None = None
    principal: Principal | None = None
    forward: GatewayRequest | None = None
    response: GatewayResponse | None = None

    @property
    def is_forwarded(self) -> bool:
        """Whether the request goes on to its service."""
        return self.forward is not None
