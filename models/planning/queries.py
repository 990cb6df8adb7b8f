"""PromQL over a finished run: its samples as a store that expressions read."""

from math import isnan

from models.base.time import TimeNs
from models.records.record import RunRecord
from models.telemetry.labels import METRIC_NAME, label_set
from models.telemetry.promql import compile_expression
from models.telemetry.promql.expression import RangeSeries
from models.telemetry.series import SeriesStore


def store_of(record: RunRecord) -> SeriesStore:
    """All samples of a run, at civil instants; those of NaN are staleness markers."""
    start_ns = record.manifest.wall_start_ns
    store = SeriesStore(retention_ns=record.manifest.end_ns + 1)
    labels = [
        label_set({METRIC_NAME: info.name, **dict(info.labels)}) for info in record.manifest.series
    ]
    samples = record.samples
    columns = (samples["series"].tolist(), samples["time_ns"].tolist(), samples["value"].tolist())
    for series, time_ns, value in zip(*columns, strict=True):
        shown = None if isnan(value) else value
        store.append(labels[series], time_ns=start_ns + time_ns, value=shown)
    return store


def query_range(
    store: SeriesStore, text: str, *, start_ns: TimeNs, end_ns: TimeNs, points: int
) -> tuple[RangeSeries, ...]:
    """The lines of a query at about so many instants; civil instants.

    Raises:
        ExpressionError: it is not valid PromQL.
        EvaluationError: it is not defined for the series that are there.
    """
    step_ns = max(1, (end_ns - start_ns) // points)
    expression = compile_expression(text)
    return expression.range(store, start_ns=start_ns, end_ns=end_ns, step_ns=step_ns)
