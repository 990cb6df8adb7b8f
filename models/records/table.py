"""A table: named columns of one length, numeric ones as numpy arrays, text ones as tuples.

Numeric columns are little-endian and of fixed width, so a table's bytes are the same on every
machine. Text columns are for the few, wordy rows of events, alerts, jobs and costs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from models.base.errors import SimulationError

Kind: TypeAlias = Literal["u1", "u2", "u4", "i8", "f8", "text"]
Numbers: TypeAlias = npt.NDArray[Any]
Cell: TypeAlias = int | float | str


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name (unit last), its kind, and what a value means."""

    name: str
    kind: Kind
    meaning: str


@dataclass(frozen=True, slots=True)
class Schema:
    """Name and columns of one table, in canonical order."""

    name: str
    columns: tuple[Column, ...]

    def dtype(self) -> np.dtype[np.void]:
        """Packed row layout of an all-numeric table."""
        return np.dtype([(column.name, "<" + column.kind) for column in self.columns])

    @property
    def is_numeric(self) -> bool:
        """True when no column holds text."""
        return all(column.kind != "text" for column in self.columns)


@dataclass(frozen=True, slots=True)
class Table:
    """Columns that belong to one schema; immutable by convention.

    ``numbers[name]`` is an array of shape (rows,); ``texts[name]`` a tuple of as many strings.
    """

    schema: Schema
    numbers: Mapping[str, Numbers]
    texts: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        lengths = {len(array) for array in self.numbers.values()}
        lengths |= {len(texts) for texts in self.texts.values()}
        if len(lengths) > 1:
            raise SimulationError(f"table {self.schema.name} has columns of lengths {lengths}")
        names = {column.name for column in self.schema.columns}
        if names != self.numbers.keys() | self.texts.keys():
            raise SimulationError(f"table {self.schema.name} does not match its schema")

    def __len__(self) -> int:
        first = self.schema.columns[0]
        return len(self.texts[first.name] if first.kind == "text" else self.numbers[first.name])

    def __getitem__(self, name: str) -> Numbers:
        return self.numbers[name]

    def text(self, name: str) -> tuple[str, ...]:
        """A text column, one string a row."""
        return self.texts[name]

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """Rows as tuples of plain Python values in column order; for small tables."""
        columns: list[Sequence[Cell]] = [
            self.texts[column.name] if column.kind == "text" else self.numbers[column.name].tolist()
            for column in self.schema.columns
        ]
        return zip(*columns, strict=True)


def table_from_rows(schema: Schema, rows: Sequence[Sequence[Cell]]) -> Table:
    """Build a table from row tuples in column order."""
    columns: Sequence[Sequence[Cell]] = (
        list(zip(*rows, strict=True)) if rows else [()] * len(schema.columns)
    )
    numbers: dict[str, Numbers] = {}
    texts: dict[str, tuple[str, ...]] = {}
    for column, values in zip(schema.columns, columns, strict=True):
        if column.kind == "text":
            texts[column.name] = tuple(str(value) for value in values)
        else:
            numbers[column.name] = np.array(values, dtype="<" + column.kind)
    return Table(schema, numbers, texts)


def table_from_packed(schema: Schema, packed: bytes | bytearray) -> Table:
    """View packed little-endian rows (layout ``schema.dtype()``) as a table, without copying."""
    array = np.frombuffer(packed, dtype=schema.dtype())
    return Table(schema, {name: array[name] for name in array.dtype.names or ()}, {})
