"""What a request is for, in one spelling: host, path and query.

Routes must see the path that the service behind them will see, or ``/public/../admin`` walks
around the route that guards ``/admin``. So a path is brought to one form before anything looks
at it, and that form is what is forwarded. What has no such form is refused.

Source: RFC 3986, 6.2.2 (case, percent-encoding and dot segments) and RFC 9110, 5.6.2 (names);
Envoy ``normalize_path``. An encoded slash stays what it is, a character inside a segment;
neighbouring slashes are not merged.
"""

import re
from dataclasses import dataclass, replace

from models.traffic.gateway.message import GatewayRequest

HOST_LENGTH_MAX = 253
PATH_LENGTH_MAX = 8192

_HOST = re.compile(
    r"(?P<name>[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])\.?(?::[0-9]{0,5})?", re.ASCII
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE_BREAKER = re.compile(r"[\x00\r\n]")
_TARGET = re.compile(r"(/[^?#\\\x00-\x20\x7f-\U0010ffff]*)(?:\?([^#\x00-\x20\x7f-\U0010ffff]*))?")
_PERCENT = re.compile(r"%(?:([0-9A-Fa-f]{2})|)")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Target:
    """Host in lower case without port, path in normal form, query as it came (None: none)."""

    host: str
    path: str
    query: str | None = None

    def forwarded(self, request: GatewayRequest) -> GatewayRequest:
        """The request with the path that routes have seen."""
        path = self.path if self.query is None else f"{self.path}?{self.query}"
        return replace(request, path=path)


def read_target(request: GatewayRequest) -> Target | str:
    """Bring a request's target to its one spelling, or say in words why it has none."""
    flaw = _flaw_beside_target(request)
    if flaw is not None:
        return flaw
    host = normal_host(request.host)
    if host is None:
        return "the host is not a name or an address"
    is_short = len(request.path) <= PATH_LENGTH_MAX
    parts = _TARGET.fullmatch(request.path) if is_short else None
    path = None if parts is None else normal_path(parts[1])
    if parts is None or path is None:
        return f"the path is not one of at most {PATH_LENGTH_MAX} characters"
    return Target(host, path, parts[2])


def normal_host(text: str) -> str | None:
    """The host in lower case without port and final dot; None if it is none."""
    if len(text) > HOST_LENGTH_MAX + len(".:65535"):
        return None
    match = _HOST.fullmatch(text.lower() if text.isascii() else "")
    if match is None or len(match["name"]) > HOST_LENGTH_MAX or ".." in match["name"]:
        return None
    return match["name"]


def normal_path(path: str) -> str | None:
    """Decode what need not be encoded and walk the dot segments; None if a % is stray."""
    if any(match[1] is None for match in _PERCENT.finditer(path)):
        return None
    decoded = _PERCENT.sub(_decode_unreserved, path)
    walked: list[str] = []
    segments = decoded.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del walked[-1:]
        elif segment != ".":
            walked.append(segment)
    if segments[-1] in (".", ".."):
        walked.append("")
    return "/" + "/".join(walked)


def _decode_unreserved(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else f"%{match[1].upper()}"


def _flaw_beside_target(request: GatewayRequest) -> str | None:
    if not _TOKEN.fullmatch(request.method):
        return "the method is not a token"
    for name, value in request.headers.fields:
        if not _TOKEN.fullmatch(name):
            return "a header's name is not a token"
        if _VALUE_BREAKER.search(value):
            return "a header's value breaks its line"
    if request.body_bytes < 0:
        return "the body's size is below zero"
    return None
