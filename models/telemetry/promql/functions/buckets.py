"""Quantiles of classic histograms.

Source: semantics 2.8; prometheus promql/quantile.go (BucketQuantile), util/almost.
"""

from bisect import bisect_left
from collections.abc import Iterable
from math import inf, isinf, isnan, nan

NOISE = 1e-12
"""Relative difference of two counts below which they are equal but for rounding."""

_NORMAL_MIN = 2.2250738585072014e-308
_MAX = 1.7976931348623157e308


def upper_bound(text: str) -> float | None:
    """The value of a label ``le``, None if it is not a number."""
    if not text or "_" in text or text != text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return None


def histogram_quantile(q: float, buckets: Iterable[tuple[float, float]]) -> float:
    """Quantile of cumulative buckets (upper bound, count), interpolated within a bucket."""
    if isnan(q):
        return nan
    if not 0 <= q <= 1:
        return inf if q > 1 else -inf
    bounds, counts = _merged(buckets)
    if not bounds or bounds[-1] != inf:
        return nan
    counts = _rising(counts)
    if len(bounds) < 2 or counts[-1] == 0:
        return nan
    return _interpolated(q, bounds, counts)


def _interpolated(q: float, bounds: list[float], counts: list[float]) -> float:
    rank = q * counts[-1]
    place = _first_at_least(counts, rank)
    if place == len(bounds) - 1:
        return bounds[-2]
    if place == 0 and bounds[0] <= 0:
        return bounds[0]
    below, count_below = (bounds[place - 1], counts[place - 1]) if place else (0.0, 0.0)
    inside = counts[place] - count_below
    share = (rank - count_below) / inside if inside else nan
    return below + (bounds[place] - below) * share


def _merged(buckets: Iterable[tuple[float, float]]) -> tuple[list[float], list[float]]:
    bounds: list[float] = []
    counts: list[float] = []
    for bound, count in sorted(buckets, key=lambda bucket: bucket[0]):
        if bounds and bounds[-1] == bound:
            counts[-1] += count
        else:
            bounds.append(bound)
            counts.append(count)
    return bounds, counts


def _rising(counts: list[float]) -> list[float]:
    """Raise any count that is lower than the one before; level out rounding noise."""
    rising: list[float] = []
    for count in counts:
        is_noise = rising and (count < rising[-1] or _almost_equal(rising[-1], count))
        rising.append(rising[-1] if is_noise else count)
    return rising


def _first_at_least(counts: list[float], rank: float) -> int:
    """Index of the first count that reaches the rank; the last bucket takes the rest."""
    return bisect_left(counts, rank, 0, len(counts) - 1)


def _almost_equal(one: float, other: float) -> bool:
    if one == other or (isnan(one) and isnan(other)):
        return True
    magnitude, difference = abs(one) + abs(other), abs(one - other)
    if one == 0 or other == 0 or magnitude < _NORMAL_MIN:
        return difference < NOISE * _NORMAL_MIN
    if isinf(magnitude):
        magnitude = _MAX
    return difference / magnitude < NOISE
