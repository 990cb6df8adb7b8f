"""Logarithm, exponential and normal quantile whose bits are the same on every processor.

The mathematical library's ``log`` and ``exp``, and numpy's, change their last bits with the
instruction set and the release. Here only operations that IEEE 754 rounds exactly are used:
``+ - * /``, square roots, and scaling by powers of two. Each formula is written once and serves
a float and an array alike, so drawing one by one or in chunks gives the same bits.

No sums over arrays: the order of a reduction is the library's choice.
"""

import math
from typing import TypeVar

import numpy as np

from models.base.streams import Floats

Number = TypeVar("Number", float, Floats)

EXP_ARGUMENT_MAX = 709.0
EXP_ARGUMENT_MIN = -708.0
Z_99 = 2.3263478740408408

_LN2_HIGH = float.fromhex("0x1.62e42feep-1")
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_LN2_INVERSE = float.fromhex("0x1.71547652b82fep+0")
_SQRT_HALF = float.fromhex("0x1.6a09e667f3bcdp-1")

_LN_SERIES = tuple(2.0 / (2 * power + 1) for power in range(10, 0, -1))
_EXP_SERIES = tuple(1.0 / math.factorial(power) for power in range(14, 1, -1))

_CENTRAL_HALF_WIDTH = 0.425
_FAR_TAIL = 5.0
_CENTRAL_OVER = (
    2.5090809287301226727e3,
    3.3430575583588128105e4,
    6.7265770927008700853e4,
    4.5921953931549871457e4,
    1.3731693765509461125e4,
    1.9715909503065514427e3,
    1.3314166789178437745e2,
    3.3871328727963666080e0,
)
_CENTRAL_UNDER = (
    5.2264952788528545610e3,
    2.8729085735721942674e4,
    3.9307895800092710610e4,
    2.1213794301586595867e4,
    5.3941960214247511077e3,
    6.8718700749205790830e2,
    4.2313330701600911252e1,
    1.0,
)
_NEAR_OVER = (
    7.74545014278341407640e-4,
    2.27238449892691845833e-2,
    2.41780725177450611770e-1,
    1.27045825245236838258e0,
    3.64784832476320460504e0,
    5.76949722146069140550e0,
    4.63033784615654529590e0,
    1.42343711074968357734e0,
)
_NEAR_UNDER = (
    1.05075007164441684324e-9,
    5.47593808499534494600e-4,
    1.51986665636164571966e-2,
    1.48103976427480074590e-1,
    6.89767334985100004550e-1,
    1.67638483018380384940e0,
    2.05319162663775882187e0,
    1.0,
)
_FAR_OVER = (
    2.01033439929228813265e-7,
    2.71155556874348757815e-5,
    1.24266094738807843860e-3,
    2.65321895265761230930e-2,
    2.96560571828504891230e-1,
    1.78482653991729133580e0,
    5.46378491116411436990e0,
    6.65790464350110377720e0,
)
_FAR_UNDER = (
    2.04426310338993978564e-15,
    1.42151175831644588870e-7,
    1.84631831751005468180e-5,
    7.86869131145613259100e-4,
    1.48753612908506148525e-2,
    1.36929880922735805310e-1,
    5.99832206555887937690e-1,
    1.0,
)


def ln(x: float) -> float:
    """Natural logarithm of a finite x > 0, within 1 ulp.

    Raises:
        ValueError: x is not a finite number above zero.

    Source: x = 2**k * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)], and the series of the inverse
    hyperbolic tangent in s = f / (2 + f); the split of ln 2 is that of fdlibm.
    """
    if not 0.0 < x < math.inf:
        raise ValueError(f"no logarithm of {x!r}")
    mantissa, exponent = math.frexp(x)
    if mantissa < _SQRT_HALF:
        mantissa, exponent = 2.0 * mantissa, exponent - 1
    return _ln_scaled(mantissa - 1.0, float(exponent))


def ln_array(x: Floats) -> Floats:
    """:func:`ln` of every element, bit for bit; the caller vouches for 0 < x < infinity."""
    mantissa, exponent = np.frexp(x)
    is_low = mantissa < _SQRT_HALF
    mantissa += mantissa * is_low
    return _ln_scaled(mantissa - 1.0, exponent - is_low.astype(np.float64))


def exp(x: float) -> float:
    """Power of e, within 1 ulp; 0.0 under -708, where doubles begin to lose digits.

    Raises:
        OverflowError: x is over 709.
        ValueError: x is not a number.
    """
    if x > EXP_ARGUMENT_MAX:
        raise OverflowError(f"exp({x!r}) is too large")
    if x < EXP_ARGUMENT_MIN:
        return 0.0
    twos = math.floor(x * _LN2_INVERSE + 0.5)
    return math.ldexp(_exp_reduced(x, float(twos)), twos)


def exp_array(x: Floats) -> Floats:
    """:func:`exp` of every element, bit for bit; the caller vouches for -708 <= x <= 709."""
    twos = np.floor(x * _LN2_INVERSE + 0.5)
    return np.ldexp(_exp_reduced(x, twos), twos.astype(np.int32))


def power(base: float, exponent: float) -> float:
    """``base ** exponent`` for a base above zero; relative error about |exponent ln base| ulp."""
    return exp(exponent * ln(base))


def normal_quantile(p: float) -> float:
    """Inverse of the standard normal distribution function, relative error about 1e-16.

    Raises:
        ValueError: p is not inside (0, 1).

    Source: Wichura 1988, algorithm AS 241, routine PPND16.
    """
    if not 0.0 < p < 1.0:
        raise ValueError(f"no normal quantile of {p!r}")
    offset = p - 0.5
    if abs(offset) <= _CENTRAL_HALF_WIDTH:
        return _central(offset)
    root = math.sqrt(-ln(min(p, 1.0 - p)))
    distance = _near_tail(root) if root <= _FAR_TAIL else _far_tail(root)
    return math.copysign(distance, offset)


def normal_quantile_array(p: Floats) -> Floats:
    """:func:`normal_quantile` of every element, bit for bit; the caller vouches for 0 < p < 1."""
    offset = p - 0.5
    result = _central(offset)
    tail = np.flatnonzero(np.abs(offset) > _CENTRAL_HALF_WIDTH)
    p_tail = p[tail]
    root = np.sqrt(-ln_array(np.minimum(p_tail, 1.0 - p_tail)))
    distance = _near_tail(root)
    far = np.flatnonzero(root > _FAR_TAIL)
    if far.size:
        distance[far] = _far_tail(root[far])
    result[tail] = np.copysign(distance, offset[tail])
    return result


def _polynomial(x: Number, coefficients: tuple[float, ...]) -> Number:
    """Horner's rule, highest power first: one rounding for each product and each sum."""
    result = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        result = result * x + coefficient
    return result


def _ln_scaled(f: Number, exponent: Number) -> Number:
    s = f / (f + 2.0)
    square = s * s
    tail = square * _polynomial(square, _LN_SERIES)
    half_square = f * f * 0.5
    correction = s * (half_square + tail) + exponent * _LN2_LOW
    return exponent * _LN2_HIGH - ((half_square - correction) - f)


def _exp_reduced(x: Number, twos: Number) -> Number:
    high = x - twos * _LN2_HIGH
    low = twos * _LN2_LOW
    rest = high - low
    curved = rest * rest * _polynomial(rest, _EXP_SERIES)
    return ((curved - low) + high) + 1.0


def _central(offset: Number) -> Number:
    square = 0.180625 - offset * offset
    over = _polynomial(square, _CENTRAL_OVER)
    return offset * over / _polynomial(square, _CENTRAL_UNDER)


def _near_tail(root: Number) -> Number:
    beyond = root - 1.6
    return _polynomial(beyond, _NEAR_OVER) / _polynomial(beyond, _NEAR_UNDER)


def _far_tail(root: Number) -> Number:
    beyond = root - _FAR_TAIL
    return _polynomial(beyond, _FAR_OVER) / _polynomial(beyond, _FAR_UNDER)
