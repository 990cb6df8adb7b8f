"""`foreshock run --reps N` as a shell sees it."""

import json
import os
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scenarios.cli.exits import Exit
from scenarios.runs.replications import replication_seed
from tests.scenarios.shell import COMMAND, ROOT, SMALL, foreshock, surroundings

QUIETLY = ("--set", "services.shop.slots=3", "--quiet")
FLEETS = ROOT / "scenarios" / "library" / "cost" / "two-fleets.yaml"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    start = tmp_path_factory.mktemp("start")
    result = foreshock("run", SMALL, *QUIETLY, "--reps", "3", "--seed", "9", "--json", cwd=start)
    assert (result.returncode, result.stderr) == (0, "")
    assert list(start.iterdir()) == []
    parsed: dict[str, Any] = json.loads(result.stdout)
    return parsed


def test_one_document_has_shares_means_and_every_run(document: dict[str, Any]) -> None:
    assert (document["seed"], document["replications"], document["replications_done"]) == (9, 3, 3)
    assert document["verdict"] == "passed"
    assert [entry["held"] for entry in document["expectations"]] == [3, 3]
    assert document["expectations"][0]["share_low"] == pytest.approx(3 / (3 + 1.959964**2))
    names = {entry["name"] for entry in document["figures"]}
    assert names >= {"p50", "p99", "error ratio", "goodput", "failover after faults[0]"}
    assert all(entry["half_width"] is not None for entry in document["figures"])


def test_a_mean_is_that_of_the_runs_listed(document: dict[str, Any]) -> None:
    (p99,) = [entry for entry in document["figures"] if entry["name"] == "p99"]
    values = [run["figures"]["p99"] for run in document["runs"]]
    assert p99["mean"] == pytest.approx(sum(values) / 3)
    assert (p99["lowest"], p99["highest"]) == (min(values), max(values))


def test_jobs_change_nothing_in_the_document(document: dict[str, Any], tmp_path: Path) -> None:
    result = foreshock(
        "run", SMALL, *QUIETLY, "--reps", "3", "--seed", "9", "--json", "--jobs", "2", cwd=tmp_path
    )
    assert json.loads(result.stdout) == document


def test_one_printed_line_makes_any_replication_again(
    document: dict[str, Any], tmp_path: Path
) -> None:
    result = foreshock(
        "run", SMALL, *QUIETLY, "--rep", "2", "--seed", "9", "--json", "--no-report", cwd=tmp_path
    )
    single = json.loads(result.stdout)
    run = document["runs"][1]
    assert (single["seed"], single["digest"]) == (run["seed"], run["digest"])
    assert run["seed"] == replication_seed(9, 2)
    assert (tmp_path / single["run_dir"] / "run.json").is_file()
    again = foreshock(*shlex.split(run["again"])[1:], "--json", "--no-report", cwd=tmp_path)
    assert json.loads(again.stdout)["digest"] == run["digest"]


def test_text_has_the_tables_and_the_lines_that_repeat_it(tmp_path: Path) -> None:
    result = foreshock("run", SMALL, *QUIETLY, "--reps", "2", cwd=tmp_path)
    assert result.returncode == Exit.OK
    assert "holds in" in result.stdout
    assert "2 of 2    34.2 % to 100 %" in result.stdout
    assert "verdict  passed\n" in result.stdout
    again, replay = result.stdout.splitlines()[-2:]
    assert again.startswith("again    foreshock run ")
    assert "--seed 5 --reps 2 --set services.shop.slots=3" in again
    assert "--seed 5 --rep 1 --set services.shop.slots=3" in replay
    words = shlex.split(again.removeprefix("again    foreshock"))
    repeated = foreshock(*words, "--quiet", cwd=tmp_path)
    assert repeated.stdout == result.stdout


def test_one_replication_has_no_interval(tmp_path: Path) -> None:
    result = foreshock("run", SMALL, *QUIETLY, "--reps", "1", "--json", cwd=tmp_path)
    assert {entry["half_width"] for entry in json.loads(result.stdout)["figures"]} == {None}


def test_a_failure_in_some_runs_exits_with_1_and_names_them(tmp_path: Path) -> None:
    strict = ("--set", "expect[1].within=4s")
    result = foreshock("run", SMALL, *QUIETLY, *strict, "--reps", "6", cwd=tmp_path)
    assert result.returncode == Exit.EXPECTATION_FAILED
    assert "✗  fail over from faults[0] within 4s" in result.stdout
    assert "verdict  failed in replication " in result.stdout
    number = result.stdout.split("failed in replication ")[1].split(",")[0].split()[0]
    assert f"--rep {number} " in result.stdout


def test_a_spent_budget_in_any_run_exits_with_4(tmp_path: Path) -> None:
    result = foreshock(
        "run", SMALL, *QUIETLY, "--set", "limits.events=100", "--reps", "2", cwd=tmp_path
    )
    assert result.returncode == Exit.STOPPED
    assert "verdict  stopped in replication 1, 2\n" in result.stdout
    assert "stopped  budget of 100 events spent" in result.stdout


def test_alternatives_are_compared_under_equal_seeds(tmp_path: Path) -> None:
    result = foreshock("run", FLEETS, "--quiet", "--reps", "2", "--json", cwd=tmp_path)
    entries = json.loads(result.stdout)["alternatives"]
    assert {entry["name"] for entry in entries} == {"p99", "completed ratio", "cost"}
    assert {entry["pairs"] for entry in entries} == {2}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--reps", "0"),
        ("--reps", "2", "--rep", "1"),
        ("--reps", "2", "--junit", "v.xml"),
        ("--reps", "2", "--out", "elsewhere"),
        ("--jobs", "2"),
        ("--rep", "0"),
    ],
    ids=" ".join,
)
def test_options_that_contradict_each_other_are_bad_usage(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    result = foreshock("run", SMALL, *arguments, cwd=tmp_path)
    assert result.returncode == Exit.BAD_INPUT
    assert "Error: " in result.stderr
    assert list(tmp_path.iterdir()) == []


def interrupted(directory: Path, *arguments: str) -> tuple[int, str, str]:
    """Start 1,000 replications in a process group of their own, and press Ctrl-C on all of it."""
    process = subprocess.Popen(
        [*COMMAND, "run", str(SMALL), "--reps", "1000", *arguments],
        cwd=directory,
        env=surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(5.0)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout, stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_exits_with_130_and_tells_what_was_done(jobs: str, tmp_path: Path) -> None:
    code, stdout, stderr = interrupted(tmp_path, "--quiet", "--json", "--jobs", jobs)
    document = json.loads(stdout)
    assert code == Exit.INTERRUPTED
    assert stderr.strip() == "interrupted"
    assert 0 < document["replications_done"] < document["replications"] == 1000
    assert len(document["runs"]) == document["replications_done"]


def test_ctrl_c_before_the_first_run_is_done_prints_nothing(tmp_path: Path) -> None:
    long = ("--set", "time.measure=24h", "--set", "traffic.users.arrivals.rate=500/s")
    code, stdout, stderr = interrupted(tmp_path, *long)
    assert (code, stdout, stderr.strip()) == (Exit.INTERRUPTED, "", "interrupted")


def test_progress_is_on_stderr_and_only_now_and_then(tmp_path: Path) -> None:
    result = foreshock("run", SMALL, "--reps", "2", cwd=tmp_path)
    assert result.stderr == ""
