"""Series from CSV files and the marks people made on them, for scoring anomaly detectors.

A series is a CSV file with a header, times in the first column, ascending, and values in the
second. Marks are a JSON object: file name -> list of [begin, end] times. Times are civil, UTC
unless they name a zone.
"""

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.alerting.anomaly.score import Sample, Window
from models.base.errors import SpecError, ValueSyntaxError
from scenarios.document.quantities import parse_civil_time

_COLUMNS = 2
_BYTES_MAX = 64 * 2**20


def read_series(path: Path) -> tuple[Sample, ...]:
    """Samples in the order of the file; values that are not numbers are an error.

    Raises:
        SpecError: the file is no such series; the message names file, line and reason.
    """
    samples: list[Sample] = []
    rows = csv.reader(_text_of(path).splitlines())
    next(rows, None)
    for row in rows:
        if not row:
            continue
        if len(row) < _COLUMNS:
            raise SpecError(f"{path}:{rows.line_num}: error: a row is a time and a value")
        try:
            now, value = parse_civil_time(row[0]), float(row[1])
        except ValueSyntaxError as error:
            raise SpecError(f"{path}:{rows.line_num}: error: {error}") from None
        except ValueError:
            raise SpecError(f"{path}:{rows.line_num}: error: {row[1]!r} is no number") from None
        if math.isfinite(value):
            samples.append((now, value))
    if not samples:
        raise SpecError(f"{path}:1: error: no samples; expected a header, then time,value")
    return tuple(samples)


def read_marks(path: Path) -> Mapping[str, tuple[Window, ...]]:
    """Windows by file name.

    Raises:
        SpecError: the file is not such an object; the message names file, series and reason.
    """
    try:
        document: Any = json.loads(_text_of(path))
    except json.JSONDecodeError as error:
        raise SpecError(f"{path}:{error.lineno}:{error.colno}: error: {error.msg}") from None
    if not isinstance(document, dict):
        raise SpecError(f"{path}:1: error: expected an object of file names")
    return {name: _windows(path, name, spans) for name, spans in document.items()}


def _windows(path: Path, name: str, spans: Any) -> tuple[Window, ...]:
    windows: list[Window] = []
    for span in spans if isinstance(spans, list) else [spans]:
        match span:
            case [str(begin), str(end)]:
                try:
                    window = Window(parse_civil_time(begin), parse_civil_time(end))
                except ValueSyntaxError as error:
                    raise SpecError(f"{path}: error: {name}: {error}") from None
            case _:
                raise SpecError(f"{path}: error: {name}: expected [begin, end], not {span!r}")
        if window.end < window.begin:
            raise SpecError(f"{path}: error: {name}: {span[1]} is before {span[0]}")
        windows.append(window)
    return tuple(windows)


def _text_of(path: Path) -> str:
    if path.stat().st_size > _BYTES_MAX:
        raise SpecError(f"{path}: error: larger than {_BYTES_MAX // 2**20} MiB")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError(f"{path}: error: the file is not UTF-8") from None
