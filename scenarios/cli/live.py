"""`foreshock run --live`: what the panels show, while virtual time passes.

On a terminal the block of values is rewritten in place; elsewhere one block follows another.
"""

import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TextIO

from models.base.time import NS_PER_S, TimeNs, format_duration
from models.planning.variables import resolved
from models.records.dashboard import Dashboard, Panel, filled
from models.telemetry.promql import Expression, compile_expression
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import SeriesStore, VectorSample
from reports.pages.dashboards import LINES_MAX, legend_text, value_text

_compiled = lru_cache(maxsize=512)(compile_expression)


class LiveDashboards:
    """Shows the newest values of every panel, as often in virtual time as it is to be refreshed.

    Queries are answered by the store that the alert rules read, at monitoring's own clock.
    """

    def __init__(self, dashboards: Sequence[Dashboard], *, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._is_terminal = self._stream.isatty()
        self._refresh_ns = min((one.refresh_ns for one in dashboards), default=0)
        self._dashboards = tuple(dashboards)
        self._due_ns: TimeNs = 0
        self._height = 0

    def __call__(self, store: SeriesStore, civil_ns: TimeNs, now_ns: TimeNs) -> None:
        """Show the values at ``civil_ns``, unless they were shown a moment of ``now_ns`` ago."""
        if now_ns < self._due_ns - self._refresh_ns:  # the run of an alternative has begun
            self._due_ns = 0
        if now_ns < self._due_ns:
            return
        self._due_ns = now_ns + self._refresh_ns
        lines = [format_duration(now_ns // NS_PER_S * NS_PER_S)]
        for dashboard in self._dashboards:
            chosen = resolved(dashboard, store, {}, now=civil_ns).defaults()
            for panel in dashboard.panels:
                queries = [_compiled(filled(text, chosen)) for text in panel.queries]
                lines += _lines(panel, queries, store, civil_ns)
        if self._is_terminal and self._height:
            self._stream.write(f"\x1b[{self._height}A\x1b[J")
        self._stream.write("\n".join(lines) + "\n")
        self._stream.flush()
        self._height = len(lines)


def _lines(
    panel: Panel, queries: Sequence[Expression], store: SeriesStore, civil_ns: TimeNs
) -> Iterator[str]:
    shown: list[VectorSample] = []
    for query in queries:
        try:
            shown += query.vector(store, now=civil_ns)
        except EvaluationError as error:
            yield f"  {panel.title}: {error}"
    if not shown:
        yield f"  {panel.title}: no series"
    for sample in shown[:LINES_MAX]:
        name = legend_text(panel.legend, sample.labels, panel.title)
        what = panel.title if name == panel.title else f"{panel.title}, {name}"
        yield f"  {what}: {value_text(sample.value, panel.unit)}"
