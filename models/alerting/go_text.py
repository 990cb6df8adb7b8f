"""Numbers as texts, the way Go's formatting and the functions of Prometheus' templates write them.

Source: Go package fmt; prometheus template/template.go.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isinf, isnan, trunc
from typing import TypeAlias

Argument: TypeAlias = float | str

_EXPONENT_FROM = 6
_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")
_VERB = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>\d*)(?P<precision>\.\d*)?(?P<verb>.)", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAR_S = 2**53 / 1000


def number_text(value: float) -> str:
    """Write a number in the fewest digits, with an exponent below 1e-4 and from 1e6 on.

    Infinities are ``+Inf`` and ``-Inf``, as in ``1.5e+06`` the exponent has a sign and at least
    two digits.
    """
    if not _is_finite(value):
        return _special(value)
    parts = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(str(digit) for digit in parts.digits)
    exponent = len(digits) - 1 + int(parts.exponent)
    sign = "-" if parts.sign else ""
    if -4 <= exponent < _EXPONENT_FROM:
        return sign + _plain(digits, exponent)
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{exponent:+03d}"


def humanize(value: float) -> str:
    """Four significant digits and a metric prefix: 1.235k, 12m."""
    if value == 0 or not _is_finite(value):
        return _short(value)
    if abs(value) >= 1:
        return _prefixed(value, _LARGE, 1000.0)
    return _prefixed_small(value)


def humanize_1024(value: float) -> str:
    """Four significant digits and a binary prefix: 1.5ki."""
    if abs(value) <= 1 or not _is_finite(value):
        return _short(value)
    return _prefixed(value, tuple(f"{prefix}i" for prefix in _LARGE), 1024.0)


def humanize_percentage(value: float) -> str:
    """A ratio in percent."""
    return f"{_short(value * 100)}%"


def humanize_duration(value: float) -> str:
    """Seconds as days, hours, minutes and seconds; with a metric prefix below one."""
    if not _is_finite(value):
        return _short(value)
    if abs(value) < 1:
        return f"{_prefixed_small(value) if value else _short(value)}s"
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole = trunc(value)
    days, hours, minutes = whole // 86_400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {whole % 60}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {whole % 60}s"
    if minutes:
        return f"{sign}{minutes}m {whole % 60}s"
    return f"{sign}{_short(value)}s"


def humanize_timestamp(value: float) -> str:
    """Seconds since 1970 as an instant in UTC, to the millisecond."""
    if not _is_finite(value) or abs(value) > _FAR_S:
        return _short(value)
    milliseconds = trunc(value * 1000)
    instant = _EPOCH + timedelta(milliseconds=milliseconds)
    fraction = f".{milliseconds % 1000:03d}".rstrip("0").rstrip(".")
    return f"{instant:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def printf(form: str, *arguments: Argument) -> str:
    """Fill in a format; what does not fit is written as Go complains about it."""
    left = list(arguments)

    def replacement(match: re.Match[str]) -> str:
        if match["verb"] == "%":
            return "%"
        if not left:
            return f"%!{match['verb']}(MISSING)"
        return _formatted(match, left.pop(0))

    text = _VERB.sub(replacement, form)
    if left:
        text += "%!(EXTRA " + ", ".join(f"{_type(one)}={shown(one)}" for one in left) + ")"
    return text


def shown(value: Argument) -> str:
    """A value where a text is wanted."""
    return value if isinstance(value, str) else number_text(value)


def _formatted(match: re.Match[str], value: Argument) -> str:
    verb, width = match["verb"], match["flags"] + match["width"]
    precision = match["precision"] or ""
    if verb == "v":
        return f"%{width}s" % shown(value)
    if isinstance(value, str) and verb in "sq":
        return f"%{width}{precision}s" % (f'"{value}"' if verb == "q" else value)
    if not isinstance(value, str) and verb in "feEgG":
        if not _is_finite(value):
            return f"%{width.replace('0', '')}s" % _special(value)
        if verb in "gG" and not precision:
            return f"%{width}s" % number_text(value)
        return f"%{width}{precision}{verb}" % value
    return f"%!{verb}({_type(value)}={shown(value)})"


def _type(value: Argument) -> str:
    return "string" if isinstance(value, str) else "float64"


def _prefixed(value: float, prefixes: tuple[str, ...], base: float) -> str:
    prefix = ""
    for prefix_above in prefixes:
        if abs(value) < base:
            break
        prefix = prefix_above
        value /= base
    return f"{_short(value)}{prefix}"


def _prefixed_small(value: float) -> str:
    prefix = ""
    for prefix_below in _SMALL:
        if abs(value) >= 1:
            break
        prefix = prefix_below
        value *= 1000
    return f"{_short(value)}{prefix}"


def _short(value: float) -> str:
    return f"{value:.4g}" if _is_finite(value) else _special(value)


def _is_finite(value: float) -> bool:
    return not isnan(value) and not isinf(value)


def _special(value: float) -> str:
    if isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def _plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
