"""Plain scalars as YAML 1.2 reads them (core schema).

``no``, ``on``, ``1:30`` and dates are text, ``014`` is fourteen, ``0o14`` is twelve.

Source: YAML 1.2.2, section 10.3.2 (tag resolution of the core schema).
"""

import re

from scenarios.source.tree import Scalar

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_DECIMAL = re.compile(r"[-+]?[0-9]{1,400}")
_OCTAL = re.compile(r"0o[0-7]{1,400}")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]{1,400}|[0-9]{1,400}(?:\.[0-9]{0,400})?)(?:[eE][-+]?[0-9]{1,9})?"
)
_INFINITY = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_NOT_A_NUMBER = frozenset({".nan", ".NaN", ".NAN"})


def resolve_plain(text: str) -> Scalar:
    """Value of a scalar written without quotes; what matches nothing is text."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] in "-+.0123456789":
        return _number(text)
    return text


def keep_plain(text: str) -> Scalar:
    """The text itself, for files whose every field says what its scalar is taken for."""
    return None if text in _NULL else text


def _number(text: str) -> Scalar:
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text, 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    infinity = _INFINITY.fullmatch(text)
    if infinity is not None:
        return float(infinity.group(1) + "inf")
    return float("nan") if text in _NOT_A_NUMBER else text
