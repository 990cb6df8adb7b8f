"""Numbers: powers, logarithms and quotients agree with the C library where it is exact."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.telemetry.promql.functions import numbers

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(min_value=1e-6, max_value=1e6), st.floats(min_value=-40, max_value=40))
def test_powers_are_close_to_the_library(base, exponent):
    assert numbers.power(base, exponent) == pytest.approx(math.pow(base, exponent), rel=1e-12)


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [
        (2, 10, 1024.0),
        (10, 15, 1e15),
        (-2, 3, -8.0),
        (-2, -2, 0.25),
        (-8, 1 / 3, math.nan),
        (9, 0.5, 3.0),
        (9, -0.5, 1 / 3),
        (0, 0, 1.0),
        (0, -1, math.inf),
        (-0.0, -1, -math.inf),
        (-0.0, -2, math.inf),
        (math.nan, 0, 1.0),
        (1, math.nan, 1.0),
        (math.inf, -1, 0.0),
        (-math.inf, 3, -math.inf),
        (0.5, math.inf, 0.0),
        (1e200, 2, math.inf),
        (-1e200, 3, -math.inf),
        (1e-200, 2, 0.0),
        (1.5, 1e300, math.inf),
        (1.5, -1e300, 0.0),
        (0.5, 1e300, 0.0),
        (-1, 2.0**70, 1.0),
        (2, 1e5, math.inf),
        (2, -1e5, 0.0),
    ],
)
def test_powers_at_the_edges(base, exponent, expected):
    assert numbers.power(base, exponent) == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(FINITE, FINITE.filter(bool))
def test_quotients_and_remainders_are_those_of_the_library(one, other):
    assert numbers.divided(one, other) == one / other
    assert numbers.remainder(one, other) == math.fmod(one, other)


@pytest.mark.parametrize("power", range(-1070, 1023, 13))
def test_logarithms_of_powers_of_two_are_exact(power):
    assert numbers.log2(math.ldexp(1.0, power)) == power


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(min_value=1e-300, max_value=1e300))
def test_logarithms_are_close_to_the_library(x):
    assert numbers.ln(x) == pytest.approx(math.log(x), rel=1e-14, abs=1e-300)
    assert numbers.log10(x) == pytest.approx(math.log10(x), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize(
    ("x", "expected"),
    [(0, 1), (-800, 0), (709.75, math.inf), (709, math.exp(709)), (math.nan, math.nan)],
)
def test_exponentials(x, expected):
    assert numbers.exp(x) == pytest.approx(expected, rel=1e-14, nan_ok=True)


@pytest.mark.parametrize(("x", "expected"), [(-0.4, "-0.0"), (0.4, "1.0"), (math.inf, "inf")])
def test_ceil_keeps_the_sign_of_zero(x, expected):
    assert str(numbers.ceil(x)) == expected


@pytest.mark.parametrize(("x", "expected"), [(0.5, 1), (-0.5, 0), (1.5, 2), (-1.5, -1)])
def test_ties_are_rounded_up(x, expected):
    assert numbers.rounded(x) == expected
