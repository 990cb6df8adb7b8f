"""Where two runs part: the first event that differs, or the first row, or the manifest."""

from dataclasses import asdict

import numpy as np

from models.base.time import format_duration
from models.records.record import RunRecord
from models.records.table import Table

_TIME_COLUMNS = {"requests": "arrival_ns", "attempts": "start_ns", "jobs": "started_ns"}


def first_difference(one: RunRecord, other: RunRecord) -> str:
    """One line naming the earliest thing in which the runs differ.

    Rows of all tables are compared; of the first differing rows the earliest in virtual time is
    named. Equal runs give an empty string.
    """
    found = [
        difference
        for mine, theirs in zip(one.tables(), other.tables(), strict=True)
        if (difference := _table_difference(mine, theirs)) is not None
    ]
    if found:
        return min(found)[1]
    if one.manifest != other.manifest:
        mine, theirs = asdict(one.manifest), asdict(other.manifest)
        names = sorted(name for name in mine if mine[name] != theirs[name])
        return f"the manifests differ in {', '.join(names)}"
    return ""


def _table_difference(mine: Table, theirs: Table) -> tuple[int, str] | None:
    common = min(len(mine), len(theirs))
    rows = [
        row
        for column in mine.schema.columns
        if (row := _first_unequal(mine, theirs, column.name, common)) is not None
    ]
    if rows:
        row = min(rows)
        return _at(mine, row), (
            f"{mine.schema.name} row {row} at {format_duration(_at(mine, row))}:"
            f" {_row(mine, row)} became {_row(theirs, row)}"
        )
    if len(mine) != len(theirs):
        longer = mine if len(mine) > len(theirs) else theirs
        whose = "only the kept run" if longer is mine else "only the new run"
        return _at(longer, common), (
            f"{longer.schema.name} row {common} at {format_duration(_at(longer, common))}:"
            f" {whose} has {_row(longer, common)}"
        )
    return None


def _first_unequal(mine: Table, theirs: Table, column: str, common: int) -> int | None:
    if column in mine.texts:
        pairs = zip(mine.texts[column][:common], theirs.texts[column][:common], strict=True)
        return next((row for row, (a, b) in enumerate(pairs) if a != b), None)
    a, b = mine[column][:common], theirs[column][:common]
    unequal = a != b
    if a.dtype.kind == "f":
        unequal &= ~(np.isnan(a.astype(float)) & np.isnan(b.astype(float)))
    return int(np.argmax(unequal)) if unequal.any() else None


def _at(table: Table, row: int) -> int:
    column = _TIME_COLUMNS.get(table.schema.name, "time_ns")
    return int(table[column][row]) if column in table.numbers else 0


def _row(table: Table, row: int) -> str:
    cells = []
    for column in table.schema.columns:
        value = table.texts[column.name][row] if column.kind == "text" else table[column.name][row]
        cells.append(f"{column.name}={value}")
    return "(" + ", ".join(cells) + ")"
