"""Quantities as people write them: rates, sizes, ratios and prices, read exactly and written back.

A number without a unit is an error, except 0: nobody can tell what a bare 250 counts. Texts are
read as fractions, so ``20%`` is the float 0.2 and nothing near it, and each ``format_`` writes a
text that its ``parse_`` reads as the same number. Durations are in :mod:`models.base.time`.
"""

import re
from decimal import Decimal
from fractions import Fraction

from models.base.errors import ValueSyntaxError

RATE_PER_S_MAX = 1e9
BYTES_MAX = 2**60
MONEY_USD_MAX = 1e12

_NUMBER = r"([0-9]{1,19}(?:\.[0-9]{1,400})?)"
_RATE = re.compile(_NUMBER + r"\s*/\s*([a-z]+)")
_BYTES = re.compile(_NUMBER + r"\s*([A-Za-z]+)")
_RATIO = re.compile(_NUMBER + r"\s*%")
_MONEY = re.compile(_NUMBER + r"\s*USD(?:\s*/\s*([A-Za-z]+))?")

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {
    "PiB": 2**50,
    "PB": 10**15,
    "TiB": 2**40,
    "TB": 10**12,
    "GiB": 2**30,
    "GB": 10**9,
    "MiB": 2**20,
    "MB": 10**6,
    "KiB": 2**10,
    "kB": 10**3,
    "B": 1,
}
_PRICED = ("h", "GB")


def parse_rate(text: str) -> float:
    """Read ``400/s``, ``30/m``, ``1/h`` or ``2/d`` as events per second, up to 10**9.

    Raises:
        ValueSyntaxError: not a rate, or over the limit.
    """
    if _is_zero(text):
        return 0.0
    match = _RATE.fullmatch(text.strip())
    if match is None or match[2] not in _SECONDS:
        raise _mistake(text, "a rate", "400/s, 30/m or 1/h")
    return _bounded(
        text, Fraction(match[1]) / _SECONDS[match[2]], RATE_PER_S_MAX, "10^9 per second"
    )


def format_rate(rate_per_s: float) -> str:
    """Write a rate: whole events per the shortest unit that has them, or a fraction per second.

    Raises:
        ValueSyntaxError: not a number from 0 to 10**9.
    """
    _refuse_outside(rate_per_s, RATE_PER_S_MAX, "a rate per second")
    for unit, length_s in _SECONDS.items():
        count = round(rate_per_s * length_s)
        if float(Fraction(count, length_s)) == rate_per_s:
            return f"{count}/{unit}"
    return f"{_plain(rate_per_s)}/s"


def parse_bytes(text: str) -> int:
    """Read ``512B``, ``10kB`` or ``2GiB`` as whole bytes, up to 2**60.

    ``kB MB GB TB PB`` count in thousands, ``KiB MiB GiB TiB PiB`` in 1024s; letters count as
    written, because ``Mb`` and ``mb`` mean other things elsewhere.

    Raises:
        ValueSyntaxError: not a size, not whole bytes, or over the limit.
    """
    if _is_zero(text):
        return 0
    match = _BYTES.fullmatch(text.strip())
    if match is None or match[2] not in _SIZES:
        raise _mistake(text, "a size", "512B, 10kB or 2GiB")
    size = Fraction(match[1]) * _SIZES[match[2]]
    if size.denominator != 1:
        raise ValueSyntaxError(f"'{text}' is not a whole number of bytes; write for example 1536B")
    if size > BYTES_MAX:
        raise ValueSyntaxError(f"'{text}' is more than 1024PiB; write for example 2GiB")
    return int(size)


def format_bytes(size_bytes: int) -> str:
    """Write a size in the largest unit that divides it.

    Raises:
        ValueSyntaxError: outside 0 to 2**60.
    """
    _refuse_outside(size_bytes, BYTES_MAX, "a size in bytes")
    if size_bytes == 0:
        return "0B"
    unit = next(unit for unit, length in _SIZES.items() if size_bytes % length == 0)
    return f"{size_bytes // _SIZES[unit]}{unit}"


def parse_ratio(text: str) -> float:
    """Read ``99.9%`` as a ratio in [0, 1].

    Raises:
        ValueSyntaxError: not a percentage, or over 100%.
    """
    if _is_zero(text):
        return 0.0
    match = _RATIO.fullmatch(text.strip())
    if match is None:
        raise _mistake(text, "a percentage", "20% or 99.9%")
    return _bounded(text, Fraction(match[1]) / 100, 1.0, "100%")


def format_ratio(ratio: float) -> str:
    """Write a ratio in [0, 1] as a percentage with the digits it has.

    Raises:
        ValueSyntaxError: outside [0, 1].
    """
    _refuse_outside(ratio, 1.0, "a ratio")
    return f"{_plain(ratio, shift=2)}%"


def parse_money(text: str) -> tuple[float, str]:
    """Read ``0.096 USD/h`` as (0.096, "h"), ``0.01 USD/GB`` as (0.01, "GB"), ``5 USD`` as (5, "").

    US dollars only: prices of one list are added up, so one currency must do.

    Raises:
        ValueSyntaxError: not an amount, another currency or unit, or over 10**12.
    """
    if _is_zero(text):
        return 0.0, ""
    match = _MONEY.fullmatch(text.strip())
    if match is None or match[2] not in (None, *_PRICED):
        raise _mistake(text, "a price", "0.096 USD/h, 0.01 USD/GB or 5 USD")
    return _bounded(text, Fraction(match[1]), MONEY_USD_MAX, "10^12 USD"), match[2] or ""


def format_money(amount_usd: float, unit: str = "") -> str:
    """Write an amount, or a price per ``unit``.

    Raises:
        ValueSyntaxError: not an amount from 0 to 10**12, or a unit that is not ``h`` or ``GB``.
    """
    _refuse_outside(amount_usd, MONEY_USD_MAX, "an amount in USD")
    if unit not in ("", *_PRICED):
        raise ValueSyntaxError(f"no price is per '{unit}'; use for example h or GB")
    return f"{_plain(amount_usd)} USD" + (f"/{unit}" if unit else "")


def _is_zero(text: str) -> bool:
    return text.strip() == "0"


def _mistake(text: str, what: str, examples: str) -> ValueSyntaxError:
    return ValueSyntaxError(f"'{text}' is not {what}; write for example {examples}")


def _bounded(text: str, value: Fraction, maximum: float, limit: str) -> float:
    if value > maximum:
        raise ValueSyntaxError(f"'{text}' is more than {limit}")
    return float(value)


def _refuse_outside(value: float, maximum: float, what: str) -> None:
    if not 0 <= value <= maximum:
        raise ValueSyntaxError(f"{value!r} is not {what}; it must be from 0 to {maximum:g}")


def _plain(value: float, shift: int = 0) -> str:
    """Shortest decimal that reads back as ``value``, times 10**shift, without an exponent."""
    text = f"{Decimal(repr(float(value) + 0.0)).scaleb(shift):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
