"""What a template works with: texts, numbers, label sets, samples of a query.

Whole numbers and floats are different types here, as in Go: ``gt $value 1`` compares a float with
a whole number and fails, ``gt $value 1.0`` does not.

Source: Go packages text/template and fmt; prometheus template/template.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isinf, isnan
from typing import TypeAlias

from models.base.errors import ForeshockError

Value: TypeAlias = "Scalar | Table | Sample | AlertData | Instant | tuple[Value, ...]"
Scalar: TypeAlias = float | int | bool | str | None

NO_VALUE = "<no value>"
_EXPONENT_FROM = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ExpansionError(ForeshockError):
    """A template that is sound cannot be filled in with what it was given."""


@dataclass(frozen=True, slots=True)
class Table:
    """Values by name; ``missing`` is what a name that is absent gives."""

    entries: Mapping[str, Value]
    missing: Value = ""

    def __getitem__(self, name: str) -> Value:
        return self.entries.get(name, self.missing)


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of the result of a query."""

    labels: Table
    value: float


@dataclass(frozen=True, slots=True)
class AlertData:
    """What the dot is at the start of a template."""

    labels: Table
    external_labels: Table
    external_url: str
    value: float


@dataclass(frozen=True, slots=True)
class Instant:
    """A point of civil time, in milliseconds since 1970."""

    milliseconds: int

    @property
    def text(self) -> str:
        """The instant in UTC, with the milliseconds that are not zero."""
        instant = _EPOCH + timedelta(milliseconds=self.milliseconds)
        fraction = f".{self.milliseconds % 1000:03d}".rstrip("0").rstrip(".")
        return f"{instant:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def is_true(value: Value) -> bool:
    """What a condition makes of it: nothing, zero and what is empty are false, NaN is true."""
    match value:
        case Table():
            return bool(value.entries)
        case Sample() | AlertData() | Instant():
            return True
        case _:
            return bool(value)


def shown(value: Value) -> str:
    """A value where a text is wanted. The names of a table are sorted."""
    if isinstance(value, str):
        return value
    if isinstance(value, Table | Sample | AlertData | tuple):
        return _whole(value)
    if isinstance(value, Instant):
        return value.text
    return _scalar(value)


def _scalar(value: Scalar) -> str:
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else str(value)


def _whole(value: "Table | Sample | AlertData | tuple[Value, ...]") -> str:
    match value:
        case Table():
            pairs = sorted(value.entries.items())
            return f"map[{' '.join(f'{name}:{shown(one)}' for name, one in pairs)}]"
        case Sample():
            return f"{{{shown(value.labels)} {number_text(value.value)}}}"
        case AlertData():
            tables = f"{shown(value.labels)} {shown(value.external_labels)}"
            return f"{{{tables} {value.external_url} {number_text(value.value)}}}"
        case _:
            return f"[{' '.join(map(shown, value))}]"


def type_name(value: Value) -> str:
    """The type as Go calls it."""
    if value is None:
        return "nil"
    if isinstance(value, Table):
        return "map[string]string" if value.missing == "" else "map[string]interface {}"
    names: dict[type, str] = {
        str: "string",
        bool: "bool",
        int: "int",
        float: "float64",
        Sample: "*template.sample",
        Instant: "*time.Time",
        tuple: "template.queryResult",
    }
    return names.get(type(value), "struct")


def number_text(value: float) -> str:
    """Write a number in the fewest digits, with an exponent below 1e-4 and from 1e6 on.

    Infinities are ``+Inf`` and ``-Inf``, as in ``1.5e+06`` the exponent has a sign and at least
    two digits.
    """
    if not is_finite(value):
        return special(value)
    parts = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(str(digit) for digit in parts.digits)
    exponent = len(digits) - 1 + int(parts.exponent)
    sign = "-" if parts.sign else ""
    if -4 <= exponent < _EXPONENT_FROM:
        return sign + _plain(digits, exponent)
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{exponent:+03d}"


def is_finite(value: float) -> bool:
    """True for numbers that are neither infinite nor NaN."""
    return not isnan(value) and not isinf(value)


def special(value: float) -> str:
    """The name of a number that is not finite."""
    if isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def _plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
