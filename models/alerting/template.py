"""The simple templates of alert labels and annotations.

Expanded are ``{{ $labels.NAME }}`` (empty when the label is absent) and ``{{ $value }}``. Every
other action between braces (functions, pipes, conditions, ``{{ $labels }}``) stays as written.

Source: semantics 3.1; the number is written as Go's ``%v`` does, as in Prometheus.
"""

import re
from decimal import Decimal
from math import isinf, isnan

from models.telemetry.labels import LabelSet, label_value

_EXPONENT_FROM = 6
_ACTION = re.compile(r"\{\{\s*\$(?:labels\.([A-Za-z_][A-Za-z0-9_]*)|value)\s*\}\}")


def expand(template: str, *, labels: LabelSet, value: float) -> str:
    """Fill in the labels and the value of one element of the rule's result."""

    def replacement(match: re.Match[str]) -> str:
        name = match.group(1)
        return number_text(value) if name is None else label_value(labels, name)

    return _ACTION.sub(replacement, template)


def number_text(value: float) -> str:
    """Write a number in the fewest digits, with an exponent below 1e-4 and from 1e6 on.

    Infinities are ``+Inf`` and ``-Inf``, as in ``1.5e+06`` the exponent has a sign and at least
    two digits.
    """
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    parts = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(str(digit) for digit in parts.digits)
    exponent = len(digits) - 1 + int(parts.exponent)
    sign = "-" if parts.sign else ""
    if -4 <= exponent < _EXPONENT_FROM:
        return sign + _plain(digits, exponent)
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{exponent:+03d}"


def _plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
