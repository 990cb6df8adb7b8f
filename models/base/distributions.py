"""Laws of random durations, as people name them in a scenario file.

Only descriptions live here; :mod:`models.base.samplers` turns one into draws. All parameters
are nanoseconds unless their name says otherwise, and every law is on [0, infinity).
"""

from dataclasses import dataclass
from typing import TypeAlias

from models.base.time import DurationNs


@dataclass(frozen=True, slots=True)
class Deterministic:
    """Always the same duration."""

    value_ns: DurationNs


@dataclass(frozen=True, slots=True)
class Uniform:
    """Equally likely anywhere in [low, high)."""

    low_ns: DurationNs
    high_ns: DurationNs


@dataclass(frozen=True, slots=True)
class Exponential:
    """Memoryless with the given mean."""

    mean_ns: DurationNs


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal law, values below zero drawn as zero."""

    mean_ns: DurationNs
    sd_ns: DurationNs


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Logarithm normal with location ``mu`` (natural log of the median in ns) and scale ``sigma``.

    Built from what people measure: see :func:`models.base.samplers.lognormal_from_quantiles` and
    :func:`models.base.samplers.lognormal_from_moments`.
    """

    mu: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Pareto:
    """Power tail: P(X > x) = (scale / x) ** shape for x >= scale, cut at ``cap_ns`` if given."""

    scale_ns: DurationNs
    shape: float
    cap_ns: DurationNs | None = None


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma law by mean and shape; an integer shape k is Erlang-k."""

    mean_ns: DurationNs
    shape: float


@dataclass(frozen=True, slots=True)
class Empirical:
    """A measured table: values with weights, drawn as they stand (no interpolation)."""

    values_ns: tuple[DurationNs, ...]
    weights: tuple[float, ...]


Distribution: TypeAlias = (
    Deterministic | Uniform | Exponential | Normal | Lognormal | Pareto | Gamma | Empirical
)
