"""Quantities with units as field types: text in the file, exact numbers after validation.

A bare number other than 0 is refused, because nobody can tell ``250`` milliseconds from seconds;
the message writes out what was probably meant.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from models.base.errors import ValueSyntaxError
from models.base.time import parse_duration
from models.base.units import parse_bytes, parse_money, parse_rate, parse_ratio
from scenarios.source.problems import quoted

Value = TypeVar("Value")

MISTAKE = "mistake"
_NUMBER = r"\d+(\.\d+)?"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)
_CIVIL = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?")
_PPM = re.compile(r"(\d{1,6})ppm")


def mistake(message: str, *, field: str = "") -> PydanticCustomError:
    """An error whose message reaches the user as it stands.

    ``field`` is the one of the section's fields that is to blame, if it is one.
    """
    return PydanticCustomError(MISTAKE, "{text}", {"text": message, "field": field})


def _reader(
    what: str, meant: Callable[[float], str], parse: Callable[[str], Value], zero: Value
) -> Callable[[object], Value]:
    def read(value: object) -> Value:
        if isinstance(value, str):
            try:
                return parse(value)
            except ValueSyntaxError as error:
                raise mistake(str(error)) from None
        if isinstance(value, int | float) and not isinstance(value, bool):
            if value == 0:
                return zero
            raise mistake(f"{quoted(value)} has no unit; write {meant(value)}")
        raise mistake(f"expected {what}, got {quoted(value)}")

    return read


def _with(*units: str) -> Callable[[float], str]:
    return lambda value: " or ".join(f"{quoted(value)}{unit}" for unit in units)


def _as_share(value: float) -> str:
    return f"{100 * value:.6g}%" if 0 < value <= 1 else f"{quoted(value)}%"


def parse_civil_time(text: str) -> int:
    """Nanoseconds since the epoch of ``2026-03-02T18:00:00Z``; without a zone it is UTC.

    Years from 1970 to 2199, so that instants fit 63 bits.

    Raises:
        ValueSyntaxError: not such a time, or one that the calendar does not have.
    """
    if not _CIVIL.fullmatch(text):
        raise ValueSyntaxError(f"{quoted(text)} is not a time; write 2026-03-02T18:00:00Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueSyntaxError(f"{quoted(text)} is not a time: {error}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if not _EPOCH <= moment < _LAST:
        raise ValueSyntaxError(f"{quoted(text)} is not a time from 1970 to 2199")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _civil_time(value: object) -> int:
    if not isinstance(value, str):
        raise mistake(f"expected a time such as 2026-03-02T18:00:00Z, got {quoted(value)}")
    try:
        return parse_civil_time(value)
    except ValueSyntaxError as error:
        raise mistake(str(error)) from None


def _signed(parse: Callable[[str], int]) -> Callable[[str], int]:
    """The same quantity, with a minus in front if it is less than nothing."""

    def read(text: str) -> int:
        size = text.strip().removeprefix("-")
        return -parse(size) if text.strip().startswith("-") else parse(text)

    return read


def _parse_byte_rate(text: str) -> float:
    size, slash, second = text.rpartition("/")
    if not slash or second.strip() != "s":
        raise ValueSyntaxError(f"{quoted(text)} is not a bandwidth; write for example 10MiB/s")
    return float(parse_bytes(size))


def _parse_drift(text: str) -> int:
    match = _PPM.fullmatch(text)
    if match is None:
        raise ValueSyntaxError(f"{quoted(text)} is not a clock drift; write for example 50ppm")
    return int(match.group(1))


def _parse_price_per(unit: str, example: str) -> Callable[[str], float]:
    def parse(text: str) -> float:
        amount, found = parse_money(text)
        if found != unit:
            raise ValueSyntaxError(f"{quoted(text)} is not a price per {unit}; write {example}")
        return amount

    return parse


def _parse_amount(text: str) -> float:
    amount, unit = parse_money(text)
    if unit:
        raise ValueSyntaxError(f"{quoted(text)} is a price per {unit}; write only {amount:g} USD")
    return amount


def _text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{pattern}$", "examples": [example]},
                {"const": 0},
            ]
        }
    )


def _only_text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": [example]})


Duration = Annotated[
    int,
    BeforeValidator(_reader("a duration such as 250ms", _with("ms", "s"), parse_duration, 0)),
    _text(r"\s*(0|(\d+(\.\d+)?(ms|us|µs|ns|d|h|m|s))+)\s*", "250ms"),
]
SignedDuration = Annotated[
    int,
    BeforeValidator(
        _reader("a duration such as -5m", _with("ms", "s"), _signed(parse_duration), 0)
    ),
    _text(r"\s*-?(0|(\d+(\.\d+)?(ms|us|µs|ns|d|h|m|s))+)\s*", "-5m"),
]
PositiveDuration = Annotated[Duration, Field(gt=0)]
Rate = Annotated[
    float,
    BeforeValidator(_reader("a rate such as 400/s", _with("/s"), parse_rate, 0.0)),
    _text(_NUMBER + r"\s*/\s*[a-z]+", "400/s"),
]
Bytes = Annotated[
    int,
    BeforeValidator(_reader("a size such as 2KiB", _with("B", "KiB"), parse_bytes, 0)),
    _text(_NUMBER + r"\s*[A-Za-z]+", "2KiB"),
]
ByteRate = Annotated[
    float,
    BeforeValidator(
        _reader("a bandwidth such as 10MiB/s", _with("B/s", "MiB/s"), _parse_byte_rate, 0)
    ),
    _text(_NUMBER + r"\s*[A-Za-z]+\s*/\s*s", "10MiB/s"),
]
Ratio = Annotated[
    float,
    BeforeValidator(_reader("a share such as 20%", _as_share, parse_ratio, 0.0)),
    _text(_NUMBER + r"\s*%", "20%"),
]
Drift = Annotated[
    int,
    BeforeValidator(_reader("a clock drift such as 50ppm", _with("ppm"), _parse_drift, 0)),
    _text(_PPM.pattern, "50ppm"),
]
SignedDrift = Annotated[
    int,
    BeforeValidator(
        _reader("a clock drift such as -50ppm", _with("ppm"), _signed(_parse_drift), 0)
    ),
    _text("-?" + _PPM.pattern, "-50ppm"),
]
HourlyPrice = Annotated[
    float,
    BeforeValidator(
        _reader("a price", _with(" USD/h"), _parse_price_per("h", "0.096 USD/h"), 0.0),
    ),
    _text(_NUMBER + r"\s*USD\s*/\s*h", "0.096 USD/h"),
]
GigabytePrice = Annotated[
    float,
    BeforeValidator(
        _reader("a price", _with(" USD/GB"), _parse_price_per("GB", "0.01 USD/GB"), 0.0)
    ),
    _text(_NUMBER + r"\s*USD\s*/\s*GB", "0.01 USD/GB"),
]
Amount = Annotated[
    float,
    BeforeValidator(_reader("an amount such as 1.2 USD", _with(" USD"), _parse_amount, 0.0)),
    _text(_NUMBER + r"\s*USD", "1.2 USD"),
]
CivilTime = Annotated[
    int,
    BeforeValidator(_civil_time),
    _only_text(_CIVIL.pattern, "2026-03-02T18:00:00Z"),
]
