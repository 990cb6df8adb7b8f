"""Where two runs part: the first event that differs, or the first row, or the manifest."""

from dataclasses import asdict

import numpy as np

from models.base.time import TimeNs, format_duration
from models.records.record import RunRecord
from models.records.table import Cell, Table

_WRITTEN_AT = {
    "requests": ("arrival_ns", "duration_ns"),
    "attempts": ("start_ns", "duration_ns"),
    "jobs": ("started_ns",),
}
_AT_ONE_INSTANT = ("events", "alerts", "logs", "jobs", "attempts", "requests", "samples", "costs")
"""Of rows written at one instant, causes before consequences, and what is sampled last."""
_AFTER_THE_RUN: TimeNs = 2**63 - 1


def first_difference(kept: RunRecord, again: RunRecord) -> str:
    """One line naming the earliest thing in which the runs differ; empty for equal runs.

    All cells of all tables are compared bit by bit. Of each table the first differing row
    counts, and of these the one that was written down earliest in virtual time: what came later
    can be its consequence. Then come the manifest, the alternatives and the digest itself.
    """
    found = [
        (at, _AT_ONE_INSTANT.index(mine.schema.name), text)
        for mine, theirs in zip(kept.tables(), again.tables(), strict=True)
        if (difference := _table_difference(mine, theirs)) is not None
        for at, text in (difference,)
    ]
    if found:
        return min(found)[2]
    if kept.manifest != again.manifest:
        mine, theirs = asdict(kept.manifest), asdict(again.manifest)
        names = sorted(name for name in mine if mine[name] != theirs[name])
        return f"the manifests differ in {', '.join(names)}"
    return _alternative_difference(kept, again) or _digest_difference(kept, again)


def _alternative_difference(kept: RunRecord, again: RunRecord) -> str:
    mine = {alternative.name: alternative.digest for alternative in kept.alternatives}
    theirs = {alternative.name: alternative.digest for alternative in again.alternatives}
    for name in [*mine, *theirs]:
        if mine.get(name) != theirs.get(name):
            return (
                f"alternative '{name}': digest {mine.get(name, 'missing')}"
                f" became {theirs.get(name, 'missing')}"
            )
    return ""


def _digest_difference(kept: RunRecord, again: RunRecord) -> str:
    if kept.digest == again.digest:
        return ""
    return "the tables are equal, but the kept digest is not theirs"


def _table_difference(mine: Table, theirs: Table) -> tuple[TimeNs, str] | None:
    common = min(len(mine), len(theirs))
    name = mine.schema.name
    rows = [
        row
        for column in mine.schema.columns
        if (row := _first_unequal(mine, theirs, column.name, common)) is not None
    ]
    if rows:
        row = min(rows)
        at = min(_written_at(mine, row), _written_at(theirs, row))
        return at, f"{name} row {row}{_when(at)}: {_row(mine, row)} became {_row(theirs, row)}"
    if len(mine) != len(theirs):
        longer = mine if len(mine) > len(theirs) else theirs
        whose = "only the kept run" if longer is mine else "only the new run"
        at = _written_at(longer, common)
        return at, f"{name} row {common}{_when(at)}: {whose} has {_row(longer, common)}"
    return None


def _first_unequal(mine: Table, theirs: Table, column: str, common: int) -> int | None:
    if column in mine.texts:
        pairs = zip(mine.texts[column][:common], theirs.texts[column][:common], strict=True)
        return next((row for row, (a, b) in enumerate(pairs) if a != b), None)
    a, b = mine[column][:common], theirs[column][:common]
    if a.dtype.kind == "f":
        a, b = (np.ascontiguousarray(values, "<f8").view("<i8") for values in (a, b))
    unequal = a != b
    return int(np.argmax(unequal)) if unequal.any() else None


def _written_at(table: Table, row: int) -> TimeNs:
    """When the row was written down; bills are written after the run."""
    columns = _WRITTEN_AT.get(table.schema.name, ("time_ns",))
    if columns[0] not in table.numbers:
        return _AFTER_THE_RUN
    return sum(int(table[column][row]) for column in columns)


def _when(at: TimeNs) -> str:
    return "" if at == _AFTER_THE_RUN else f" at {format_duration(max(at, 0))}"


def _row(table: Table, row: int) -> str:
    cells = []
    for column in table.schema.columns:
        value: Cell
        if column.kind == "text":
            value = table.texts[column.name][row]
        else:
            value = table[column.name][row].item()
        cells.append(f"{column.name}={value}")
    return "(" + ", ".join(cells) + ")"
