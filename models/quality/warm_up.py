"""MSER-5: how much of a run's beginning still remembers that it began empty.

The rule drops as many batches of five as make the squared standard error of the rest smallest:
dropping the transient shrinks the spread, dropping more only shrinks the sample. It never looks
at the last five batches, whose spread says nothing.

Source: White 1997, "An effective truncation heuristic for bias reduction"; White, Cobb and
Spratt 2000 (batches of five); Hoad, Robinson and Davies 2010 (which truncation means that the
run was too short).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.base.errors import ConfigError

BATCH = 5
"""Values per batch; smaller ones are noise, larger ones are coarse."""
UNJUDGED_BATCHES = 5
"""Batches at the end that are never dropped."""
BATCHES_MIN = UNJUDGED_BATCHES + 1


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Drop the first ``truncated`` of ``length`` values.

    ``error`` is the squared standard error that the rest would have if its batches were
    independent, up to the factor n / (n - 1).
    """

    truncated: int
    length: int
    error: float

    @property
    def is_over(self) -> bool:
        """False when more than half would have to go: then the run is too short to tell."""
        return 2 * self.truncated <= self.length


def mser5(values: Sequence[float] | NDArray[np.float64]) -> WarmUp:
    """Find the warm-up of a sequence in order of time. O(n).

    Values after the last whole batch are dropped from the judgement, and of equally good
    truncations the smallest is taken.

    Args:
        values: shape (n,), n at least 30.

    Raises:
        ConfigError: fewer values than that, or one that is not finite.
    """
    numbers = np.asarray(values, dtype=np.float64)
    batches = len(numbers) // BATCH
    if batches < BATCHES_MIN:
        raise ConfigError(f"MSER-5 needs {BATCH * BATCHES_MIN} values, not {len(numbers)}")
    if not np.isfinite(numbers).all():
        raise ConfigError("MSER-5 needs values that are all finite numbers")
    means = numbers[: batches * BATCH].reshape(batches, BATCH).mean(axis=1)
    errors = _squared_errors(means.tolist())[: batches - UNJUDGED_BATCHES]
    best = min(range(len(errors)), key=errors.__getitem__)
    return WarmUp(best * BATCH, len(numbers), errors[best])


def _squared_errors(means: list[float]) -> list[float]:
    """For each d, the sum of squares of what is left without the first d, over its count squared.

    Updated from the end, one value at a time, so that equal values give exactly 0.
    Source: Welford 1962.
    """
    errors = []
    centre = squares = 0.0
    for left, mean in enumerate(reversed(means), start=1):
        step = mean - centre
        centre += step / left
        squares += step * (mean - centre)
        errors.append(squares / (left * left))
    return errors[::-1]
