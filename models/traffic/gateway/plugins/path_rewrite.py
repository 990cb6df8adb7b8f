"""Gives a service another path, or another host, than its clients see."""

from dataclasses import replace

from models.base.errors import ConfigError
from models.traffic.gateway.message import GatewayRequest, GatewayResponse


class PathRewrite:
    """Replaces the prefix ``prefix`` of the path by ``replacement``, by whole segments.

    A slash at the end of either says nothing: under ``/foo`` to ``/xyz``, ``/foo/bar`` becomes
    ``/xyz/bar`` and ``/foobar`` stays. The query stays. ``host`` replaces the host if given.

    Source: Kubernetes Gateway API, ``HTTPPathModifier`` (``ReplacePrefixMatch``).

    Raises:
        ConfigError: prefix or replacement does not begin with a slash.
    """

    __slots__ = ("_host", "_prefix", "_replacement", "name")

    def __init__(
        self, prefix: str, replacement: str, *, host: str | None = None, name: str = "path_rewrite"
    ) -> None:
        if not prefix.startswith("/") or not replacement.startswith("/"):
            raise ConfigError(f"{name}: prefix and replacement must begin with a slash")
        self.name = name
        self._prefix = prefix.rstrip("/")
        self._replacement = replacement.rstrip("/")
        self._host = host

    def before(self, request: GatewayRequest, /) -> GatewayRequest | GatewayResponse:
        """The request with its new path and host."""
        path, mark, query = request.path.partition("?")
        if path == self._prefix or path.startswith(self._prefix + "/"):
            path = self._replacement + path[len(self._prefix) :] or "/"
        host = request.host if self._host is None else self._host
        return replace(request, path=path + mark + query, host=host)

    def after(self, _request: GatewayRequest, response: GatewayResponse, /) -> GatewayResponse:
        """Leave responses as they are."""
        return response
