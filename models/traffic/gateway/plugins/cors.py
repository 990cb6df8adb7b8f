"""Cross-origin requests: which pages of other origins may read this API's answers.

The gateway only tells browsers; it is the browser that keeps a page from reading. A request of
an origin that is not allowed is therefore served, without the headers that would allow the page
to see the answer.
"""

from dataclasses import dataclass, replace

from models.base.errors import ConfigError
from models.traffic.gateway.headers import Headers
from models.traffic.gateway.message import GatewayRequest, GatewayResponse

ANY_ORIGIN = "*"


def is_preflight(method: str, headers: Headers) -> bool:
    """Whether a request asks, on behalf of a page, if another request would be allowed.

    Source: Fetch standard, CORS-preflight request.
    """
    return (
        method == "OPTIONS"
        and headers.value("origin") is not None
        and headers.value("access-control-request-method") is not None
    )


@dataclass(frozen=True, slots=True)
class CorsConfig:
    """What pages of other origins may do; ``origins`` are compared exactly, ``*`` is any."""

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ("GET", "HEAD", "POST")
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    allows_credentials: bool = False
    max_age_s: int = 5


class Cors:
    """Answers preflights with 204 and marks responses for the origins that are allowed.

    Source: Fetch standard, CORS protocol; Envoy CORS filter.

    Raises:
        ConfigError: any origin together with credentials, which browsers refuse and which would
            hand every page its visitors' accounts; or a negative age.
    """

    __slots__ = ("_config", "name")

    def __init__(self, config: CorsConfig, name: str = "cors") -> None:
        if config.allows_credentials and ANY_ORIGIN in config.origins:
            raise ConfigError(f"{name}: credentials cannot be allowed to any origin")
        if config.max_age_s < 0:
            raise ConfigError(f"{name}: max_age_s must not be negative")
        self.name = name
        self._config = config

    def before(self, request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        """Pass the request on, or answer it if it is a preflight."""
        if not is_preflight(request.method, request.headers):
            return request
        config = self._config
        response = self._marked(request, GatewayResponse(204))
        if response.headers.value("access-control-allow-origin") is None:
            return response
        headers = response.headers
        for name, values in (
            ("access-control-allow-methods", config.methods),
            ("access-control-allow-headers", config.headers),
            ("access-control-max-age", (str(config.max_age_s),)),
        ):
            if values:
                headers = headers.setting(name, ", ".join(values))
        return replace(response, headers=headers)

    def after(self, request: GatewayRequest, response: GatewayResponse, /) -> GatewayResponse:
        """The response with what it allows to the page that asked."""
        marked = self._marked(request, response)
        exposed = self._config.exposed
        if exposed and marked.headers.value("access-control-allow-origin") is not None:
            headers = marked.headers.setting("access-control-expose-headers", ", ".join(exposed))
            return replace(marked, headers=headers)
        return marked

    def _marked(self, request: GatewayRequest, response: GatewayResponse) -> GatewayResponse:
        config = self._config
        headers = response.headers.without("access-control-allow-origin")
        origin = request.headers.value("origin")
        is_any = ANY_ORIGIN in config.origins
        if not is_any:
            headers = headers.adding("vary", "origin")
        if origin is not None and (is_any or origin in config.origins):
            allowed = ANY_ORIGIN if is_any else origin
            headers = headers.setting("access-control-allow-origin", allowed)
            if config.allows_credentials:
                headers = headers.setting("access-control-allow-credentials", "true")
        return replace(response, headers=headers)
