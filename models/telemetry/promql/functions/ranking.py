"""Smallest, largest and quantiles, with the rules of PromQL for values that are not numbers.

Source: semantics 2.4 and 2.6; prometheus promql/quantile.go.
"""

from collections.abc import Sequence
from math import floor, inf, isnan, nan


def smallest(values: Sequence[float]) -> float:
    """The least value; NaN only if nothing else is there."""
    least = nan
    for value in values:
        if value < least or isnan(least):
            least = value
    return least


def largest(values: Sequence[float]) -> float:
    """The greatest value; NaN only if nothing else is there."""
    greatest = nan
    for value in values:
        if value > greatest or isnan(greatest):
            greatest = value
    return greatest


def quantile(q: float, values: Sequence[float]) -> float:
    """Quantile by linear interpolation at rank ``q * (n - 1)``; NaN ranks lowest.

    NaN of nothing and for a q that is none; infinite for a q outside [0, 1].
    """
    if not values or isnan(q):
        return nan
    if q < 0:
        return -inf
    if q > 1:
        return inf
    numbers = sorted(value for value in values if not isnan(value))
    ordered = [nan] * (len(values) - len(numbers)) + numbers
    rank = q * (len(ordered) - 1)
    lower = floor(rank)
    upper = min(lower + 1, len(ordered) - 1)
    weight = rank - lower
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


def median_deviation(values: Sequence[float]) -> float:
    """Median of the distances to the median."""
    median = quantile(0.5, values)
    return quantile(0.5, [abs(value - median) for value in values])
