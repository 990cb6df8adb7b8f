"""The key figures by name: which ones a run has, and how each is drawn."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from models.base.errors import ForeshockError
from models.base.time import NS_PER_MS
from models.records.record import RunRecord
from reports.charts import Chart, charts
from reports.figures.canvas import (
    COLOURS,
    DASHES,
    Picture,
    fresh_style,
    legend_above,
    no_data,
    picture,
    tidy,
    time_axis,
)
from reports.pages.capacity import capacity_view, rising
from reports.pages.cost import cost_view


class UnknownFigureError(ForeshockError, KeyError):
    """No figure has that name; the message lists those there are."""


def figure_names(record: RunRecord) -> tuple[str, ...]:
    """Names of the figures that say something about this run."""
    names = ["load-latency", "errors"]
    if len(capacity_view(record).rows) > 1:
        names.append("capacity")
    if cost_view(record).summary is not None:
        names.append("cost")
    return tuple(names)


def figure(record: RunRecord, name: str) -> Picture:
    """Draw one key figure. In a notebook the value shows itself.

    Raises:
        UnknownFigureError: there is no figure of that name.
    """
    if name not in _FIGURES:
        raise UnknownFigureError(f"no figure '{name}'; there are {', '.join(_FIGURES)}")
    with fresh_style():
        return _FIGURES[name](record)


def _load_latency(record: RunRecord) -> Picture:
    shown = {chart.key: chart for chart in charts(record)}
    made = picture(5.0)
    top, bottom = made.subplots(2, 1, sharex=True)
    _curves(top, record, shown["load"])
    _curves(bottom, record, shown["latency"])
    return made


def _errors(record: RunRecord) -> Picture:
    shown = {chart.key: chart for chart in charts(record)}
    made = picture(2.8)
    _curves(made.subplots(), record, shown["errors"])
    return made


def _curves(axes: Axes, record: RunRecord, chart: Chart) -> None:
    for position, curve in enumerate(chart.curves):
        axes.plot(
            curve.times_s,
            curve.values,
            label=curve.name,
            color=COLOURS[position % len(COLOURS)],
            linestyle=DASHES[position % len(DASHES)],
            linewidth=1.2,
        )
    tidy(axes, chart.title, chart.unit)
    time_axis(axes, record)
    if chart.is_empty:
        no_data(axes, chart.empty_text)
    else:
        legend_above(axes, len(chart.curves))


def _capacity(record: RunRecord) -> Picture:
    assessment = capacity_view(record).assessment
    steps = rising(tuple(step for step in assessment.steps if step.offered))
    made = picture(3.2)
    left, right = made.subplots(1, 2)
    rates = np.array([step.offered_per_s for step in steps])
    goodput = np.array([step.goodput_per_s for step in steps])
    p99 = np.array([np.nan if s.p99_ns is None else s.p99_ns / NS_PER_MS for s in steps])
    held = np.array([step.holds(assessment.objective_ns) is True for step in steps], dtype=bool)
    left.plot([0, *rates[-1:]], [0, *rates[-1:]], color="#59626d", linestyle=":", linewidth=1)
    for axes, values, title, unit in (
        (left, goodput, "Goodput", "/s"),
        (right, p99, "p99", "ms"),
    ):
        axes.plot(rates, values, color=COLOURS[0], linewidth=1.2)
        axes.plot(rates[held], values[held], "o", color=COLOURS[0], label="holds")
        axes.plot(rates[~held], values[~held], "x", color=COLOURS[1], label="does not hold")
        if assessment.knee is not None:
            axes.axvline(assessment.knee.offered_per_s, color=COLOURS[1], linestyle=":")
        tidy(axes, title, unit)
        axes.set_xlabel("offered, /s")
        axes.set_xlim(left=0)
        if not steps:
            no_data(axes, "No request arrived.")
    if assessment.objective_ns is not None:
        right.axhline(assessment.objective_ns / NS_PER_MS, color="#59626d", linestyle="--")
    legend_above(left, 2)
    return made


def _cost(record: RunRecord) -> Picture:
    rows = cost_view(record).rows
    made = picture(0.9 + 0.28 * max(3, len(rows)))
    axes = made.subplots()
    names = [row.cost.service or "shared" for row in reversed(rows)]
    hours = [row.cost.usd_per_hour / row.cost.usd if row.cost.usd else 0.0 for row in rows][::-1]
    machine = np.array([row.cost.machine_usd for row in reversed(rows)]) * hours
    traffic = np.array([row.cost.traffic_usd for row in reversed(rows)]) * hours
    axes.barh(names, machine, color=COLOURS[0], label="machine time")
    axes.barh(
        names,
        traffic,
        left=machine,
        color=COLOURS[1],
        hatch="///",
        edgecolor="white",
        label="cross-zone traffic",
    )
    axes.set_title("Cost by service", loc="left", fontsize=10, fontweight="bold")
    axes.set_xlabel("US dollars per hour")
    axes.spines[["top", "right"]].set_visible(False)
    if rows:
        legend_above(axes, 2)
    else:
        no_data(axes, "Nothing was billed.")
    return made


_FIGURES: dict[str, Callable[[RunRecord], Picture]] = {
    "load-latency": _load_latency,
    "errors": _errors,
    "capacity": _capacity,
    "cost": _cost,
}
