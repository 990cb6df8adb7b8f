"""Descriptions of laws: the last that makes sense is built, the first that does not is refused."""

import math

import pytest

from models.base.distributions import (
    Deterministic,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Normal,
    Pareto,
    Uniform,
)
from models.base.errors import ConfigError
from models.base.time import DURATION_NS_MAX


@pytest.mark.parametrize("duration_ns", [0, DURATION_NS_MAX])
def test_durations_at_the_limits_are_accepted(duration_ns: int) -> None:
    assert Deterministic(duration_ns).value_ns == duration_ns
    assert Uniform(duration_ns, duration_ns).high_ns == duration_ns
    assert Exponential(duration_ns).mean_ns == duration_ns
    assert Normal(duration_ns, duration_ns).sd_ns == duration_ns
    assert Pareto(duration_ns, 1.0, cap_ns=duration_ns).cap_ns == duration_ns
    assert Gamma(duration_ns, 1.0).mean_ns == duration_ns
    assert Empirical((duration_ns,), (1.0,)).values_ns == (duration_ns,)


@pytest.mark.parametrize("duration_ns", [-1, DURATION_NS_MAX + 1])
def test_durations_beyond_the_limits_are_refused(duration_ns: int) -> None:
    for build in (
        lambda: Deterministic(duration_ns),
        lambda: Uniform(0, duration_ns),
        lambda: Uniform(duration_ns, DURATION_NS_MAX),
        lambda: Exponential(duration_ns),
        lambda: Normal(duration_ns, 1),
        lambda: Normal(1, duration_ns),
        lambda: Pareto(duration_ns, 1.0),
        lambda: Pareto(0, 1.0, cap_ns=duration_ns),
        lambda: Gamma(duration_ns, 1.0),
        lambda: Empirical((1, duration_ns), (1.0, 1.0)),
    ):
        with pytest.raises(ConfigError, match="must be from 0 to"):
            build()


def test_an_interval_does_not_run_backwards() -> None:
    with pytest.raises(ConfigError, match=r"low \(5 ns\) is over high \(4 ns\)"):
        Uniform(5, 4)


def test_a_cap_is_not_under_the_scale() -> None:
    with pytest.raises(ConfigError, match=r"cap \(4 ns\) is under scale \(5 ns\)"):
        Pareto(5, 1.0, cap_ns=4)


@pytest.mark.parametrize("shape", [1e-6, 1e6])
def test_shapes_at_the_limits_are_accepted(shape: float) -> None:
    assert Pareto(1, shape).shape == shape
    assert Gamma(1, shape).shape == shape


@pytest.mark.parametrize("shape", [0.0, -1.0, 9.9e-7, 1.1e6, math.inf, math.nan])
def test_shapes_beyond_the_limits_are_refused(shape: float) -> None:
    for build in (lambda: Pareto(1, shape), lambda: Gamma(1, shape)):
        with pytest.raises(ConfigError, match="shape must be from"):
            build()


def test_a_lognormal_may_be_a_single_point() -> None:
    assert Lognormal(0.0, 0.0).sigma == 0.0


@pytest.mark.parametrize("mu", [math.nan, math.inf, -math.inf, 1.1e6])
def test_a_lognormal_has_a_finite_location(mu: float) -> None:
    with pytest.raises(ConfigError, match="mu must be"):
        Lognormal(mu, 1.0)


@pytest.mark.parametrize("sigma", [math.nan, math.inf, -1e-9, 1.1e6])
def test_a_lognormal_has_a_finite_scale_of_at_least_zero(sigma: float) -> None:
    with pytest.raises(ConfigError, match="sigma must be"):
        Lognormal(0.0, sigma)


def test_a_table_has_a_weight_for_each_value() -> None:
    with pytest.raises(ConfigError, match="2 values have 1 weights"):
        Empirical((1, 2), (1.0,))


@pytest.mark.parametrize("weights", [(-1.0, 2.0), (math.nan, 1.0)])
def test_a_weight_is_at_least_zero(weights: tuple[float, float]) -> None:
    with pytest.raises(ConfigError, match="at least 0"):
        Empirical((1, 2), weights)


@pytest.mark.parametrize("weights", [(0.0, 0.0), (math.inf, 1.0), (1e308, 1e308)])
def test_weights_have_a_finite_sum_over_zero(weights: tuple[float, float]) -> None:
    with pytest.raises(ConfigError, match="their sum finite"):
        Empirical((1, 2), weights)


def test_a_table_is_not_empty() -> None:
    with pytest.raises(ConfigError, match="at least one weight"):
        Empirical((), ())
