"""`foreshock replay` believes the tables it finds, not the digest written beside them."""

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from scenarios.cli.exits import Exit
from tests.scenarios.shell import FILES, SMALL, foreshock

QUICK = ("--no-report", "--quiet", "--json")


def run_small(directory: Path, *arguments: str) -> Path:
    """Run the small scenario in ``directory`` and return where the run is kept."""
    result = foreshock("run", SMALL, *QUICK, *arguments, cwd=directory)
    return directory / str(json.loads(result.stdout)["run_dir"])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_small(tmp_path_factory.mktemp("kept"), "--seed", "9", "--shuffle-ties")


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "copy"))


def replay(run_dir: Path) -> subprocess.CompletedProcess[str]:
    return foreshock("replay", run_dir, cwd=run_dir.parent)


def edit(run_dir: Path, statement: str) -> None:
    database = sqlite3.connect(run_dir / "words.sqlite")
    database.execute(statement)
    database.commit()
    database.close()


def test_an_untouched_run_repeats_with_its_own_seed_and_order_of_ties(copy: Path) -> None:
    result = replay(copy)
    assert result.returncode == Exit.OK
    kept_line, again_line, verdict = result.stdout.splitlines()
    assert kept_line.split()[1] == again_line.split()[1]
    assert verdict.startswith("equal")


def test_the_scenario_file_itself_is_not_needed(tmp_path: Path) -> None:
    shutil.copy(SMALL, tmp_path / "mine.yaml")
    foreshock("run", "mine.yaml", *QUICK, cwd=tmp_path)
    (tmp_path / "mine.yaml").unlink()
    (run_dir,) = (tmp_path / "runs").iterdir()
    assert replay(run_dir).returncode == Exit.OK


def test_a_failed_verdict_replays_as_equal(tmp_path: Path) -> None:
    run_dir = run_small(tmp_path, "--set", "expect[1].within=1ms")
    assert json.loads((run_dir / "run.json").read_text())["verdict"] == "failed"
    assert replay(run_dir).returncode == Exit.OK


def test_an_edited_event_is_named_though_the_digest_beside_it_is_the_old_one(copy: Path) -> None:
    edit(copy, "UPDATE events SET subject = 'shop-0' WHERE kind = 'fault_started'")
    result = replay(copy)
    assert result.returncode == Exit.EXPECTATION_FAILED
    difference = result.stdout.splitlines()[2]
    assert difference.startswith("differ   events row ")
    assert " at 10s: (" in difference
    assert "kind=fault_started, subject=shop-0" in difference.split(" became ")[0]
    assert "kind=fault_started, subject=faults[0]" in difference.split(" became ")[1]


def test_a_missing_event_shows_as_the_one_that_took_its_place(copy: Path) -> None:
    edit(copy, "DELETE FROM events WHERE kind = 'fault_ended'")
    result = replay(copy)
    assert result.returncode == Exit.EXPECTATION_FAILED
    assert "kind=fault_ended" in result.stdout.split(" became ")[1]


def test_an_edited_digest_is_named(copy: Path) -> None:
    facts = json.loads((copy / "run.json").read_text())
    facts["digest"] = "0" * 32
    (copy / "run.json").write_text(json.dumps(facts))
    result = replay(copy)
    assert result.returncode == Exit.EXPECTATION_FAILED
    assert "the kept digest is not theirs" in result.stdout


def test_an_edited_scenario_is_named_by_what_came_of_it(copy: Path) -> None:
    scenario = copy / "scenario.yaml"
    scenario.write_text(scenario.read_text().replace("at: 5s", "at: 6s"))
    result = replay(copy)
    assert result.returncode == Exit.EXPECTATION_FAILED
    assert "differ   events row " in result.stdout


def test_a_damaged_run_is_bad_input(copy: Path) -> None:
    (copy / "numbers.npz").write_bytes(b"")
    assert replay(copy).returncode == Exit.BAD_INPUT


def test_alternatives_are_compared_too(tmp_path: Path) -> None:
    scenario = tmp_path / "two.yaml"
    extra = "alternatives:\n  wide: {set: {services.shop.slots: 8}}\n"
    scenario.write_text(SMALL.read_text() + extra)
    foreshock("run", scenario, *QUICK, cwd=tmp_path)
    (run_dir,) = (tmp_path / "runs").iterdir()
    assert replay(run_dir).returncode == Exit.OK
    facts = json.loads((run_dir / "run.json").read_text())
    facts["alternatives"][0]["digest"] = "0" * 32
    (run_dir / "run.json").write_text(json.dumps(facts))
    result = replay(run_dir)
    assert result.returncode == Exit.EXPECTATION_FAILED
    assert "alternative 'wide': digest 000" in result.stdout


def test_files_named_on_the_command_line_are_replayed_from_their_copies(tmp_path: Path) -> None:
    profile = tmp_path / "load.csv"
    rows = [f"2026-01-01 00:00:{second:02d},{40 + second}" for second in range(0, 60, 10)]
    profile.write_text("\n".join(["when,count", *rows]))
    arrivals = "{profile: load.csv, column: count, time_column: when, per: 1s}"
    run_dir = run_small(tmp_path, "--set", f"traffic.users.arrivals={arrivals}")
    profile.unlink()
    result = replay(run_dir)
    assert (result.stderr, result.returncode) == ("", Exit.OK)


def test_the_two_tier_shop_repeats(tmp_path: Path) -> None:
    foreshock("run", FILES / "two-tier.yaml", *QUICK, "--set", "time.measure=40s",
              "--set", "faults[0].at=5s", "--set", "faults[0].for=20s",
              "--set", "expect=[]", cwd=tmp_path)  # fmt: skip
    (run_dir,) = (tmp_path / "runs").iterdir()
    assert replay(run_dir).returncode == Exit.OK
