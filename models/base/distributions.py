"""Laws of random durations, as people name them in a scenario file.

Only descriptions live here; :mod:`models.base.samplers` turns one into draws. All parameters
are nanoseconds unless their name says otherwise, and every law is on [0, infinity). A law that
makes no sense cannot be built: it raises ``ConfigError``.
"""

from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from models.base.errors import ConfigError
from models.base.time import DURATION_NS_MAX, DurationNs

_LARGE = 1e6


@dataclass(frozen=True, slots=True)
class Deterministic:
    """Always the same duration."""

    value_ns: DurationNs

    def __post_init__(self) -> None:
        _check_duration("value", self.value_ns)


@dataclass(frozen=True, slots=True)
class Uniform:
    """Equally likely anywhere in [low, high); always low if the two are equal."""

    low_ns: DurationNs
    high_ns: DurationNs

    def __post_init__(self) -> None:
        _check_duration("low", self.low_ns)
        _check_duration("high", self.high_ns)
        if self.low_ns > self.high_ns:
            raise ConfigError(f"low ({self.low_ns} ns) is over high ({self.high_ns} ns)")


@dataclass(frozen=True, slots=True)
class Exponential:
    """Memoryless with the given mean."""

    mean_ns: DurationNs

    def __post_init__(self) -> None:
        _check_duration("mean", self.mean_ns)


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal law, values below zero drawn as zero."""

    mean_ns: DurationNs
    sd_ns: DurationNs

    def __post_init__(self) -> None:
        _check_duration("mean", self.mean_ns)
        _check_duration("sd", self.sd_ns)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Logarithm normal with location ``mu`` (natural log of the median in ns) and scale ``sigma``.

    Built from what people measure: see :func:`models.base.samplers.lognormal_from_quantiles` and
    :func:`models.base.samplers.lognormal_from_moments`.
    """

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        if not abs(self.mu) <= _LARGE:
            raise ConfigError(f"mu must be from -{_LARGE:g} to {_LARGE:g}, not {self.mu}")
        if not 0.0 <= self.sigma <= _LARGE:
            raise ConfigError(f"sigma must be from 0 to {_LARGE:g}, not {self.sigma}")


@dataclass(frozen=True, slots=True)
class Pareto:
    """Power tail: P(X > x) = (scale / x) ** shape for x >= scale.

    Values over ``cap_ns``, if given, are drawn as ``cap_ns``. Shapes of 1 or less have no mean.
    """

    scale_ns: DurationNs
    shape: float
    cap_ns: DurationNs | None = None

    def __post_init__(self) -> None:
        _check_duration("scale", self.scale_ns)
        _check_shape(self.shape)
        if self.cap_ns is not None:
            _check_duration("cap", self.cap_ns)
            if self.cap_ns < self.scale_ns:
                raise ConfigError(f"cap ({self.cap_ns} ns) is under scale ({self.scale_ns} ns)")


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma law by mean and shape; an integer shape k is Erlang-k."""

    mean_ns: DurationNs
    shape: float

    def __post_init__(self) -> None:
        _check_duration("mean", self.mean_ns)
        _check_shape(self.shape)


@dataclass(frozen=True, slots=True)
class Empirical:
    """A measured table: values with weights, drawn as they stand (no interpolation)."""

    values_ns: tuple[DurationNs, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.values_ns) != len(self.weights):
            raise ConfigError(f"{len(self.values_ns)} values have {len(self.weights)} weights")
        for value_ns in self.values_ns:
            _check_duration("value", value_ns)
        if not all(weight >= 0.0 for weight in self.weights):
            raise ConfigError("a weight must be at least 0")
        if not 0.0 < sum(self.weights) < inf:
            raise ConfigError("at least one weight must be over 0, and their sum finite")


Distribution: TypeAlias = (
    Deterministic | Uniform | Exponential | Normal | Lognormal | Pareto | Gamma | Empirical
)


def _check_duration(name: str, duration_ns: DurationNs) -> None:
    if not 0 <= duration_ns <= DURATION_NS_MAX:
        raise ConfigError(f"{name} must be from 0 to 2**62 ns, not {duration_ns}")


def _check_shape(shape: float) -> None:
    if not 1.0 / _LARGE <= shape <= _LARGE:
        raise ConfigError(f"shape must be from {1.0 / _LARGE:g} to {_LARGE:g}, not {shape}")
