"""Texts made of label values: replacement templates, numbers as labels, natural order.

Source: semantics 2.10; Go's regexp.Expand and strconv.FormatFloat.
"""

import re
from decimal import Decimal
from math import isinf, isnan

_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")
_CHUNKS = re.compile(r"[0-9]+|[^0-9]+")


def expanded(template: str, match: re.Match[str]) -> str:
    """Fill ``$1``, ``${1}`` and ``$name`` from a match; unknown groups are empty, ``$$`` is ``$``.

    A name reaches as far as letters, digits and underscores go: ``$1x`` is the group named "1x".
    """

    def group(reference: re.Match[str]) -> str:
        if reference.group(1):
            return "$"
        name = reference.group(2) or reference.group(3)
        if name.isdigit():
            return (match.group(int(name)) or "") if int(name) <= (match.re.groups) else ""
        return match.groupdict().get(name) or ""

    return _REFERENCE.sub(group, template)


def plain_number(value: float) -> str:
    """Write a number in the fewest digits, never with an exponent."""
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return format(Decimal(repr(value)).normalize(), "f")


def natural_order(text: str) -> tuple[tuple[bool, int, str], ...]:
    """A key that sorts ``9`` before ``10`` and ``a9`` before ``a10``."""
    return tuple(
        (not chunk.isdigit(), int(chunk) if chunk.isdigit() else 0, chunk)
        for chunk in _CHUNKS.findall(text)
    )
