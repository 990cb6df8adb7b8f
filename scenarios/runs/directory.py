"""The run directory: written whole or not at all, and read back as the same record.

Layout: ``run.json`` (everything but the tables), ``numbers.npz`` (requests, attempts, samples as
packed arrays), ``words.sqlite`` (events, alerts, logs, jobs, costs; events and logs searchable),
``scenario.yaml`` and ``files/`` (the input as it was read). A directory is filled under a name
that ends in ``.incomplete`` and renamed when everything is on disk.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from models.base.errors import SpecError
from models.records.manifest import Manifest
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
INCOMPLETE_NOTE = "INCOMPLETE"
_NUMERIC = (REQUESTS, ATTEMPTS, SAMPLES)
_WORDY = (EVENTS, ALERTS, LOGS, JOBS, COSTS)
_SQL_TYPE = {"text": "TEXT", "f8": "REAL"}


def save(record: RunRecord, directory: Path, files: Mapping[str, bytes]) -> None:
    """Write the run so that a kill or a full disk leaves no directory of that name behind.

    An earlier run of the same name is replaced at the end. ``files`` are the inputs by their
    relative name.

    Raises:
        OSError: the disk refuses; the unfinished directory is removed.
    """
    draft = directory.with_name(directory.name + INCOMPLETE_SUFFIX)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        note = draft / INCOMPLETE_NOTE
        note.write_text("This run was not written to its end; do not rely on it.\n")
        _write_input(record, draft, files)
        _write_numbers(record, draft / "numbers.npz")
        _write_words(record, draft / "words.sqlite")
        (draft / "run.json").write_text(_facts(record), encoding="utf-8")
        note.unlink()
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _publish(draft, directory)


def _publish(draft: Path, directory: Path) -> None:
    retired = directory.with_name(directory.name + ".replaced")
    shutil.rmtree(retired, ignore_errors=True)
    if directory.exists():
        os.replace(directory, retired)
    os.replace(draft, directory)
    shutil.rmtree(retired, ignore_errors=True)


def _write_input(record: RunRecord, draft: Path, files: Mapping[str, bytes]) -> None:
    (draft / "scenario.yaml").write_text(record.scenario_text, encoding="utf-8")
    for name, content in files.items():
        path = draft / "files" / name.lstrip("/").replace("../", "up/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


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
        "alternatives": [
            asdict(replace(alternative, costs=_EMPTY_COSTS))
            | {"costs": [list(row) for row in alternative.costs.rows()]}
            for alternative in record.alternatives
        ],
    }
    return json.dumps(facts, indent=1, sort_keys=True)


_EMPTY_COSTS = table_from_rows(COSTS, [])


def load(directory: Path) -> RunRecord:
    """Read a run directory back into the record it was written from.

    Raises:
        SpecError: there is no complete run there, or its files do not fit together.
    """
    if not (directory / "run.json").is_file() or (directory / INCOMPLETE_NOTE).exists():
        raise SpecError(f"{directory} holds no complete run; make one with: foreshock run")
    try:
        facts = json.loads((directory / "run.json").read_text(encoding="utf-8"))
        numbers = _read_numbers(directory / "numbers.npz")
        words = _read_words(directory / "words.sqlite")
        return RunRecord(
            manifest=TypeAdapter(Manifest).validate_python(facts["manifest"]),
            **numbers,
            **words,
            counts=Counts(**facts["counts"]),
            expectations=TypeAdapter(tuple[ExpectationResult, ...]).validate_python(
                facts["expectations"]
            ),
            verdict=Verdict(facts["verdict"]),
            stop_reason=facts["stop_reason"],
            digest=facts["digest"],
            replay=facts["replay"],
            provenance=TypeAdapter(Provenance).validate_python(facts["provenance"]),
            scenario_text=(directory / "scenario.yaml").read_text(encoding="utf-8"),
            overrides=tuple(facts["overrides"]),
            alternatives=tuple(_alternative(entry) for entry in facts["alternatives"]),
        )
    except (OSError, ValueError, KeyError, ValidationError, sqlite3.Error) as error:
        raise SpecError(f"{directory} is damaged: {error}") from error


def _read_numbers(path: Path) -> dict[str, Table]:
    with np.load(path, allow_pickle=False) as archive:
        return {
            schema.name: table_from_packed(schema, archive[schema.name].tobytes())
            for schema in _NUMERIC
        }


def _read_words(path: Path) -> dict[str, Table]:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return {schema.name: _read_table(database, schema) for schema in _WORDY}
    finally:
        database.close()


def _read_table(database: sqlite3.Connection, schema: Schema) -> Table:
    rows = database.execute(f"SELECT * FROM {schema.name} ORDER BY rowid").fetchall()
    return table_from_rows(schema, rows)


def _alternative(entry: dict[str, object]) -> Alternative:
    costs = entry.pop("costs")
    assert isinstance(costs, list)
    counts = TypeAdapter(Counts).validate_python(entry.pop("counts"))
    plain = TypeAdapter(dict[str, object]).validate_python(entry)
    return Alternative(
        name=str(plain["name"]),
        overrides=TypeAdapter(tuple[str, ...]).validate_python(plain["overrides"]),
        digest=str(plain["digest"]),
        verdict=Verdict(str(plain["verdict"])),
        counts=counts,
        p99_ms=TypeAdapter(float).validate_python(plain["p99_ms"]),
        costs=table_from_rows(COSTS, costs),
    )
