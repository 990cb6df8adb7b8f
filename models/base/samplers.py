"""Draws of random durations, fetched in growing chunks and handed out one by one.

A sampler owns its stream: it fetches words ahead of the draws, so nobody else may draw from that
stream. The sequence of draws depends on the law and the stream alone, never on chunk sizes. What
people measure (a median and a 99th percentile, a mean and a spread) becomes a law here too.
"""

import math
from collections.abc import Iterator
from itertools import chain
from typing import assert_never

from models.base.distributions import (
    Deterministic,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Normal,
    Pareto,
    Uniform,
)
from models.base.errors import ConfigError
from models.base.laws import Law, law_of, unit_exponentials
from models.base.portable import EXP_ARGUMENT_MAX, Z_99, exp, ln, power
from models.base.streams import Stream
from models.base.time import DurationNs

_FIRST_CHUNK = 16
_CHUNK_MAX = 4096


class Sampler:
    """Draws of one law from one stream.

    ``draws`` is the endless sequence of whole nanoseconds in [0, 2**62]. It is on the path of
    every message, so it is a chain of chunks: ``next(draws)`` hands out the next one without
    running any Python code of ours.
    """

    __slots__ = ("draws",)

    def __init__(self, law: Law, stream: Stream) -> None:
        self.draws: Iterator[DurationNs] = chain.from_iterable(_chunks(law, stream))

    def draw(self) -> DurationNs:
        """The next draw; ``next(draws)`` is the same and faster."""
        return next(self.draws)


def _chunks(law: Law, stream: Stream) -> Iterator[list[DurationNs]]:
    """Endless growing chunks; some may be empty, where a law rejects its tries."""
    width = law.words_per_try
    size = _FIRST_CHUNK
    while True:
        yield law.draws(stream.words(size * width).reshape(size, width)).tolist()
        size = min(2 * size, _CHUNK_MAX)


class UnitExponentials:
    """Floats of the exponential law with mean 1: the gaps of a Poisson process of rate 1.

    ``draws`` is the endless sequence of them, each a float in [0, 36.8).
    """

    __slots__ = ("draws",)

    def __init__(self, stream: Stream) -> None:
        self.draws: Iterator[float] = chain.from_iterable(_unit_chunks(stream))

    def draw(self) -> float:
        """The next draw; ``next(draws)`` is the same and faster."""
        return next(self.draws)


def _unit_chunks(stream: Stream) -> Iterator[list[float]]:
    size = _FIRST_CHUNK
    while True:
        yield unit_exponentials(stream.words(size)).tolist()
        size = min(2 * size, _CHUNK_MAX)


def make_sampler(distribution: Distribution, stream: Stream) -> Sampler:
    """Turn a described law into draws from ``stream``, which the sampler owns from now on."""
    return Sampler(law_of(distribution), stream)


def lognormal_from_quantiles(p50_ns: DurationNs, p99_ns: DurationNs) -> Lognormal:
    """Lognormal law with the given median and 99th percentile.

    Raises:
        ConfigError: not 0 < p50 <= p99.
    """
    if not 0 < p50_ns <= p99_ns:
        raise ConfigError(f"a lognormal needs 0 < p50 <= p99, not {p50_ns} ns and {p99_ns} ns")
    mu = ln(float(p50_ns))
    return Lognormal(mu=mu, sigma=(ln(float(p99_ns)) - mu) / Z_99)


def lognormal_from_moments(mean_ns: DurationNs, cv: float) -> Lognormal:
    """Lognormal law with the given mean and coefficient of variation (sd / mean).

    Raises:
        ConfigError: the mean is not above zero, or the coefficient is negative or not finite.
    """
    if not (mean_ns > 0 and 0.0 <= cv < math.inf):
        raise ConfigError(f"a lognormal needs a mean > 0 and a cv >= 0, not {mean_ns} ns and {cv}")
    variance = ln(1.0 + cv * cv)
    return Lognormal(mu=ln(float(mean_ns)) - variance / 2.0, sigma=math.sqrt(variance))


def mean_ns(distribution: Distribution) -> float:
    """Mean of a law in closed form, before rounding to whole nanoseconds.

    The normal law counts what falls under zero as zero, and the Pareto law what passes its cap as
    the cap, as their draws do. Infinite for a Pareto law of shape 1 or less without a cap. For
    planning and display: the normal law's last digit is the mathematical library's.
    """
    match distribution:
        case Deterministic(value):
            mean = float(value)
        case Uniform(low, high):
            mean = (low + high) / 2.0
        case Exponential(described) | Gamma(described):
            mean = float(described)
        case Normal(centre, sd):
            mean = _mean_above_zero(centre, sd)
        case Lognormal(mu, sigma):
            exponent = mu + sigma * sigma / 2.0
            mean = exp(exponent) if exponent <= EXP_ARGUMENT_MAX else math.inf
        case Pareto():
            mean = _pareto_mean(distribution)
        case Empirical(values, weights):
            weighed = (value * weight for value, weight in zip(values, weights, strict=True))
            mean = math.fsum(weighed) / math.fsum(weights)
        case _:
            assert_never(distribution)
    return mean


def _mean_above_zero(mean: float, sd: float) -> float:
    if sd == 0:
        return max(float(mean), 0.0)
    ratio = mean / sd
    density = math.exp(-ratio * ratio / 2.0) / math.sqrt(2.0 * math.pi)
    return mean * math.erfc(-ratio / math.sqrt(2.0)) / 2.0 + sd * density


def _pareto_mean(law: Pareto) -> float:
    if law.cap_ns is None:
        return law.scale_ns * law.shape / (law.shape - 1.0) if law.shape > 1.0 else math.inf
    if law.cap_ns <= law.scale_ns:
        return float(law.cap_ns)
    ratio = law.cap_ns / law.scale_ns
    if law.shape == 1.0:
        return law.scale_ns * (1.0 + ln(ratio))
    beyond = power(ratio, 1.0 - law.shape)
    return law.scale_ns * (law.shape - beyond) / (law.shape - 1.0)
