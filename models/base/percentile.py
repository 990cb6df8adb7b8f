"""Percentile by nearest rank: always a value that was really seen.

The rank is whole-number arithmetic on the decimal the caller wrote, because a float is not that
decimal: 0.55 is stored a little above it, and 0.55 of 100 values would be the 56th.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray


def rank(count: int, q: float) -> int:
    """Position, from 1 to ``count``, of the smallest value that a share ``q`` does not exceed.

    Args:
        count: how many values there are, at least 1.
        q: share in [0, 1], taken as the shortest decimal that is this float; 0 is the smallest.

    Raises:
        ValueError: an argument is out of range.
    """
    if count < 1 or not 0.0 <= q <= 1.0:
        raise ValueError(f"no rank for a share of {q!r} among {count} values")
    share = Fraction(repr(float(q)))
    return max(1, -(-share.numerator * count // share.denominator))


@overload
def nearest_rank(values: Sequence[int] | NDArray[np.integer[Any]], q: float) -> int | None: ...
@overload
def nearest_rank(values: Sequence[float] | NDArray[np.floating[Any]], q: float) -> float | None: ...
def nearest_rank(values: Sequence[float] | NDArray[Any], q: float) -> float | None:
    """The smallest of ``values`` that at least a share ``q`` of them do not exceed.

    Args:
        values: in any order, a sequence or an array of shape (n,); not changed.
        q: share in [0, 1], see :func:`rank`.

    Returns:
        One of the values, as a Python number; None if there is none.

    Raises:
        ValueError: q is out of range, or a value is not a number.
    """
    position = rank(max(len(values), 1), q) - 1
    if len(values) == 0:
        return None
    if isinstance(values, np.ndarray):
        if np.isnan(values).any():
            raise ValueError("a percentile of values that are not all numbers")
        smallest: float = np.partition(values, position)[position].item()
        return smallest
    if any(value != value for value in values):  # noqa: PLR0124 - only NaN differs from itself
        raise ValueError("a percentile of values that are not all numbers")
    return sorted(values)[position]
