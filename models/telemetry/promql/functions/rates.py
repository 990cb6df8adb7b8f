"""How much a series has risen: rate, increase, delta and their instant forms.

A range rarely begins and ends on samples. The difference of the first and the last one is
extended to the ends of the range where these are at most 1.1 mean distances away, else by half a
mean distance; a counter is never extended below zero. Only exactly rounded operations, so the
same bits on every machine.

Source: semantics 2.5; prometheus promql/functions.go (extrapolatedRate, instantValue).
"""

import numpy as np

from models.base.time import NS_PER_S
from models.telemetry.promql.plan.moment import Span
from models.telemetry.series import Window

NEAR = 1.1
"""Mean distances between samples within which an end of the range counts as reached."""

_ARRAYS_FROM = 128


def rate(window: Window, span: Span) -> float | None:
    """Rise of a counter per second."""
    range_s = (span.until_ns - span.after_ns) / NS_PER_S
    return _extended(window, span, is_counter=True, per_s=range_s)


def increase(window: Window, span: Span) -> float | None:
    """Rise of a counter over the range."""
    return _extended(window, span, is_counter=True)


def delta(window: Window, span: Span) -> float | None:
    """Difference of a gauge over the range."""
    return _extended(window, span, is_counter=False)


def irate(window: Window, _span: Span) -> float | None:
    """Rise per second between the last two samples; after a reset the last value alone."""
    if len(window.values) < 2:
        return None
    before, last = window.values[-2], window.values[-1]
    rise = last if last < before else last - before
    return rise / ((window.times[-1] - window.times[-2]) / NS_PER_S)


def idelta(window: Window, _span: Span) -> float | None:
    """Difference of the last two samples."""
    if len(window.values) < 2:
        return None
    return window.values[-1] - window.values[-2]


def _extended(
    window: Window, span: Span, *, is_counter: bool, per_s: float | None = None
) -> float | None:
    times, values = window.times, window.values
    gaps = len(values) - 1
    if gaps < 1:
        return None
    rise = values[-1] - values[0]
    if is_counter:
        rise = _with_resets(window, rise)
    to_start = (times[0] - span.after_ns) / NS_PER_S
    to_end = (span.until_ns - times[-1]) / NS_PER_S
    sampled = (times[-1] - times[0]) / NS_PER_S
    mean_gap = sampled / gaps
    if to_start >= mean_gap * NEAR:
        to_start = mean_gap / 2
    if is_counter and rise > 0 and values[0] >= 0:
        to_start = min(to_start, sampled * (values[0] / rise))
    if to_end >= mean_gap * NEAR:
        to_end = mean_gap / 2
    factor = (sampled + to_start + to_end) / sampled
    return rise * (factor if per_s is None else factor / per_s)


def _with_resets(window: Window, rise: float) -> float:
    """Add what the counter had reached before each reset."""
    values = window.values
    if len(values) >= _ARRAYS_FROM:
        column = np.frombuffer(values, dtype=np.float64)
        for lost in column[:-1][column[1:] < column[:-1]].tolist():
            rise += lost
        return rise
    before = values[0]
    for value in values:
        if value < before:
            rise += before
        before = value
    return rise
