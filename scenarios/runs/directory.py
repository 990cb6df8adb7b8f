"""The run directory: written whole or not at all, and read back as the same record.

Layout: ``run.json`` (everything but the tables), ``numbers.npz`` (requests, attempts, samples as
packed arrays), ``words.sqlite`` (events, alerts, logs, jobs, costs; events and logs searchable),
``scenario.yaml`` and ``files/`` (the input as it was read). A directory is filled under a name
of its own that ends in ``.incomplete`` and renamed when everything is written, so that runs of
one name, even at the same time, never mix. What a power failure leaves is not considered.
"""

import json
import math
import os
import shutil
import sqlite3
import zlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from lzma import LZMAError
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from models.base.errors import ForeshockError, SpecError
from models.records.dashboard import Dashboard
from models.records.digest import run_digest
from models.records.manifest import Manifest
from models.records.objective import RequestObjective
from models.records.record import (
    Alternative,
    Counts,
    ExpectationResult,
    Provenance,
    RunRecord,
    Verdict,
)
from models.records.schema import (
    ALERTS,
    ATTEMPTS,
    COSTS,
    EVENTS,
    JOBS,
    LOGS,
    REQUESTS,
    SAMPLES,
)
from models.records.table import Schema, Table, table_from_packed, table_from_rows

INCOMPLETE_SUFFIX = ".incomplete"
REPLACED_SUFFIX = ".replaced"
INCOMPLETE_NOTE = "INCOMPLETE"
FACTS_NAME = "run.json"
KEPT_FILES = "files"
_NUMERIC = (REQUESTS, ATTEMPTS, SAMPLES)
_WORDY = (EVENTS, ALERTS, LOGS, JOBS, COSTS)
_SQL_TYPE = {"text": "TEXT", "f8": ""}
"""A column that is declared REAL would turn -0.0 into 0."""


def save(record: RunRecord, directory: Path, files: Mapping[str, bytes]) -> None:
    """Write the run so that a kill or a full disk leaves no half of it under that name.

    An earlier run of the same name is replaced as a whole at the end. ``files`` are the inputs
    by the relative name under which they are kept.

    Raises:
        SpecError: something that is not a run stands there already.
        OSError: the disk refuses; nothing is left, and an earlier run stays.
    """
    directory = directory.resolve()
    _refuse_to_replace(directory)
    draft = directory.with_name(f"{directory.name}.{os.getpid()}{INCOMPLETE_SUFFIX}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(parents=True)
        note = draft / INCOMPLETE_NOTE
        note.write_text("This run was not written to its end; do not rely on it.\n")
        _write_input(record, draft, files)
        _write_numbers(record, draft / "numbers.npz")
        _write_words(record, draft / "words.sqlite")
        (draft / FACTS_NAME).write_text(_facts(record), encoding="utf-8")
        note.unlink()
        _publish(draft, directory)
    except sqlite3.Error as error:
        raise OSError(f"cannot write {directory}: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _refuse_to_replace(directory: Path) -> None:
    is_run = (directory / FACTS_NAME).is_file() or (directory / INCOMPLETE_NOTE).is_file()
    if directory.exists() and not is_run and not _is_empty(directory):
        raise SpecError(f"{directory} exists and is not a run, so it is not replaced")


def _is_empty(directory: Path) -> bool:
    return directory.is_dir() and not any(directory.iterdir())


def _publish(draft: Path, directory: Path) -> None:
    """Give the draft its name; an earlier run stands aside, and comes back if that fails."""
    if not directory.exists():
        draft.rename(directory)
        return
    retired = draft.with_name(f"{directory.name}.{os.getpid()}{REPLACED_SUFFIX}")
    shutil.rmtree(retired, ignore_errors=True)
    directory.rename(retired)
    try:
        draft.rename(directory)
    except OSError:
        retired.rename(directory)
        raise
    shutil.rmtree(retired, ignore_errors=True)


def _write_input(record: RunRecord, draft: Path, files: Mapping[str, bytes]) -> None:
    (draft / "scenario.yaml").write_text(record.scenario_text, encoding="utf-8", newline="")
    for name, content in files.items():
        path = draft / KEPT_FILES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def load_files(directory: Path) -> dict[str, bytes]:
    """The inputs that were kept with a run, by the names under which :func:`save` takes them.

    Raises:
        OSError: one cannot be read.
    """
    kept = directory / KEPT_FILES
    paths = sorted(path for path in kept.rglob("*") if path.is_file())
    return {path.relative_to(kept).as_posix(): path.read_bytes() for path in paths}


def _write_numbers(record: RunRecord, path: Path) -> None:
    arrays = {}
    for table in (record.requests, record.attempts, record.samples):
        packed = np.empty(len(table), dtype=table.schema.dtype())
        for column in table.schema.columns:
            packed[column.name] = table[column.name]
        arrays[table.schema.name] = packed
    np.savez(path, **arrays)  # type: ignore[arg-type]


def _write_words(record: RunRecord, path: Path) -> None:
    database = sqlite3.connect(path)
    try:
        for table in (record.events, record.alerts, record.logs, record.jobs, record.costs):
            columns = [
                f'"{column.name}" {_SQL_TYPE.get(column.kind, "INTEGER")}'
                for column in table.schema.columns
            ]
            database.execute(f"CREATE TABLE {table.schema.name} ({', '.join(columns)})")
            places = ", ".join("?" * len(columns))
            database.executemany(f"INSERT INTO {table.schema.name} VALUES ({places})", table.rows())
        database.execute(
            "CREATE VIRTUAL TABLE search USING fts5"
            "(kind, subject, text, time_ns UNINDEXED, tokenize = 'unicode61')"
        )
        database.execute(
            "INSERT INTO search SELECT kind, subject, detail, time_ns FROM events"
            " UNION ALL SELECT 'log', node, message, time_ns FROM logs"
        )
        database.commit()
    finally:
        database.close()


def _facts(record: RunRecord) -> str:
    facts = {
        "manifest": asdict(record.manifest),
        "counts": asdict(record.counts),
        "expectations": [asdict(result) for result in record.expectations],
        "verdict": record.verdict.value,
        "stop_reason": record.stop_reason,
        "digest": record.digest,
        "replay": record.replay,
        "provenance": asdict(record.provenance),
        "overrides": list(record.overrides),
        "objective": asdict(record.objective),
        "dashboards": [asdict(dashboard) for dashboard in record.dashboards],
        "alternatives": [
            asdict(replace(alternative, costs=_EMPTY_COSTS))
            | {
                "costs": [list(row) for row in alternative.costs.rows()],
                "p99_ms": None if math.isnan(alternative.p99_ms) else alternative.p99_ms,
            }
            for alternative in record.alternatives
        ],
    }
    return json.dumps(facts, indent=1, sort_keys=True, allow_nan=False)


_EMPTY_COSTS = table_from_rows(COSTS, [])


def load(directory: Path, *, check_digest: bool = True) -> RunRecord:
    """Read a run directory back into the record it was written from.

    ``check_digest`` False lets tables pass that are not those the digest was made from.

    Raises:
        SpecError: there is no complete run there, or its files do not fit together.
    """
    facts_path = directory / FACTS_NAME
    is_draft = directory.resolve().name.endswith(INCOMPLETE_SUFFIX)
    if is_draft or (directory / INCOMPLETE_NOTE).exists() or not facts_path.is_file():
        raise SpecError(f"{directory} holds no complete run; make one with: foreshock run")
    try:
        record = _read(directory, json.loads(facts_path.read_text(encoding="utf-8")))
        actual = run_digest(record.manifest, record.tables())
    except _DAMAGE as error:
        raise SpecError(f"{directory} is damaged: {type(error).__name__}: {error}") from error
    if check_digest and actual != record.digest:
        raise SpecError(
            f"{directory} is damaged: its tables have the digest {actual}, not {record.digest};"
            " foreshock replay finds the first difference"
        )
    return record


_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AssertionError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    ForeshockError,
    BadZipFile,
    LZMAError,
    zlib.error,
    sqlite3.Error,
)
"""What reading damaged files raises: every parser and every check has its own way."""


def _read(directory: Path, facts: dict[str, Any]) -> RunRecord:
    return RunRecord(
        manifest=TypeAdapter(Manifest).validate_python(facts["manifest"]),
        **_read_numbers(directory / "numbers.npz"),
        **_read_words(directory / "words.sqlite"),
        counts=TypeAdapter(Counts).validate_python(facts["counts"]),
        expectations=TypeAdapter(tuple[ExpectationResult, ...]).validate_python(
            facts["expectations"]
        ),
        verdict=Verdict(facts["verdict"]),
        stop_reason=str(facts["stop_reason"]),
        digest=str(facts["digest"]),
        replay=str(facts["replay"]),
        provenance=TypeAdapter(Provenance).validate_python(facts["provenance"]),
        scenario_text=(directory / "scenario.yaml").read_bytes().decode("utf-8"),
        overrides=TypeAdapter(tuple[str, ...]).validate_python(facts["overrides"]),
        alternatives=tuple(_alternative(entry) for entry in facts["alternatives"]),
        dashboards=TypeAdapter(tuple[Dashboard, ...]).validate_python(facts.get("dashboards", [])),
        objective=TypeAdapter(RequestObjective).validate_python(facts.get("objective", {})),
    )


def _read_numbers(path: Path) -> dict[str, Table]:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        return {schema.name: _unpacked(schema, archive[schema.name]) for schema in _NUMERIC}


def _unpacked(schema: Schema, packed: npt.NDArray[Any]) -> Table:
    if packed.dtype != schema.dtype():
        raise ValueError(f"table {schema.name} has other columns than it should")
    return table_from_packed(schema, packed.tobytes())


def _read_words(path: Path) -> dict[str, Table]:
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return {schema.name: _read_table(database, schema) for schema in _WORDY}
    finally:
        database.close()


def _read_table(database: sqlite3.Connection, schema: Schema) -> Table:
    rows = database.execute(f"SELECT * FROM {schema.name} ORDER BY rowid").fetchall()
    return table_from_rows(schema, rows)


def _alternative(entry: dict[str, Any]) -> Alternative:
    return Alternative(
        name=str(entry["name"]),
        overrides=TypeAdapter(tuple[str, ...]).validate_python(entry["overrides"]),
        digest=str(entry["digest"]),
        verdict=Verdict(entry["verdict"]),
        counts=TypeAdapter(Counts).validate_python(entry["counts"]),
        p99_ms=math.nan if entry["p99_ms"] is None else float(entry["p99_ms"]),
        costs=table_from_rows(COSTS, entry["costs"]),
    )
