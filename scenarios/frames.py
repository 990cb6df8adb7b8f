"""A run's tables as pandas frames, with names instead of numbers and seconds beside instants.

pandas is imported when the first frame is asked for, not before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from models.base.outcome import TRY_BITS, Decision, Outcome, RequestOutcome
from models.base.time import NS_PER_MS, NS_PER_S
from models.records.record import RunRecord
from models.records.schema import NO_INDEX, NO_PARENT
from models.records.table import Numbers, Table

if TYPE_CHECKING:
    from enum import IntEnum

    from pandas import DataFrame

NOT_YET = -1
"""Instant that stands for something that has not happened: NaN in a frame."""
_TRY_MASK = (1 << TRY_BITS) - 1


def requests_frame(record: RunRecord) -> DataFrame:
    """One row a request: source, endpoint, arrival (s), latency (ms), outcome, tries."""
    import pandas as pd

    table, manifest = record.requests, record.manifest
    nodes = [f"{node.service}.{node.endpoint}" for node in manifest.call_nodes]
    return pd.DataFrame(
        {
            "id": table["id"],
            "source": _named(table["source"], list(manifest.sources)),
            "endpoint": _named(table["node"], nodes),
            "arrival_s": table["arrival_ns"] / NS_PER_S,
            "latency_ms": table["duration_ns"] / NS_PER_MS,
            "outcome": _enum_names(table["outcome"], RequestOutcome),
            "last_outcome": _enum_names(table["last_outcome"], Outcome),
            "tries": table["tries"],
        }
    )


def attempts_frame(record: RunRecord) -> DataFrame:
    """One row an attempt: who called whom, when (s), how long (ms), how it ended, try number."""
    import pandas as pd

    table, manifest = record.attempts, record.manifest
    instances = [instance.name for instance in manifest.instances]
    nodes = [f"{node.service}.{node.endpoint}" for node in manifest.call_nodes]
    coded = table["try_decision"]
    parents = table["parent"].astype(np.int64)
    parents[table["parent"] == NO_PARENT] = -1
    return pd.DataFrame(
        {
            "id": table["id"],
            "request": table["request"],
            "parent": parents,
            "endpoint": _named(table["node"], nodes),
            "caller": _named(table["caller"], instances),
            "target": _named(table["target"], instances),
            "start_s": table["start_ns"] / NS_PER_S,
            "duration_ms": table["duration_ns"] / NS_PER_MS,
            "wait_ms": table["wait_us"] / 1000,
            "outcome": _enum_names(table["outcome"], Outcome),
            "try": coded & _TRY_MASK,
            "decision": _enum_names(coded >> TRY_BITS, Decision),
        }
    )


def samples_frame(record: RunRecord) -> DataFrame:
    """One row a sample: metric, its labels as a dictionary, time (s), value (NaN: went stale)."""
    import pandas as pd

    table, series = record.samples, record.manifest.series
    labels = np.empty(len(series), dtype=object)
    labels[:] = [dict(entry.labels) for entry in series]
    return pd.DataFrame(
        {
            "metric": _named(table["series"], [entry.name for entry in series]),
            "labels": labels[table["series"]],
            "time_s": table["time_ns"] / NS_PER_S,
            "value": table["value"],
        }
    )


def events_frame(record: RunRecord) -> DataFrame:
    """One row an event: time (s), kind, subject, detail as a dictionary."""
    return _wordy(record.events, json_column="detail")


def alerts_frame(record: RunRecord) -> DataFrame:
    """One row a change of an alert's state: time (s), alert, state, labels, value."""
    return _wordy(record.alerts, json_column="labels")


def plain_frame(table: Table) -> DataFrame:
    """Logs, jobs and costs as they stand, instants in seconds."""
    return _wordy(table, json_column=None)


def _wordy(table: Table, *, json_column: str | None) -> DataFrame:
    import pandas as pd

    columns: dict[str, object] = {}
    for column in table.schema.columns:
        if column.name == json_column:
            columns[column.name] = [json.loads(text) for text in table.texts[column.name]]
        elif column.kind == "text":
            columns[column.name] = list(table.texts[column.name])
        elif column.name.endswith("_ns"):
            instants = table[column.name]
            known = np.where(instants == NOT_YET, np.nan, instants / NS_PER_S)
            columns[column.name.removesuffix("_ns") + "_s"] = known
        else:
            columns[column.name] = table[column.name]
    return pd.DataFrame(columns)


def _named(indices: Numbers, names: list[str]) -> Numbers:
    lookup = np.array([*names, ""], dtype=object)
    safe = np.where(indices == NO_INDEX, len(names), indices.astype(np.int64))
    return lookup[safe]


def _enum_names(codes: Numbers, kind: type[IntEnum]) -> Numbers:
    lookup = np.array([member.name.lower() for member in kind], dtype=object)
    return lookup[codes.astype(np.int64)]
