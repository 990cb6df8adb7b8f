"""What comes to the gateway and what goes back: requests and responses without their bodies."""

from dataclasses import dataclass

from models.traffic.gateway.headers import NO_HEADERS, Headers


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """A request as it came in; nothing about it has been checked.

    ``path`` may carry a query. ``client`` is the peer's address. Only the size of the body is
    known, in octets.
    """

    method: str
    host: str
    path: str
    headers: Headers = NO_HEADERS
    client: str = ""
    body_bytes: int = 0


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """A response on its way back; ``body_bytes`` is the size of its body in octets."""

    status: int
    headers: Headers = NO_HEADERS
    body_bytes: int = 0
