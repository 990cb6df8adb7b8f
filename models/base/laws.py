"""Laws of random durations as transforms from words to whole nanoseconds.

A law takes an array of words, ``words_per_try`` to a row, and returns the draws of the rows that
were accepted, in order. Rows do not see each other, so the sequence of draws does not depend on
how many rows are transformed at once. Draws are whole nanoseconds, halves rounded up, within
[0, ``DRAW_NS_MAX``].
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from models.base import distributions as described
from models.base.portable import exp_array, ln_array, normal_quantile_array
from models.base.streams import Floats, Words, unit_floats
from models.base.time import DURATION_NS_MAX

DRAW_NS_MAX = DURATION_NS_MAX
_DRAW_LN_MAX = 43.0
_HALF_BITS = np.uint64(12)
_HALF_UNIT = 2.0**-52

Draws: TypeAlias = NDArray[np.int64]


class Law(Protocol):
    """A transform of rows of words."""

    @property
    def words_per_try(self) -> int:
        """Width of a row, at least 1."""

    def draws(self, words: Words) -> Draws:
        """Transform rows of words, shape (tries, words_per_try), to at most that many draws."""


@dataclass(frozen=True, slots=True)
class DeterministicLaw:
    """The same number whatever the dice say; one word is spent so that all laws keep in step."""

    value_ns: int
    words_per_try: int = 1

    def draws(self, words: Words) -> Draws:
        """Repeat the value for every row."""
        return np.full(len(words), self.value_ns, np.int64)


@dataclass(frozen=True, slots=True)
class UniformLaw:
    """Whole nanoseconds of [low, high); low itself if the interval is empty."""

    low_ns: int
    high_ns: int
    words_per_try: int = 1

    def draws(self, words: Words) -> Draws:
        """Scale one uniform per row; the last nanosecond is kept under the bound."""
        span = self.high_ns - self.low_ns
        steps = np.floor(unit_floats(words[:, 0]) * span).astype(np.int64)
        return self.low_ns + np.minimum(steps, max(span - 1, 0))


@dataclass(frozen=True, slots=True)
class ExponentialLaw:
    """Inversion: minus the mean times the logarithm of a uniform of (0, 1]."""

    mean_ns: int
    words_per_try: int = 1

    def draws(self, words: Words) -> Draws:
        """Invert one uniform per row."""
        return _whole(unit_exponentials(words[:, 0]) * self.mean_ns)


@dataclass(frozen=True, slots=True)
class NormalLaw:
    """Inversion of the normal law; what falls under zero is zero."""

    mean_ns: int
    sd_ns: int
    words_per_try: int = 1

    def draws(self, words: Words) -> Draws:
        """Scale one normal quantile per row."""
        return _whole(np.maximum(_normals(words[:, 0]) * self.sd_ns + self.mean_ns, 0.0))


@dataclass(frozen=True, slots=True)
class LognormalLaw:
    """Exponential of a normal quantile."""

    mu: float
    sigma: float
    words_per_try: int = 1

    def draws(self, words: Words) -> Draws:
        """Raise e to one scaled normal quantile per row."""
        logarithm = _normals(words[:, 0]) * self.sigma + self.mu
        return _whole(exp_array(np.clip(logarithm, -_DRAW_LN_MAX, _DRAW_LN_MAX)))


@dataclass(frozen=True, slots=True)
class ParetoLaw:
    """Inversion of the power tail; values over the cap are the cap."""

    scale_ns: int
    shape: float
    cap_ns: int | None
    words_per_try: int = 1

    def draws(self, words: Words) -> Draws:
        """Invert one uniform per row."""
        growth = unit_exponentials(words[:, 0]) / self.shape
        values = _whole(exp_array(np.minimum(growth, _DRAW_LN_MAX)) * self.scale_ns)
        return values if self.cap_ns is None else np.minimum(values, self.cap_ns)


@dataclass(frozen=True, slots=True)
class GammaLaw:
    """Squeeze of a cubed normal; under shape 1, of shape + 1 and then shrunk by a uniform's root.

    Source: Marsaglia and Tsang 2000, "A simple method for generating gamma variables".
    """

    mean_ns: int
    shape: float
    words_per_try: int = 3

    def draws(self, words: Words) -> Draws:
        """Accept or reject every row on its own."""
        lifted = self.shape if self.shape >= 1.0 else self.shape + 1.0
        d = lifted - 1.0 / 3.0
        normal = _normals(words[:, 0])
        root = normal / np.sqrt(9.0 * d) + 1.0
        is_positive = root > 0.0
        cube = np.where(is_positive, root * root * root, 1.0)
        bound = normal * normal * 0.5 + d - cube * d + ln_array(cube) * d
        accepted = np.flatnonzero(is_positive & (unit_exponentials(words[:, 1]) > -bound))
        values = cube[accepted] * d
        if self.shape < 1.0:
            shrink = unit_exponentials(words[accepted, 2]) / -self.shape
            values = values * exp_array(np.maximum(shrink, -700.0))
        return _whole(values / self.shape * self.mean_ns)


class EmpiricalLaw:
    """A table of values; the cumulative weights are searched."""

    __slots__ = ("_cumulative", "_values")

    words_per_try = 1

    def __init__(self, table: described.Empirical) -> None:
        pairs = [pair for pair in zip(table.values_ns, table.weights, strict=True) if pair[1] > 0]
        self._values: Draws = np.array([value for value, _ in pairs], np.int64)
        self._cumulative: Floats = np.array(list(accumulate(weight for _, weight in pairs)))

    def draws(self, words: Words) -> Draws:
        """Look up one uniform per row; rounding at the far end stays in the last value."""
        heights = unit_floats(words[:, 0]) * self._cumulative[-1]
        found = np.searchsorted(self._cumulative, heights, side="right")
        draws: Draws = self._values[np.minimum(found, len(self._values) - 1)]
        return draws


def unit_exponentials(words: Words) -> Floats:
    """Map each word to a draw of the exponential law with mean 1; at most 53 ln 2, about 36.7."""
    return -ln_array(1.0 - unit_floats(words))


def law_of(distribution: described.Distribution) -> Law:
    """Pick the transform of a described law."""
    law: Law
    match distribution:
        case described.Deterministic(value_ns):
            law = DeterministicLaw(value_ns)
        case described.Uniform(low_ns, high_ns):
            law = UniformLaw(low_ns, high_ns)
        case described.Exponential(mean_ns):
            law = ExponentialLaw(mean_ns)
        case described.Normal(mean_ns, sd_ns):
            law = NormalLaw(mean_ns, sd_ns)
        case described.Lognormal(mu, sigma):
            law = LognormalLaw(mu, sigma)
        case described.Pareto(scale_ns, shape, cap_ns):
            law = ParetoLaw(scale_ns, shape, cap_ns)
        case described.Gamma(mean_ns, shape):
            law = GammaLaw(mean_ns, shape)
        case described.Empirical():
            law = EmpiricalLaw(distribution)
        case _:
            assert_never(distribution)
    return law


def _normals(words: Words) -> Floats:
    """Standard normals from the upper 52 bits, centred so that 0 and 1 are never reached."""
    return normal_quantile_array(((words >> _HALF_BITS).astype(np.float64) + 0.5) * _HALF_UNIT)


def _whole(values: Floats) -> Draws:
    return np.floor(np.minimum(values, float(DRAW_NS_MAX)) + 0.5).astype(np.int64)
