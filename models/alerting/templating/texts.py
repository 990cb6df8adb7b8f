"""Texts made of texts: case, addresses, regular expressions, links.

Source: prometheus template/template.go; Go packages net, net/url, regexp and strings.
"""

import html
import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import quote_plus

from models.alerting.prometheus_duration import parse_prometheus_duration
from models.alerting.templating.values import ExpansionError
from models.base.errors import ValueSyntaxError
from models.base.time import NS_PER_S
from models.telemetry.promql.functions.texts import expanded
from models.telemetry.regex import compile_searching

_WORD = re.compile(r"\w(?:\w|(?<=[^\W\d_])['.:\u2019\u00b7](?=[^\W\d_])|(?<=\d)['.,;](?=\d))*")
_FIRST_LETTER = re.compile(r"[^\W\d_]")


def title(text: str) -> str:
    """The first letter of every word in upper case; ``it's``, ``a.b`` and ``a_b`` are one word."""
    return _WORD.sub(lambda word: _FIRST_LETTER.sub(_raised, word.group(), count=1), text)


def _raised(letter: re.Match[str]) -> str:
    return _one(letter.group().title(), letter.group())


def upper(text: str) -> str:
    """Every letter that has an upper case of one letter in it."""
    return "".join(_one(char.upper(), char) for char in text)


def lower(text: str) -> str:
    """Every letter that has a lower case of one letter in it."""
    return "".join(_one(char.lower(), char) for char in text)


def matches(pattern: str, text: str) -> bool:
    """True when the pattern is found anywhere in the text."""
    return _compiled(pattern).search(text) is not None


def replaced(pattern: str, replacement: str, text: str) -> str:
    """Every place where the pattern is found, replaced; ``$1`` and ``${name}`` are its groups.

    Nothing is not found directly behind something.
    """
    pieces, end = [], 0
    has_found = False
    for match in _compiled(pattern).finditer(text):
        if has_found and match.start() == match.end() == end:
            continue
        pieces += [text[end : match.start()], expanded(replacement, match)]
        end, has_found = match.end(), True
    return "".join([*pieces, text[end:]])


def without_port(text: str) -> str:
    """The host of an address; what is no address with a port stays."""
    parts = _host_and_port(text)
    return text if parts is None else parts[0]


def without_domain(text: str) -> str:
    """The first part of a host's name, with the port if there is one; IP addresses stay."""
    host, port = _host_and_port(text) or (text, "")
    if _is_ip(host):
        return text
    name = host.split(".", 1)[0]
    return f"{name}:{port}" if port else name


def escaped_html(text: str) -> str:
    """The text as HTML shows it."""
    return html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def escaped_query(text: str) -> str:
    """The text as a value of a URL's query."""
    return quote_plus(text, safe="")


def graph_link(expression: str) -> str:
    """Where Prometheus draws an expression."""
    return f"/graph?g0.expr={escaped_query(expression)}&g0.tab=0"


def table_link(expression: str) -> str:
    """Where Prometheus lists the result of an expression."""
    return f"/graph?g0.expr={escaped_query(expression)}&g0.tab=1"


def duration_seconds(text: str) -> float:
    """The seconds of a duration such as 1h30m."""
    try:
        return parse_prometheus_duration(text) / NS_PER_S
    except ValueSyntaxError as error:
        raise ExpansionError(str(error)) from error


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return compile_searching(pattern)
    except ValueSyntaxError as error:
        raise ExpansionError(str(error)) from error


def _one(changed: str, char: str) -> str:
    return changed if len(changed) == 1 else char


def _host_and_port(text: str) -> tuple[str, str] | None:
    host, colon, port = text.rpartition(":")
    if not colon:
        return None
    if text[0] == "[":
        if not host.endswith("]"):
            return None
        host = host[1:-1]
    elif ":" in host:
        return None
    return None if set("[]") & set(host + port) else (host, port)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host
