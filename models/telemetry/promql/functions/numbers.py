"""Functions and operators on single numbers, with IEEE 754's answers instead of exceptions.

``+ - * / %``, square roots and rounding are exact everywhere. Exponentials, logarithms and powers
go through :mod:`models.base.portable` and have the same bits on every machine, too. The
trigonometric and hyperbolic functions are those of the C library: their last bit may differ
between machines, so a threshold on them should keep a distance.

Source: semantics 2.3 and 2.10; prometheus promql/functions.go; Go's math.Pow, Log2, Max and Min.
"""

import math
from collections.abc import Callable
from math import copysign, frexp, inf, isinf, isnan, ldexp, nan

from models.base import portable

_LN2 = 0.6931471805599453
_LN10 = 2.302585092994046
_EXPONENT_MAX = 2.0**63
_SCALE_MAX = 1 << 12


def divided(one: float, other: float) -> float:
    """``one / other``; by zero it is infinite, or NaN for zero and NaN."""
    if other != 0:
        return one / other
    if one == 0 or isnan(one):
        return nan
    return copysign(inf, one) * copysign(1.0, other)


def remainder(one: float, other: float) -> float:
    """C's fmod: the remainder has the sign of ``one``; NaN for a zero divisor."""
    if isinf(one) or other == 0:
        return nan
    return math.fmod(one, other)


def power(base: float, exponent: float) -> float:
    """``base ^ exponent``, exact wherever whole powers of the base are."""
    if base == 0 or isinf(base) or isnan(base) or isinf(exponent) or isnan(exponent):
        return _special_power(base, exponent)
    if base < 0 and exponent % 1:
        return nan
    if abs(exponent) == 0.5:
        root = math.sqrt(base)
        return root if exponent > 0 else 1 / root
    if abs(exponent) >= _EXPONENT_MAX:
        if abs(base) == 1:
            return 1.0
        return inf if (abs(base) > 1) is (exponent > 0) else 0.0
    return _squared_up(base, exponent)


def exp(x: float) -> float:
    """Power of e."""
    if x > portable.EXP_ARGUMENT_MAX:
        return math.exp(x) if x < 709.7 else inf
    return portable.exp(x) if x == x else x  # noqa: PLR0124 - NaN differs from itself


def ln(x: float) -> float:
    """Natural logarithm."""
    if x > 0 and not isinf(x):
        return portable.ln(x)
    if x == 0:
        return -inf
    return x if x > 0 else nan


def log2(x: float) -> float:
    """Logarithm to base 2, exact for powers of 2."""
    if not 0 < x < inf:
        return ln(x)
    mantissa, exponent = frexp(x)
    if mantissa == 0.5:
        return float(exponent - 1)
    return portable.ln(mantissa) * (1 / _LN2) + exponent


def log10(x: float) -> float:
    """Logarithm to base 10."""
    return log2(x) * (_LN2 / _LN10)


def square_root(x: float) -> float:
    """Square root, NaN of a negative number."""
    return nan if x < 0 else math.sqrt(x)


def sign(x: float) -> float:
    """-1, 0 or 1; NaN and signed zeros stay what they are."""
    if x < 0:
        return -1.0
    return 1.0 if x > 0 else x


def floor(x: float) -> float:
    """Largest whole number that is not greater."""
    return x if isinf(x) or isnan(x) else copysign(float(math.floor(x)), x)


def ceil(x: float) -> float:
    """Least whole number that is not smaller."""
    return x if isinf(x) or isnan(x) else copysign(float(math.ceil(x)), x)


def rounded(x: float, to_nearest: float = 1.0) -> float:
    """Nearest multiple, the greater one of two that are equally near."""
    inverse = divided(1.0, to_nearest)
    return divided(floor(x * inverse + 0.5), inverse)


def at_least(x: float, bound: float) -> float:
    """The greater of the two: infinity if one is, else NaN if one is."""
    if isnan(x) or isnan(bound):
        return inf if inf in (x, bound) else nan
    return max(x, bound)


def at_most(x: float, bound: float) -> float:
    """The smaller of the two: minus infinity if one is, else NaN if one is."""
    if isnan(x) or isnan(bound):
        return -inf if -inf in (x, bound) else nan
    return min(x, bound)


def clamped(x: float, least: float, greatest: float) -> float | None:
    """The value within the bounds; None when they exclude each other."""
    if greatest < least:
        return None
    return at_least(at_most(x, greatest), least)


def tolerant(function: Callable[[float], float]) -> Callable[[float], float]:
    """A function of the C library with NaN outside its domain and infinity beyond its range."""

    def applied(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return nan
        except OverflowError:
            return copysign(inf, x) if function is math.sinh else inf

    return applied


def inverse_tanh(x: float) -> float:
    """Area tangent, infinite at -1 and 1."""
    if abs(x) == 1:
        return copysign(inf, x)
    return math.atanh(x) if abs(x) < 1 else nan


def _special_power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except ValueError:
        is_odd = abs(exponent) < _EXPONENT_MAX and exponent % 2 == 1
        return copysign(inf, base) if is_odd else inf


def _squared_up(base: float, exponent: float) -> float:
    """Repeated squaring for the whole part, e to a product for the rest."""
    whole = math.floor(abs(exponent))
    rest = abs(exponent) - whole
    if rest > 0.5:
        rest, whole = rest - 1.0, whole + 1
    product, scale = (portable.exp(rest * portable.ln(base)) if rest else 1.0), 0
    mantissa, twos = frexp(base)
    while whole:
        if abs(twos) > _SCALE_MAX:
            scale += twos
            break
        if whole & 1:
            product *= mantissa
            scale += twos
        mantissa *= mantissa
        twos *= 2
        if abs(mantissa) < 0.5:
            mantissa += mantissa
            twos -= 1
        whole >>= 1
    if exponent < 0:
        product, scale = 1 / product, -scale
    try:
        return ldexp(product, scale)
    except OverflowError:
        return copysign(inf, product)
