"""Which function and operator of PromQL is which computation."""

import math
import operator
from collections.abc import Callable

from models.base import calendar
from models.telemetry.promql.functions import numbers, ranking, steps, summation
from models.telemetry.promql.functions.rates import delta, idelta, increase, irate, rate
from models.telemetry.promql.functions.trends import (
    deriv,
    double_exponential_smoothing,
    predict_linear,
)
from models.telemetry.promql.plan.moment import Span
from models.telemetry.series import Edges, Window

ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": numbers.divided,
    "%": numbers.remainder,
    "^": numbers.power,
    "atan2": math.atan2,
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}

ELEMENTWISE: dict[str, Callable[..., float | None]] = {
    "abs": abs,
    "ceil": numbers.ceil,
    "floor": numbers.floor,
    "exp": numbers.exp,
    "ln": numbers.ln,
    "log2": numbers.log2,
    "log10": numbers.log10,
    "sqrt": numbers.square_root,
    "sgn": numbers.sign,
    "round": numbers.rounded,
    "clamp": numbers.clamped,
    "clamp_min": numbers.at_least,
    "clamp_max": numbers.at_most,
    "sin": numbers.tolerant(math.sin),
    "cos": numbers.tolerant(math.cos),
    "tan": numbers.tolerant(math.tan),
    "asin": numbers.tolerant(math.asin),
    "acos": numbers.tolerant(math.acos),
    "atan": math.atan,
    "sinh": numbers.tolerant(math.sinh),
    "cosh": numbers.tolerant(math.cosh),
    "tanh": math.tanh,
    "asinh": math.asinh,
    "acosh": numbers.tolerant(math.acosh),
    "atanh": numbers.inverse_tanh,
    "deg": lambda x: x * 180 / math.pi,
    "rad": lambda x: x * math.pi / 180,
}
"""Functions of a vector, then of numbers."""

CALENDAR: dict[str, Callable[[float], float]] = {
    "minute": calendar.minute,
    "hour": calendar.hour,
    "day_of_week": calendar.day_of_week,
    "day_of_month": calendar.day_of_month,
    "day_of_year": calendar.day_of_year,
    "days_in_month": calendar.days_in_month,
    "month": calendar.month,
    "year": calendar.year,
}


def _of_values(function: Callable[[list[float]], float]) -> Callable[..., float | None]:
    def applied(window: Window, _span: Span) -> float:
        return function(window.values)  # type: ignore[arg-type]

    return applied


def _quantile_over_time(window: Window, _span: Span, q: float) -> float:
    return ranking.quantile(q, window.values)


def _standard_deviation(values: list[float]) -> float:
    return math.sqrt(summation.variance(values))


def _count(values: list[float]) -> float:
    return float(len(values))


def _one(_values: list[float]) -> float:
    return 1.0


def _last(values: list[float]) -> float:
    return values[-1]


def _first(values: list[float]) -> float:
    return values[0]


BETWEEN_EDGES: dict[str, Callable[[Edges, Span], float]] = {
    "rate": rate,
    "increase": increase,
    "delta": delta,
}
"""Functions of a range vector that need but the ends of each window."""

OVER_WINDOWS: dict[str, Callable[..., float | None]] = {
    "irate": irate,
    "idelta": idelta,
    "deriv": deriv,
    "predict_linear": predict_linear,
    "double_exponential_smoothing": double_exponential_smoothing,
    "changes": _of_values(steps.changes),
    "resets": _of_values(steps.resets),
    "sum_over_time": _of_values(summation.total),
    "avg_over_time": _of_values(summation.mean),
    "min_over_time": _of_values(ranking.smallest),
    "max_over_time": _of_values(ranking.largest),
    "count_over_time": _of_values(_count),
    "present_over_time": _of_values(_one),
    "last_over_time": _of_values(_last),
    "first_over_time": _of_values(_first),
    "stdvar_over_time": _of_values(summation.variance),
    "stddev_over_time": _of_values(_standard_deviation),
    "mad_over_time": _of_values(ranking.median_deviation),
    "quantile_over_time": _quantile_over_time,
}
"""Functions of a range vector, then of numbers."""

KEEP_NAMES = frozenset(("last_over_time", "first_over_time"))

FOLDS: dict[str, Callable[..., float]] = {
    "sum": summation.total,
    "avg": summation.mean,
    "min": ranking.smallest,
    "max": ranking.largest,
    "count": _count,
    "group": _one,
    "stdvar": summation.variance,
    "stddev": _standard_deviation,
    "quantile": ranking.quantile,
}
"""Aggregations of values alone; ``quantile`` has its parameter before them."""
