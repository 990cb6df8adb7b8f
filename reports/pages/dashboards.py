"""Dashboards of a run: every panel is the answer to its queries, drawn as it asks to be."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite

from models.base.time import NS_PER_S, TimeNs
from models.planning.queries import query_range, store_of
from models.planning.variables import resolved_boards
from models.records.dashboard import Dashboard, Panel, filled
from models.records.record import RunRecord
from models.telemetry.labels import LabelSet, series_text
from models.telemetry.promql.expression import RangeSeries
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import SeriesStore
from reports.pages import plot
from reports.quantities import MISSING, latency_text, moment_text, ratio_text, significant
from reports.verdict import origin

POINTS = 240
LINES_MAX = 10
COLOURS = 5
_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class LineView:
    """One line: its name, the newest value in words, and the path of its curve."""

    name: str
    newest: str
    path: str
    colour: int


@dataclass(frozen=True, slots=True)
class PanelView:
    """One panel. ``series`` is the whole answer; ``hidden`` lines are not drawn."""

    panel: Panel
    series: tuple[RangeSeries, ...]
    lines: tuple[LineView, ...]
    y: plot.Axis
    x_ticks: tuple[tuple[float, str], ...]
    hidden: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class DashboardView:
    """One dashboard with its variables as chosen."""

    dashboard: Dashboard
    chosen: tuple[tuple[str, str], ...]
    panels: tuple[PanelView, ...]


def dashboard_views(
    record: RunRecord, values: Mapping[str, str] | None = None
) -> tuple[DashboardView, ...]:
    """All dashboards; ``values`` replaces defaults of the variables of that name."""
    if not record.dashboards:
        return ()
    store = store_of(record)
    boards = resolved_boards(record, store, values or {})
    return tuple(_view(one, record, store, values or {}) for one in boards)


def _view(
    dashboard: Dashboard, record: RunRecord, store: SeriesStore, values: Mapping[str, str]
) -> DashboardView:
    chosen = {name: values.get(name, value) for name, value in dashboard.defaults().items()}
    end_ns = record.manifest.wall_start_ns + record.manifest.end_ns
    length_ns = min(dashboard.range_ns or record.manifest.end_ns, record.manifest.end_ns)
    span = (end_ns - length_ns, end_ns)
    zero_ns = record.manifest.wall_start_ns + origin(record.manifest)
    return board_view(dashboard, store, chosen, span, zero_ns)


def board_view(
    dashboard: Dashboard,
    store: SeriesStore,
    chosen: Mapping[str, str],
    span: tuple[TimeNs, TimeNs],
    zero_ns: TimeNs,
) -> DashboardView:
    """One dashboard between two civil instants; moments on it count from ``zero_ns``."""
    return DashboardView(
        dashboard,
        tuple(chosen.items()),
        tuple(_panel(panel, store, chosen, span, zero_ns) for panel in dashboard.panels),
    )


def _panel(
    panel: Panel,
    store: SeriesStore,
    chosen: Mapping[str, str],
    span: tuple[TimeNs, TimeNs],
    zero_ns: TimeNs,
) -> PanelView:
    start_ns, end_ns = span
    error = ""
    series: list[RangeSeries] = []
    for query in panel.queries:
        try:
            series += query_range(
                store, filled(query, chosen), start_ns=start_ns, end_ns=end_ns, points=POINTS
            )
        except EvaluationError as problem:
            error = str(problem)
    shown = series[:LINES_MAX]
    y = plot.axis([value for one in shown for value in one.values], is_vertical=True)
    width = plot.WIDTH - plot.LEFT - plot.RIGHT

    def x(time_ns: TimeNs) -> float:
        return round(plot.LEFT + width * (time_ns - start_ns) / max(1, end_ns - start_ns), 1)

    oldest_ns = end_ns - 2 * max(1, (end_ns - start_ns) // POINTS)
    lines = tuple(
        _line(
            one, panel, is_current=one.times[-1] > oldest_ns, place=(x, y), colour=index % COLOURS
        )
        for index, one in enumerate(shown)
    )
    ticks = tuple(
        (x(at), moment_text(at, zero_ns)) for at in (start_ns, (start_ns + end_ns) // 2, end_ns)
    )
    return PanelView(panel, tuple(series), lines, y, ticks, len(series) - len(shown), error)


def _line(
    series: RangeSeries,
    panel: Panel,
    *,
    is_current: bool,
    place: tuple[Callable[[TimeNs], float], plot.Axis],
    colour: int,
) -> LineView:
    """A curve; a series that has ended shows no newest value."""
    x, y = place
    points = zip(series.times, series.values, strict=True)
    return LineView(
        legend_text(panel.legend, series.labels, panel.title),
        value_text(series.values[-1], panel.unit) if is_current else MISSING,
        plot.polyline([(x(at), y.place(value)) for at, value in points if isfinite(value)]),
        colour,
    )


def legend_text(form: str, labels: LabelSet, title: str) -> str:
    """The legend with ``{{label}}`` filled in, or the series itself, or the panel's title."""
    known = dict(labels)
    if form:
        return _LABEL.sub(lambda found: known.get(found[1], ""), form)
    return series_text(labels) if labels else title


def value_text(value: float, unit: str) -> str:
    """A value in its unit: ``38.2 ms``, ``1.2 %``, ``210 /s``."""
    if not isfinite(value):
        return MISSING
    if unit == "s":
        return latency_text(value * NS_PER_S)
    if unit == "percentunit":
        return ratio_text(value)
    suffix = {"reqps": " /s", "ops": " /s", "bytes": " B", "ms": " ms", "percent": " %"}
    return f"{significant(value)}{suffix.get(unit, '')}"
