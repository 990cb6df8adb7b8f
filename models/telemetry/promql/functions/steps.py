"""Counting what happened between neighbouring samples.

Source: semantics 2.6; prometheus promql/functions.go (funcChanges, funcResets).
"""

from collections.abc import Sequence
from itertools import pairwise
from math import isnan


def changes(values: Sequence[float]) -> float:
    """How often a value differs from the one before; NaN after NaN is no change."""
    return float(
        sum(one != other and not (isnan(one) and isnan(other)) for one, other in pairwise(values))
    )


def resets(values: Sequence[float]) -> float:
    """How often a value is less than the one before."""
    return float(sum(later < earlier for earlier, later in pairwise(values)))
