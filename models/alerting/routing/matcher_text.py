r"""Matchers as they are written: ``{foo="bar", "ключ"!~"a|b"}``.

A text is read by the newer grammar (any UTF-8 in names, quotes around whatever is not plain, the
escapes of Go); what that refuses is read by the classic one, in which a value may hold anything
but a bare quote and an unknown escape such as ``\.`` stands for itself.

Source: semantics 4.2; alertmanager matcher/parse, pkg/labels/parse.go, matcher/compat.
"""

import re

from models.alerting.routing.matcher import Matcher, MatchKind
from models.base.errors import ConfigError

_ITEM = r'(?:"(?:[^"\\\n]|\\.)*"|[^\s{}!=~,\\"\'`]+)'
_MATCHER = re.compile(rf"\s*({_ITEM})\s*(=~|!~|!=|=)\s*({_ITEM})\s*")
_ESCAPE = re.compile(
    r'\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))', re.DOTALL
)
_PLAIN_ESCAPES = dict(zip('abfnrtv\\"', '\a\b\f\n\r\t\v\\"', strict=True))
_CLASSIC = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)
_CLASSIC_PARTS = re.compile(r'(?:[^,"\\]|\\.|"(?:[^"\\]|\\.)*")+', re.DOTALL)
_CLASSIC_ESCAPE = re.compile(r'\\([n"\\])')


def read_matchers(text: str) -> tuple[Matcher, ...]:
    """Every matcher of a text, in its order; an empty text or ``{}`` has none.

    Raises:
        ConfigError: the text is no list of matchers.
    """
    inner = _without_braces(text)
    found = _read_utf8(inner)
    return _read_classic(inner, text) if found is None else found


def _without_braces(text: str) -> str:
    inner = text.strip()
    opens, closes = inner.startswith("{"), inner.endswith("}")
    if opens and not closes:
        raise ConfigError(f"matchers {text!r} have no closing brace")
    return inner[1:-1] if opens else inner


def _read_utf8(text: str) -> tuple[Matcher, ...] | None:
    found: list[Matcher] = []
    at = 0
    while text[at:].strip():
        match = _MATCHER.match(text, at)
        if match is None:
            return None
        name, value = _unquoted(match[1]), _unquoted(match[3])
        at = match.end()
        if name is None or value is None or (at < len(text) and text[at] != ","):
            return None
        found.append(Matcher(name, MatchKind(match[2]), value))
        at += 1
    return tuple(found)


def _unquoted(item: str) -> str | None:
    """The text that an item stands for; None when it has an escape that Go does not know."""
    if not item.startswith('"'):
        return item
    inner = item[1:-1]
    if any(match[5] is not None for match in _ESCAPE.finditer(inner)):
        return None
    return _ESCAPE.sub(_escaped, inner)


def _escaped(match: re.Match[str]) -> str:
    if match[1] is not None:
        return _PLAIN_ESCAPES[match[1]]
    return chr(int(match[2] or match[3] or match[4], 16))


def _read_classic(inner: str, text: str) -> tuple[Matcher, ...]:
    found: list[Matcher] = []
    at = 0
    while at < len(inner):
        part = _CLASSIC_PARTS.match(inner, at)
        end = at if part is None else part.end()
        if end < len(inner) and inner[end] != ",":
            raise ConfigError(f"bad matcher {inner[at:].strip()!r} in {text!r}")
        if part is not None and part[0].strip():
            found.append(_classic_matcher(part[0], text))
        at = end + 1
    return tuple(found)


def _classic_matcher(part: str, text: str) -> Matcher:
    match = _CLASSIC.fullmatch(part)
    if match is None:
        raise ConfigError(f"bad matcher {part.strip()!r} in {text!r}")
    value = match[3]
    if value.startswith('"'):
        if len(value) < 2 or not value.endswith('"'):
            raise ConfigError(f"matcher {part.strip()!r} has a quote that is not closed")
        value = value[1:-1]
    if '"' in _CLASSIC_ESCAPE.sub("", value):
        raise ConfigError(f"matcher {part.strip()!r} has a bare quote in its value")
    value = _CLASSIC_ESCAPE.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], value)
    return Matcher(match[1], MatchKind(match[2]), value)
