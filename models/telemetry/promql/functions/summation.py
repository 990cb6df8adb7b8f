"""Sums and means that lose no small numbers beside large ones.

Only additions, subtractions, products and divisions in the order of the samples: the same bits
on every machine.

Source: Neumaier 1974; prometheus promql/functions.go (kahanSumInc), semantics 2.4.
"""

from collections.abc import Sequence
from math import inf, isinf, isnan, nan


def plus(increment: float, total: float, lost: float) -> tuple[float, float]:
    """Add one number to a total; ``lost`` collects what rounding has taken off."""
    result = total + increment
    if isinf(result):
        return result, 0.0
    if abs(total) >= abs(increment):
        return result, lost + ((total - result) + increment)
    return result, lost + ((increment - result) + total)


def total(values: Sequence[float]) -> float:
    """Compensated sum, 0 of nothing."""
    running, lost = _compensated(values)
    return running + lost


def mean(values: Sequence[float]) -> float:
    """Mean of at least one value; finite values have a finite mean even if their sum has none."""
    running, lost = _compensated(values)
    if isinf(running) or isnan(running):
        return _unbounded_mean(values)
    return running / len(values) + lost / len(values)


def variance(values: Sequence[float]) -> float:
    """Population variance of at least one value (Welford's recurrence, compensated)."""
    count = 0
    average = average_lost = spread = spread_lost = 0.0
    for value in values:
        count += 1
        delta = value - (average + average_lost)
        average, average_lost = plus(delta / count, average, average_lost)
        beyond = delta * (value - (average + average_lost))
        spread, spread_lost = plus(beyond, spread, spread_lost)
    return (spread + spread_lost) / count


def _compensated(values: Sequence[float]) -> tuple[float, float]:
    running = lost = 0.0
    for value in values:
        result = running + value
        if abs(running) >= abs(value):
            lost += (running - result) + value
        else:
            lost += (value - result) + running
        running = result
    return running, 0.0 if isinf(running) else lost


def _unbounded_mean(values: Sequence[float]) -> float:
    infinities = {value for value in values if isinf(value)}
    if len(infinities) > 1 or any(isnan(value) for value in values):
        return nan
    if infinities:
        return inf if infinities == {inf} else -inf
    average = lost = 0.0
    for count, value in enumerate(values, start=1):
        kept = (count - 1) / count
        average, lost = plus(value / count, kept * average, kept * lost)
    return average + lost
