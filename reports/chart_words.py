"""A chart in words: the alternative for readers who do not see it, and a caption for the rest."""

import numpy as np

from models.base.time import NS_PER_S
from reports.charts import Chart, Curve
from reports.quantities import moment_text, significant


def described(chart: Chart) -> str:
    """One sentence per curve: its range, its median and when it peaked."""
    if chart.is_empty:
        return chart.empty_text
    return " ".join(_sentence(curve, chart.unit) for curve in chart.curves)


def _sentence(curve: Curve, unit: str) -> str:
    known = ~np.isnan(curve.values)
    if not known.any():
        return f"{curve.name}: no value."
    values, times = curve.values[known], curve.times_s[known]
    low, high = float(values.min()), float(values.max())
    suffix = f" {unit}" if unit else ""
    if low == high:
        return f"{curve.name}: {significant(low)}{suffix} throughout."
    at = moment_text(round(float(times[int(values.argmax())]) * NS_PER_S), 0)
    median = float(np.median(values))
    return (
        f"{curve.name}: {significant(low)} to {significant(high)}{suffix}, "
        f"median {significant(median)}{suffix}, highest at {at}."
    )
