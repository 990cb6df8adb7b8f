"""A run directory is whole or says that it is not, and holds exactly what was run."""

import errno
import math
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from models.base.errors import SpecError
from models.records.digest import run_digest
from models.records.record import Alternative, Counts, RunRecord, Verdict
from models.records.schema import COSTS
from models.records.table import Table, table_from_rows
from scenarios.load import load as load_scenario
from scenarios.runs import directory as storage
from scenarios.runs.directory import load, save
from scenarios.runs.execute import execute
from tests.reports.small_run import S, event, request, small_run
from tests.scenarios.shell import SMALL, surroundings

INPUTS = {"scenario/rules.yml": b"groups: []\n", "index.json": b"{}"}


def with_digest(record: RunRecord) -> RunRecord:
    return replace(record, digest=run_digest(record.manifest, record.tables()))


def tiny(**given: object) -> RunRecord:
    """A record with a row in every kind of table, and odd values among them."""
    rows = {
        "requests": [request(0, S), request(1, 2 * S, 3)],
        "samples": [(0, S, 1.5), (0, 2 * S, math.nan), (1, 2 * S, math.inf)],
        "events": [event(S, "note", "ü ' \" \n;", text="\0 ☃")],
        "alerts": [(S, "Down", "firing", "{}", 0.1 + 0.2), (2 * S, "Down", "resolved", "{}", -0.0)],
        "logs": [(S, "web-0", "info", "it's up")],
        "jobs": [("nightly", S, S, -1, 1, "s-0", "e-0", 4_294_967_295, "running")],
        "costs": [("web", "machine time", 2.0, "h", 0.192)],
    }
    return with_digest(small_run(**(rows | given)))


def assert_equal_tables(one: Table, other: Table) -> None:
    assert one.schema == other.schema
    assert one.texts == other.texts
    for name, column in one.numbers.items():
        assert column.dtype == other.numbers[name].dtype
        assert column.tobytes() == other.numbers[name].tobytes()


@pytest.fixture(scope="module")
def real_run() -> RunRecord:
    return execute(load_scenario(SMALL))


def test_a_run_is_read_back_as_it_was(real_run: RunRecord, tmp_path: Path) -> None:
    save(real_run, tmp_path / "run", {})
    again = load(tmp_path / "run")
    for one, other in zip(real_run.tables(), again.tables(), strict=True):
        assert_equal_tables(one, other)
    plain = {table.schema.name: table for table in real_run.tables()}
    assert replace(again, **plain) == real_run


def test_the_digest_of_the_tables_read_back_is_the_stored_one(
    real_run: RunRecord, tmp_path: Path
) -> None:
    save(real_run, tmp_path / "run", {})
    again = load(tmp_path / "run")
    assert run_digest(again.manifest, again.tables()) == again.digest == real_run.digest


def test_odd_values_survive_bit_by_bit(tmp_path: Path) -> None:
    record = tiny()
    save(record, tmp_path / "run", {})
    for one, other in zip(record.tables(), load(tmp_path / "run").tables(), strict=True):
        assert_equal_tables(one, other)


def test_empty_tables_survive(tmp_path: Path) -> None:
    save(with_digest(small_run()), tmp_path / "run", {})
    assert [len(table) for table in load(tmp_path / "run").tables()] == [0] * 8


@pytest.mark.parametrize("p99_ms", [12.5, math.nan])
def test_alternatives_survive(p99_ms: float, tmp_path: Path) -> None:
    costs = table_from_rows(COSTS, [("web", "machine time", 2.0, "h", 0.1)])
    counts = Counts(5, 4, 1, 0, 0, 0)
    lean = Alternative("lean", ("a=1",), "d" * 32, Verdict.FAILED, counts, p99_ms, costs)
    save(tiny(alternatives=(lean,)), tmp_path / "run", {})
    (again,) = load(tmp_path / "run").alternatives
    assert_equal_tables(again.costs, costs)
    assert math.isnan(again.p99_ms) == math.isnan(p99_ms)
    assert replace(again, costs=costs, p99_ms=0.0) == replace(lean, p99_ms=0.0)


def test_inputs_are_kept_under_files(tmp_path: Path) -> None:
    save(tiny(), tmp_path / "run", INPUTS)
    for name, content in INPUTS.items():
        assert (tmp_path / "run" / "files" / name).read_bytes() == content


def test_events_and_logs_can_be_searched_by_word(tmp_path: Path) -> None:
    save(tiny(), tmp_path / "run", {})
    database = sqlite3.connect(tmp_path / "run" / "words.sqlite")
    found = database.execute("SELECT subject FROM search WHERE search MATCH 'up'").fetchall()
    database.close()
    assert found == [("web-0",)]


def test_names_that_mean_something_in_a_uri_are_just_names(tmp_path: Path) -> None:
    save(tiny(), tmp_path / "a?b#c%20d" / "run", {})
    assert len(load(tmp_path / "a?b#c%20d" / "run").events) == 1


def test_a_run_in_its_place_is_replaced_as_a_whole(tmp_path: Path) -> None:
    save(tiny(), tmp_path / "run", INPUTS)
    (tmp_path / "run" / "report.html").write_text("of the first")
    save(tiny(stop_reason="second"), tmp_path / "run", {})
    assert load(tmp_path / "run").stop_reason == "second"
    assert not (tmp_path / "run" / "report.html").exists()
    assert not (tmp_path / "run" / "files").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_an_empty_directory_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    save(tiny(), tmp_path / "run", {})
    assert load(tmp_path / "run").digest == tiny().digest


@pytest.mark.parametrize("is_directory", [True, False])
def test_what_is_not_a_run_is_never_replaced(is_directory: bool, tmp_path: Path) -> None:
    place = tmp_path / "thesis"
    if is_directory:
        place.mkdir()
        (place / "chapter-1.md").write_text("months of work")
    else:
        place.write_text("months of work")
    with pytest.raises(SpecError, match="not a run"):
        save(tiny(), place, {})
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]
    assert not is_directory or (place / "chapter-1.md").read_text() == "months of work"


STEPS = ("_write_input", "_write_numbers", "_write_words", "_facts", "_publish")


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def database_is_full(*_: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("failure", "expected"),
    [(no_space, OSError), (database_is_full, OSError), (interrupted, KeyboardInterrupt)],
)
def test_a_failure_at_any_step_leaves_nothing(
    step: str,
    failure: Callable[..., None],
    expected: type[BaseException],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storage, step, failure)
    with pytest.raises(expected):
        save(tiny(), tmp_path / "run", INPUTS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_full_disk_leaves_the_earlier_run(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tiny(stop_reason="first"), tmp_path / "run", INPUTS)
    monkeypatch.setattr(storage, step, no_space)
    with pytest.raises(OSError, match="No space left"):
        save(tiny(stop_reason="second"), tmp_path / "run", {})
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert load(tmp_path / "run").stop_reason == "first"


def test_an_earlier_run_comes_back_when_the_new_one_cannot_take_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tiny(stop_reason="first"), tmp_path / "run", {})
    rename = Path.rename

    def refuses_drafts(path: Path, target: Path) -> Path:
        if path.name.endswith(storage.INCOMPLETE_SUFFIX):
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuses_drafts)
    with pytest.raises(OSError, match="Input/output"):
        save(tiny(stop_reason="second"), tmp_path / "run", {})
    assert load(tmp_path / "run").stop_reason == "first"


KILLED = """
import os, signal, sys
from pathlib import Path
from scenarios.runs import directory
from tests.scenarios.test_directory import INPUTS, tiny

step, is_late, place = sys.argv[1], sys.argv[2] == "late", Path(sys.argv[3])
original = getattr(directory, step)

def dies(*arguments):
    result = original(*arguments) if is_late else None
    os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(directory, step, dies)
directory.save(tiny(stop_reason="second"), place, INPUTS)
"""


@pytest.mark.parametrize(
    ("step", "when"),
    [
        ("_write_input", "early"),
        ("_write_numbers", "early"),
        ("_write_words", "early"),
        ("_write_words", "late"),
        ("_facts", "late"),
        ("_publish", "early"),
    ],
)
def test_a_killed_process_leaves_only_what_says_that_it_is_incomplete(
    step: str, when: str, tmp_path: Path
) -> None:
    place = tmp_path / "run"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, step, when, place], env=surroundings(), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".incomplete")
    for directory in (place, left):
        with pytest.raises(SpecError, match="no complete run"):
            load(directory)


def test_a_process_killed_while_replacing_leaves_the_earlier_run(tmp_path: Path) -> None:
    place = tmp_path / "run"
    save(tiny(stop_reason="first"), place, {})
    subprocess.run(
        [sys.executable, "-c", KILLED, "_publish", "early", place], env=surroundings(), check=False
    )
    assert load(place).stop_reason == "first"


def test_a_directory_with_the_note_inside_is_refused(tmp_path: Path) -> None:
    save(tiny(), tmp_path / "run", {})
    (tmp_path / "run" / storage.INCOMPLETE_NOTE).write_text("")
    with pytest.raises(SpecError, match="no complete run"):
        load(tmp_path / "run")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def scramble(path: Path) -> None:
    path.write_bytes(b"\xff\xfenonsense" * 100)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *product(("run.json", "numbers.npz", "words.sqlite"), (cut, empty, scramble, Path.unlink)),
        ("scenario.yaml", scramble),
        ("scenario.yaml", Path.unlink),
    ],
)
def test_damaged_files_are_named_as_the_users_problem(
    name: str, damage: Callable[[Path], None], tmp_path: Path
) -> None:
    save(tiny(), tmp_path / "run", {})
    path = tmp_path / "run" / name
    damage(path)
    with pytest.raises(SpecError, match=r"is damaged|no complete run"):
        load(tmp_path / "run")


@pytest.mark.parametrize("name", ["run.json", "numbers.npz", "words.sqlite"])
def test_no_flipped_bit_brings_anything_but_the_same_tables_or_a_refusal(
    name: str, tmp_path: Path
) -> None:
    record = tiny()
    save(record, tmp_path / "run", {})
    path = tmp_path / "run" / name
    content = path.read_bytes()
    refusals = 0
    for position in range(0, len(content), max(1, len(content) // 150)):
        flipped = bytearray(content)
        flipped[position] ^= 0x10
        path.write_bytes(flipped)
        try:
            again = load(tmp_path / "run")
        except SpecError:
            refusals += 1
        else:
            assert run_digest(again.manifest, again.tables()) == record.digest
    assert refusals > 0


@pytest.mark.parametrize(
    "facts", ["[]", "null", "{}", '{"manifest": 3}', "1e999", '{"manifest": {}, "counts": []}']
)
def test_facts_of_another_shape_are_damage(facts: str, tmp_path: Path) -> None:
    save(tiny(), tmp_path / "run", {})
    (tmp_path / "run" / "run.json").write_text(facts)
    with pytest.raises(SpecError, match="is damaged"):
        load(tmp_path / "run")


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE alerts",
        "ALTER TABLE logs ADD COLUMN extra TEXT",
        "UPDATE jobs SET token = -1",
        "UPDATE jobs SET token = 'x'",
        "UPDATE events SET subject = 'someone else'",
        "DELETE FROM events",
    ],
)
def test_an_edited_database_is_damage(statement: str, tmp_path: Path) -> None:
    save(tiny(), tmp_path / "run", {})
    database = sqlite3.connect(tmp_path / "run" / "words.sqlite")
    database.execute(statement)
    database.commit()
    database.close()
    with pytest.raises(SpecError, match="is damaged"):
        load(tmp_path / "run")


def test_numbers_in_other_columns_are_damage(tmp_path: Path) -> None:
    save(tiny(), tmp_path / "run", {})
    path = tmp_path / "run" / "numbers.npz"
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays["samples"] = arrays["samples"].view(np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(SpecError, match="samples has other columns"):
        load(tmp_path / "run")


def test_tables_that_are_not_the_digests_own_pass_only_when_asked(tmp_path: Path) -> None:
    save(replace(tiny(), digest="ab" * 16), tmp_path / "run", {})
    with pytest.raises(SpecError, match="foreshock replay finds"):
        load(tmp_path / "run")
    assert load(tmp_path / "run", check_digest=False).digest == "ab" * 16
