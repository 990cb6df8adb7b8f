"""Intervals from one long run: neighbours resemble each other, means of long batches hardly do.

A run is cut into a few batches of equal length. If each is long against the memory of the
process, the batch means are nearly independent and nearly normal, and Student's t applies to
them. Few batches are safer than many: twenty to thirty lose almost nothing (Schmeiser 1982).
A quantile is bounded through the share of values under it, which is a mean again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.base.errors import ConfigError
from models.base.percentile import nearest_rank
from models.quality.interval import CONFIDENCE, Interval, moments, t_interval

BATCHES = 20
Values = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class QuantileInterval:
    """A quantile by nearest rank; the true one lies in [``low``, ``high``].

    An end is infinite where the run holds too few values beyond the quantile to bound it.
    """

    value: float
    low: float
    high: float
    confidence: float
    count: int

    @property
    def half_width(self) -> float:
        """The longer of the two sides."""
        return max(self.high - self.value, self.value - self.low)

    def contains(self, value: float) -> bool:
        """True when ``value`` lies in the interval, its ends included."""
        return self.low <= value <= self.high


def batch_means(values: Values, batches: int = BATCHES) -> NDArray[np.float64]:
    """Means of ``batches`` stretches of equal length, in order of time.

    What does not fill the batches is dropped from the front, where a rest of warm-up would be.

    Raises:
        ConfigError: fewer than two batches, or not one value for each.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not 2 <= batches <= len(numbers):
        raise ConfigError(f"{len(numbers)} values cannot be cut into {batches} batches")
    length = len(numbers) // batches
    kept = numbers[len(numbers) - batches * length :]
    means: NDArray[np.float64] = kept.reshape(batches, length).mean(axis=1)
    return means


def batch_interval(
    values: Values, batches: int = BATCHES, confidence: float = CONFIDENCE
) -> Interval:
    """Interval for the long-run mean of one stationary sequence.

    Raises:
        ConfigError: see :func:`batch_means` and :func:`models.quality.interval.t_interval`.

    Source: Conway 1963; Law, Simulation Modeling and Analysis, section 9.5.3.
    """
    return t_interval(batch_means(values, batches).tolist(), confidence)


def quantile_interval(
    values: Values, q: float, batches: int = BATCHES, confidence: float = CONFIDENCE
) -> QuantileInterval:
    """Interval for the ``q`` quantile of one stationary sequence.

    The share of values at or under the observed quantile is bounded by batch means, and the
    quantiles at the ends of that share bound the true one.

    Raises:
        ConfigError: q is not in (0, 1), or see :func:`batch_means`.

    Source: Heidelberger and Lewis 1984; Law, section 9.5.3.
    """
    if not 0.0 < q < 1.0:
        raise ConfigError(f"a quantile is asked for strictly between 0 and 1, not at {q}")
    numbers = np.asarray(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise ConfigError("a quantile needs values that are all finite numbers")
    found = nearest_rank(numbers, q)
    assert found is not None
    share = batch_interval((numbers <= found).astype(np.float64), batches, confidence)
    low = nearest_rank(numbers, q - share.half_width) if q > share.half_width else -math.inf
    high = nearest_rank(numbers, q + share.half_width) if q + share.half_width < 1 else math.inf
    assert low is not None
    assert high is not None
    return QuantileInterval(found, low, high, confidence, len(numbers))


def lag_one_correlation(values: Values) -> float:
    """How much each value resembles the next, in [-1, 1]; 0 where all values are equal.

    Batch means whose correlation is far from 0 come from batches that are too short.

    Raises:
        ConfigError: fewer than three values, or one that is not finite.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if len(numbers) < 3:
        raise ConfigError(f"a correlation with the next value needs 3 values, not {len(numbers)}")
    mean, variance = moments(numbers.tolist())
    if variance == 0:
        return 0.0
    apart = numbers - mean
    return float(np.dot(apart[:-1], apart[1:]) / np.dot(apart, apart))
