"""A recorded load from a CSV file as a piecewise-constant rate over the run.

A row's value counts what happened from its time until the next row's, so the rate there is
value / per * scale. Playing begins at ``from`` (default: the first row) when the run begins, warm
up included, and goes ``speed`` times faster than it was recorded. Times without a zone are UTC.
"""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from models.base.errors import ValueSyntaxError
from models.base.time import NS_PER_S, DurationNs, TimeNs, format_duration
from models.service.traffic import RateProfile
from scenarios.compile.findings import Findings, unknown_name
from scenarios.document.quantities import parse_civil_time
from scenarios.document.traffic import ProfileArrivals
from scenarios.source.files import NamedFile
from scenarios.source.marks import KeyPath, Mark, Source
from scenarios.source.problems import quoted

BAD_ROWS_SHOWN_MAX = 10
RATE_PER_S_MAX = 1e7


@dataclass(frozen=True, slots=True)
class _Row:
    time_ns: TimeNs
    value: float


class _Lines(Protocol):
    """What the csv module reads with: rows, and the number of the last line of each."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


class _BadFileError(Exception):
    """The file cannot be used; the problem is recorded."""


def compile_profile(
    doc: ProfileArrivals, path: KeyPath, end_ns: DurationNs, findings: Findings
) -> RateProfile | None:
    """The rate over a run of ``end_ns``; None, and problems, when the file does not give it."""
    where: KeyPath = (*path, "profile")
    mark = findings.located.value_mark(where)
    found = findings.files.matching(doc.profile, mark, where)
    if len(found) != 1:
        if found:
            findings.at_value(
                where, f"{quoted(doc.profile)} stands for {len(found)} files, not one"
            )
        return None
    try:
        rows = _read_rows(found[0], doc, mark, findings)
    except _BadFileError:
        return None
    return _play(rows, doc, path, end_ns, findings)


def _read_rows(file: NamedFile, doc: ProfileArrivals, mark: Mark, findings: Findings) -> list[_Row]:
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        findings.problems.add(_in_file(file, mark, "", 1), (), "the file is not UTF-8")
        raise _BadFileError from None
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        header = next(lines, [])
        columns = _columns(header, file, doc, mark, findings)
        return _data_rows(lines, columns, file, mark, findings)
    except csv.Error as error:
        findings.problems.add(
            _in_file(file, mark, "", lines.line_num or 1), (), f"not a CSV file: {error}"
        )
        raise _BadFileError from None


def _columns(
    header: list[str], file: NamedFile, doc: ProfileArrivals, mark: Mark, findings: Findings
) -> tuple[int, int]:
    names = [name.strip() for name in header]
    for name in (doc.time_column, doc.column):
        if name not in names:
            findings.problems.add(
                _in_file(file, mark, ",".join(header), 1), (), unknown_name("column", name, names)
            )
    if doc.time_column not in names or doc.column not in names:
        raise _BadFileError
    return names.index(doc.time_column), names.index(doc.column)


def _data_rows(
    lines: _Lines, columns: tuple[int, int], file: NamedFile, mark: Mark, findings: Findings
) -> list[_Row]:
    rows: list[_Row] = []
    bad = 0
    for cells in lines:
        if not cells:
            continue
        try:
            row = _row(cells, columns, rows[-1].time_ns if rows else None)
        except ValueSyntaxError as error:
            bad += 1
            if bad <= BAD_ROWS_SHOWN_MAX:
                place = _in_file(file, mark, ",".join(cells), lines.line_num)
                findings.problems.add(place, (), str(error))
            continue
        rows.append(row)
    if not rows and not bad:
        findings.problems.add(_in_file(file, mark, "", 1), (), "the file has no rows")
    if bad or not rows:
        raise _BadFileError
    return rows


def _row(cells: list[str], columns: tuple[int, int], after_ns: TimeNs | None) -> _Row:
    if len(cells) <= max(columns):
        raise ValueSyntaxError(f"the row has {len(cells)} cells, it needs {max(columns) + 1}")
    written = cells[columns[1]].strip()
    try:
        value = float(written)
    except ValueError:
        raise ValueSyntaxError(f"{quoted(written)} is not a number") from None
    if not math.isfinite(value) or value < 0:
        raise ValueSyntaxError(f"{quoted(written)} is not a count; it must be 0 or more")
    time_ns = parse_civil_time(cells[columns[0]].strip())
    if after_ns is not None and time_ns <= after_ns:
        raise ValueSyntaxError("times must ascend from row to row")
    return _Row(time_ns, value)


def _in_file(file: NamedFile, mark: Mark, line: str, number: int) -> Mark:
    lines = ("",) * (number - 1) + (line,) if line else ()
    source = Source(file.name, mark.source.label, mark.source.directory, lines, rank=900)
    return Mark(source, number, 1)


def _play(
    rows: list[_Row], doc: ProfileArrivals, path: KeyPath, end_ns: DurationNs, findings: Findings
) -> RateProfile | None:
    speed = Fraction(doc.speed)
    begin = rows[0].time_ns if doc.from_ is None else doc.from_
    if begin < rows[0].time_ns:
        findings.at_value((*path, "from"), "the profile begins later than this")
        return None
    covered = Fraction(rows[-1].time_ns + doc.per - begin) / speed
    if covered < end_ns:
        field = "from" if doc.from_ is not None else "profile"
        findings.at_value(
            (*path, field),
            f"the profile lasts {format_duration(max(0, int(covered)) // NS_PER_S * NS_PER_S)}"
            f" from here at this speed, but the run takes {format_duration(end_ns)}",
        )
        return None
    pieces: dict[TimeNs, float] = {}
    for row in rows:
        start = max(0, int(Fraction(row.time_ns - begin) / speed))
        if start >= end_ns:
            break
        pieces[start] = row.value * (NS_PER_S / doc.per) * doc.scale
    if max(pieces.values()) > RATE_PER_S_MAX:
        findings.at_key(path, f"the rate reaches {max(pieces.values()):.3g}/s; check per and scale")
        return None
    return RateProfile(tuple(pieces), tuple(pieces.values()))
