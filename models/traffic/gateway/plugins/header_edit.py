"""Sets, adds and removes headers of requests and responses."""

from dataclasses import dataclass, replace

from models.traffic.gateway.headers import Headers
from models.traffic.gateway.message import GatewayRequest, GatewayResponse


@dataclass(frozen=True, slots=True)
class Edit:
    """Changes to headers, in this order: replace or create, append, take away."""

    setting: tuple[tuple[str, str], ...] = ()
    adding: tuple[tuple[str, str], ...] = ()
    removing: tuple[str, ...] = ()

    def apply(self, headers: Headers) -> Headers:
        """The headers after the changes."""
        for name, value in self.setting:
            headers = headers.setting(name, value)
        for name, value in self.adding:
            headers = headers.adding(name, value)
        for name in self.removing:
            headers = headers.without(name)
        return headers


NO_EDIT = Edit()


class HeaderEdit:
    """Edits the headers of each request on its way in and of each response on its way out.

    Source: Kubernetes Gateway API, ``HTTPHeaderFilter``.
    """

    __slots__ = ("_request", "_response", "name")

    def __init__(
        self, *, request: Edit = NO_EDIT, response: Edit = NO_EDIT, name: str = "header_edit"
    ) -> None:
        self.name = name
        self._request = request
        self._response = response

    def before(self, request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        """The request with its headers edited."""
        return replace(request, headers=self._request.apply(request.headers))

    def after(self, _request: GatewayRequest, response: GatewayResponse, /) -> GatewayResponse:
        """The response with its headers edited."""
        return replace(response, headers=self._response.apply(response.headers))
