"""Turns away requests that are too large."""

from models.base.errors import ConfigError
from models.traffic.gateway.message import GatewayRequest, GatewayResponse


class SizeLimit:
    """Answers 413 to bodies over ``body_bytes_max``, 431 to headers over ``header_bytes_max``.

    The limits themselves are allowed.

    Source: RFC 9110, 15.5.14; RFC 6585, 5.

    Raises:
        ConfigError: a limit is negative.
    """

    __slots__ = ("_body_bytes_max", "_header_bytes_max", "name")

    def __init__(
        self, *, body_bytes_max: int, header_bytes_max: int = 65_536, name: str = "size_limit"
    ) -> None:
        if body_bytes_max < 0 or header_bytes_max < 0:
            raise ConfigError(f"{name}: limits must not be negative")
        self.name = name
        self._body_bytes_max = body_bytes_max
        self._header_bytes_max = header_bytes_max

    def before(self, request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        """Pass the request on, or answer it with 413 or 431."""
        if request.body_bytes > self._body_bytes_max:
            return GatewayResponse(413)
        if request.headers.size_bytes > self._header_bytes_max:
            return GatewayResponse(431)
        return request

    def after(self, _request: GatewayRequest, response: GatewayResponse, /) -> GatewayResponse:
        """Leave responses as they are."""
        return response
