"""Numbers and texts as they are written in a template.

Source: Go specification, literals; package strconv (Unquote).
"""

import re

_ESCAPE = re.compile(
    r"\\(?:(?P<char>[abfnrtv\\\"'])|x(?P<x>[0-9a-fA-F]{2})|(?P<octal>[0-3][0-7]{2})"
    r"|u(?P<u>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8}))"
)
_CHARS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CODE_POINT_MAX = 0x10FFFF


def number_value(text: str) -> float | int:
    """A whole number, or a float when it is written with a point or an exponent."""
    digits = text.replace("_", "")
    is_prefixed = digits.lstrip("+-")[:2].lower() in ("0x", "0o", "0b")
    if not is_prefixed and any(char in digits for char in ".eE"):
        return float(digits)
    return int(digits, 0)


def text_value(text: str) -> str | int | None:
    """What a quoted text says, the code point of a quoted character, None when it is neither."""
    quote, inner = text[0], text[1:-1]
    if quote == "`":
        return inner.replace("\r", "")
    pieces: list[bytes] = []
    place = 0
    while place < len(inner):
        if inner[place] != "\\":
            pieces.append(inner[place].encode())
            place += 1
            continue
        escape = _ESCAPE.match(inner, place)
        meant = None if escape is None else _meant(escape, quote)
        if escape is None or meant is None:
            return None
        pieces.append(meant)
        place = escape.end()
    said = b"".join(pieces).decode(errors="replace")
    if quote == '"':
        return said
    return ord(said) if len(said) == 1 else None


def _meant(escape: re.Match[str], quote: str) -> bytes | None:
    char = escape["char"]
    if char is not None:
        other_quote = {"'": '"', '"': "'"}[quote]
        return None if char == other_quote else _CHARS.get(char, char).encode()
    for group, base in (("x", 16), ("octal", 8)):
        if escape[group] is not None:
            return bytes([int(escape[group], base)])
    code = int(escape["u"] or escape["long"], 16)
    if code > _CODE_POINT_MAX or 0xD800 <= code <= 0xDFFF:
        return None
    return chr(code).encode()
