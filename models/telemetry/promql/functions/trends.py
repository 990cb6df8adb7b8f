"""Lines through samples: deriv, predict_linear and double exponential smoothing.

Source: semantics 2.7; prometheus promql/functions.go (linearRegression,
funcDoubleExponentialSmoothing).
"""

from math import isinf, nan

from models.base.time import NS_PER_S, TimeNs
from models.telemetry.promql.functions.summation import total
from models.telemetry.promql.plan.moment import EvaluationError, Span
from models.telemetry.series import Window


def deriv(window: Window, _span: Span) -> float | None:
    """Slope per second of the least-squares line, None below two samples."""
    if len(window.values) < 2:
        return None
    return _line(window, window.times[0])[0]


def predict_linear(window: Window, span: Span, ahead_s: float) -> float | None:
    """The least-squares line so many seconds after the evaluation, None below two samples."""
    if len(window.values) < 2:
        return None
    slope, intercept = _line(window, span.time_ns)
    return slope * ahead_s + intercept


def double_exponential_smoothing(
    window: Window, _span: Span, smoothing: float, trend: float
) -> float | None:
    """The last smoothed value (Holt's linear method), None below two samples.

    Raises:
        EvaluationError: a factor is not inside (0, 1).
    """
    for name, factor in (("smoothing", smoothing), ("trend", trend)):
        if not 0 < factor < 1:
            short = "sf" if name == "smoothing" else "tf"
            raise EvaluationError(
                f"invalid {name} factor. Expected: 0 < {short} < 1, got: {factor:f}"
            )
    values = window.values
    if len(values) < 2:
        return None
    before, smoothed = 0.0, values[0]
    slope = values[1] - values[0]
    for index in range(1, len(values)):
        if index > 1:
            slope = trend * (smoothed - before) + (1 - trend) * slope
        before, smoothed = (
            smoothed,
            smoothing * values[index] + (1 - smoothing) * (smoothed + slope),
        )
    return smoothed


def _line(window: Window, origin_ns: TimeNs) -> tuple[float, float]:
    """Slope per second, and the value at ``origin_ns``."""
    values = window.values
    constant = values[0]
    if values[-1] == constant and all(value == constant for value in values):
        return (nan, nan) if isinf(constant) else (0.0, constant)
    xs = [(time_ns - origin_ns) / NS_PER_S for time_ns in window.times]
    count, x, y = len(values), total(xs), total(values)
    covariance = total([one * other for one, other in zip(xs, values, strict=True)]) - x * y / count
    slope = covariance / (total([one * one for one in xs]) - x * x / count)
    return slope, y / count - slope * x / count
