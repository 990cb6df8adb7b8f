"""How much a series has risen: rate, increase, delta and their instant forms.

A range rarely begins and ends on samples. The difference of the first and the last one is
extended to the ends of the range where these are at most 1.1 mean distances away, else by half a
mean distance; a counter is never extended below zero. Only exactly rounded operations, so the
same bits on every machine.

Source: semantics 2.5; prometheus promql/functions.go (extrapolatedRate, instantValue).
"""

from math import nan

from models.base.time import NS_PER_S
from models.telemetry.promql.plan.moment import Span
from models.telemetry.series import Edges, Window

NEAR = 1.1
"""Mean distances between samples within which an end of the range counts as reached."""


def rate(edges: Edges, span: Span) -> float:
    """Rise of a counter per second."""
    return _extended(edges, span, True) / ((span.until_ns - span.after_ns) / NS_PER_S)


def increase(edges: Edges, span: Span) -> float:
    """Rise of a counter over the range."""
    return _extended(edges, span, True)


def delta(edges: Edges, span: Span) -> float:
    """Difference of a gauge over the range."""
    return _extended(edges, span, False)


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


def edges_of(window: Window) -> Edges | None:
    """The ends of a window that comes from a subquery, None below two samples."""
    times, values = window.times, window.values
    if len(values) < 2:
        return None
    lost, before = 0.0, nan
    for value in values:
        if value < before:
            lost += before
        before = value
    return Edges(times[0], values[0], times[-1], values[-1], len(values) - 1, lost)


def _extended(edges: Edges, span: Span, is_counter: bool) -> float:
    first_ns, first, last_ns, last, gaps, lost = edges
    rise = last - first
    sampled = (last_ns - first_ns) / NS_PER_S
    mean_gap = sampled / gaps
    to_start = (first_ns - span[0]) / NS_PER_S
    if to_start >= mean_gap * NEAR:
        to_start = mean_gap / 2
    if is_counter:
        rise += lost
        if rise > 0 and first >= 0:
            to_zero = sampled * (first / rise)
            to_start = min(to_start, to_zero)
    to_end = (span[1] - last_ns) / NS_PER_S
    if to_end >= mean_gap * NEAR:
        to_end = mean_gap / 2
    return rise * ((sampled + to_start + to_end) / sampled)
