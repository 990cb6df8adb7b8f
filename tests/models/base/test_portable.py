"""Portable mathematics: accurate, and the same bits for a float and for an array."""

import math
from decimal import Context, Decimal
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.portable import (
    Z_99,
    exp,
    exp_array,
    ln,
    ln_array,
    normal_quantile,
    normal_quantile_array,
    power,
)
from models.base.streams import Stream

PRECISE = Context(prec=40)
SMALLEST = 5e-324
LARGEST = 1.7976931348623157e308
moderate = settings(derandomize=True, deadline=None, max_examples=60)


def ulps(found: float, exact: Decimal) -> float:
    return float(abs(Decimal(found) - exact) / Decimal(math.ulp(float(exact))))


@given(st.floats(min_value=SMALLEST, max_value=LARGEST))
@moderate
def test_ln_is_within_one_ulp_everywhere(x: float) -> None:
    assert ulps(ln(x), Decimal(x).ln(PRECISE)) <= 1.0


def test_ln_is_within_one_ulp_where_it_crosses_zero() -> None:
    for x in (1.0 + Stream(1, "near one").uniforms(2000) - 0.5).tolist():
        assert ulps(ln(x), Decimal(x).ln(PRECISE)) <= 1.0


@pytest.mark.parametrize("x", [1.0 - 2.0**-53, 1.0 + 2.0**-52, math.sqrt(0.5), math.sqrt(2.0)])
def test_ln_is_within_one_ulp_at_the_edges_of_its_reduction(x: float) -> None:
    for neighbour in (math.nextafter(x, 0.0), x, math.nextafter(x, 3.0)):
        assert ulps(ln(neighbour), Decimal(neighbour).ln(PRECISE)) <= 1.0


def test_ln_of_one_is_zero() -> None:
    assert ln(1.0) == 0.0


@pytest.mark.parametrize("x", [0.0, -0.0, -1.0, math.inf, math.nan])
def test_ln_refuses_what_has_no_finite_logarithm(x: float) -> None:
    with pytest.raises(ValueError, match="no logarithm"):
        ln(x)


@given(st.floats(min_value=-708.0, max_value=709.0))
@moderate
def test_exp_is_within_one_ulp_everywhere(x: float) -> None:
    assert ulps(exp(x), PRECISE.exp(Decimal(x))) <= 1.0


def test_exp_is_within_one_ulp_around_zero() -> None:
    for x in (Stream(1, "around zero").uniforms(2000) * 2.0 - 1.0).tolist():
        assert ulps(exp(x), PRECISE.exp(Decimal(x))) <= 1.0


def test_exp_of_zero_is_one() -> None:
    assert exp(0.0) == 1.0


def test_exp_vanishes_just_under_its_smallest_argument() -> None:
    assert exp(-708.0) > 0.0
    assert exp(math.nextafter(-708.0, -math.inf)) == 0.0
    assert exp(-math.inf) == 0.0


def test_exp_overflows_just_over_its_largest_argument() -> None:
    assert exp(709.0) < math.inf
    with pytest.raises(OverflowError):
        exp(math.nextafter(709.0, math.inf))


def test_exp_of_what_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        exp(math.nan)


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [(2.0, 10.0, 1024.0), (10.0, -3.0, 1e-3), (0.5, 0.5, math.sqrt(0.5)), (7.0, 0.0, 1.0)],
)
def test_power_of_known_values(base: float, exponent: float, expected: float) -> None:
    assert power(base, exponent) == pytest.approx(expected, rel=2e-15)


@given(st.floats(min_value=SMALLEST, max_value=1.0 - 2.0**-53))
@moderate
def test_the_normal_quantile_agrees_with_the_standard_library(p: float) -> None:
    # The library evaluates the same algorithm, AS 241, over its own logarithm.
    assert normal_quantile(p) == pytest.approx(NormalDist().inv_cdf(p), rel=2e-15, abs=1e-300)


# Wichura 1988, section 3: values to check an implementation with.
@pytest.mark.parametrize(
    ("p", "quantile"),
    [
        (0.25, -0.6744897501960817),
        (0.001, -3.090232306167814),
        (1e-20, -9.262340089798408),
    ],
)
def test_the_normal_quantile_at_the_published_check_points(p: float, quantile: float) -> None:
    assert normal_quantile(p) == pytest.approx(quantile, rel=1e-15)


@pytest.mark.parametrize("p", [0.075, 0.925, math.exp(-25.0), 1.0 - math.exp(-25.0)])
def test_the_normal_quantile_is_continuous_where_its_pieces_meet(p: float) -> None:
    step = p * 1e-12 if p < 0.5 else 2.0**-52
    below, at, above = (normal_quantile(x) for x in (p - step, p, p + step))
    assert below <= at <= above
    assert above - below < 1e-5 * abs(at)


@given(st.integers(1, 2**52 - 1))
@moderate
def test_the_normal_quantile_is_odd_around_one_half(k: int) -> None:
    p = k * 2.0**-53
    assert normal_quantile(1.0 - p) == -normal_quantile(p)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 1.1, math.nan])
def test_the_normal_quantile_refuses_what_is_not_inside_zero_and_one(p: float) -> None:
    with pytest.raises(ValueError, match="no normal quantile"):
        normal_quantile(p)


def test_z_99_is_the_quantile_of_99_percent() -> None:
    assert normal_quantile(0.99) == pytest.approx(Z_99, rel=1e-15)


def test_ln_of_an_array_has_the_bits_of_ln() -> None:
    scaled = np.ldexp(Stream(2, "ln").uniforms(4000) + 2.0**-53, np.arange(4000) % 2000 - 1020)
    assert ln_array(scaled).tolist() == [ln(x) for x in scaled.tolist()]


def test_exp_of_an_array_has_the_bits_of_exp() -> None:
    arguments = Stream(2, "exp").uniforms(4000) * 1417.0 - 708.0
    assert exp_array(arguments).tolist() == [exp(x) for x in arguments.tolist()]


def test_the_normal_quantile_of_an_array_has_the_bits_of_the_scalar() -> None:
    central = Stream(2, "quantile").uniforms(4000) + 2.0**-54
    tails = np.array([1e-300, 1e-12, math.exp(-25.0), 0.075, 0.5, 0.925, 1.0 - 2.0**-53])
    p = np.concatenate((central[central < 1.0], tails))
    assert normal_quantile_array(p).tolist() == [normal_quantile(x) for x in p.tolist()]


def test_arguments_are_not_changed() -> None:
    x = np.array([0.01, 0.4, 0.6, 0.99])
    before = x.copy()
    ln_array(x), exp_array(x), normal_quantile_array(x)
    assert np.array_equal(x, before)
