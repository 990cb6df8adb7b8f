"""Numbers for people: prefixes, percentages, durations and instants.

Source: prometheus template/template.go; common helpers/templates.
"""

import re
from math import isinf, trunc

from models.alerting.templating.values import (
    ExpansionError,
    Instant,
    Value,
    is_finite,
    number_text,
    special,
    type_name,
)

_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")
_NUMBER = re.compile(
    r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|infinity)|nan", re.IGNORECASE | re.ASCII
)
_INSTANT_NS_MAX = 2**63 - 1


def as_number(value: Value) -> float:
    """A number, or the text of one.

    Raises:
        ExpansionError: it is neither.
    """
    if isinstance(value, bool) or not isinstance(value, float | int | str):
        raise ExpansionError(f"can't convert {type_name(value)} to float")
    if isinstance(value, str):
        number = float(value) if _NUMBER.fullmatch(value) else None
        if number is None or (isinf(number) and "inf" not in value.lower()):
            raise ExpansionError(f"'{value}' is not a number")
        return number
    return float(value)


def humanize(number: Value) -> str:
    """Four significant digits and a metric prefix: 1.235k, 12m."""
    value = as_number(number)
    if value == 0 or not is_finite(value):
        return _short(value)
    if abs(value) >= 1:
        return _prefixed(value, _LARGE, 1000.0)
    return _prefixed_small(value)


def humanize_1024(number: Value) -> str:
    """Four significant digits and a binary prefix: 1.5ki."""
    value = as_number(number)
    if abs(value) <= 1 or not is_finite(value):
        return _short(value)
    return _prefixed(value, tuple(f"{prefix}i" for prefix in _LARGE), 1024.0)


def humanize_percentage(number: Value) -> str:
    """A ratio in percent."""
    return f"{_short(as_number(number) * 100)}%"


def humanize_duration(number: Value) -> str:
    """Seconds as days, hours, minutes and seconds; with a metric prefix below one."""
    value = as_number(number)
    if not is_finite(value):
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


def humanize_timestamp(number: Value) -> str:
    """Seconds since 1970 as an instant in UTC, to the millisecond."""
    value = as_number(number)
    return instant(value).text if is_finite(value) else _short(value)


def instant(number: Value) -> Instant:
    """The instant of a number of seconds since 1970, cut to milliseconds.

    Raises:
        ExpansionError: it is not finite, or beyond the years 1678 to 2262.
    """
    value = as_number(number)
    if not is_finite(value):
        raise ExpansionError("value is NaN or Inf")
    if abs(value * 1e9) > _INSTANT_NS_MAX:
        raise ExpansionError(f"{number_text(value)} s is too far from 1970")
    return Instant(trunc(trunc(value * 1e9) / 1_000_000))


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
    return f"{value:.4g}" if is_finite(value) else special(value)
