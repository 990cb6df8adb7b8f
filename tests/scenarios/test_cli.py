"""The command line as a shell sees it: output, exit codes, files, and nothing imported early."""

import json
import os
import pty
import signal
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from models.base.errors import InvariantViolation, SimulationError
from scenarios.cli import commands
from scenarios.cli.exits import Exit
from scenarios.cli.main import HOME, foreign_packages
from sim.world import World
from tests.scenarios.shell import COMMAND, ROOT, SMALL, foreshock, surroundings

QUICK = ("--no-report", "--quiet")
FIELDS = {
    "schema_version",
    "scenario",
    "seed",
    "digest",
    "verdict",
    "expectations",
    "counts",
    "run_dir",
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The document of one run with other values, and the directory in which it was started."""
    start = tmp_path_factory.mktemp("start")
    result = foreshock(
        "run", SMALL, "--json", "--seed", "11", "--set", "traffic.users.arrivals.rate=40/s",
        "--junit", "verdict.xml", cwd=start,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout), start


def test_json_prints_one_document_with_the_promised_fields(
    finished: tuple[dict[str, Any], Path],
) -> None:
    document, _ = finished
    assert set(document) >= FIELDS
    assert (document["schema_version"], document["scenario"]) == (1, "small")
    assert (document["seed"], document["verdict"]) == (11, "passed")
    assert [entry["holds"] for entry in document["expectations"]] == [True, True]


def test_offered_is_the_sum_of_the_other_counts(finished: tuple[dict[str, Any], Path]) -> None:
    counts = dict(finished[0]["counts"])
    offered = counts.pop("offered")
    assert set(counts) == {"completed", "failed", "rejected", "timed_out", "in_flight"}
    assert offered == sum(counts.values()) > 0


def test_the_run_directory_holds_record_input_report_and_figures(
    finished: tuple[dict[str, Any], Path],
) -> None:
    document, start = finished
    run_dir = start / document["run_dir"]
    assert run_dir == start / "runs" / f"small-{document['digest'][:12]}"
    assert sorted(path.name for path in run_dir.iterdir()) == [
        "figures",
        "numbers.npz",
        "report.html",
        "run.json",
        "scenario.yaml",
        "words.sqlite",
    ]
    assert (run_dir / "scenario.yaml").read_bytes() == SMALL.read_bytes()


def test_changed_values_are_recorded_and_in_the_line_that_replays(
    finished: tuple[dict[str, Any], Path],
) -> None:
    document, start = finished
    facts = json.loads((start / document["run_dir"] / "run.json").read_text())
    assert facts["overrides"] == ["traffic.users.arrivals.rate=40/s"]
    assert document["replay"].endswith("--seed 11 --set traffic.users.arrivals.rate=40/s")


def test_junit_is_valid_xml_with_a_case_for_each_expectation(
    finished: tuple[dict[str, Any], Path],
) -> None:
    suite = ET.parse(finished[1] / "verdict.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("2", "0")
    assert len(suite.findall("testcase")) == 2


def test_the_line_that_replays_makes_the_same_run(finished: tuple[dict[str, Any], Path]) -> None:
    document, start = finished
    words = document["replay"].split()[1:]
    again = foreshock(*words, "--json", *QUICK, "--out", "again", cwd=start)
    assert json.loads(again.stdout)["digest"] == document["digest"]


def test_a_violated_expectation_exits_with_1(tmp_path: Path) -> None:
    result = foreshock("run", SMALL, *QUICK, "--set", "expect[1].within=1ms", cwd=tmp_path)
    assert result.returncode == Exit.EXPECTATION_FAILED
    assert "✗ violated" in result.stdout
    assert "verdict  failed" in result.stdout


def test_a_violated_expectation_is_a_failure_in_junit(tmp_path: Path) -> None:
    foreshock(
        "run", SMALL, *QUICK, "--junit", "v.xml", "--set", "expect[1].within=1ms", cwd=tmp_path
    )
    failure = ET.parse(tmp_path / "v.xml").getroot().find("testsuite/testcase/failure")
    assert failure is not None
    assert "foreshock run" in str(failure.text)


def test_a_verdict_that_cannot_be_written_is_refused_before_the_run(tmp_path: Path) -> None:
    result = foreshock("run", SMALL, *QUICK, "--junit", "absent/v.xml", cwd=tmp_path)
    assert result.returncode == Exit.BAD_INPUT
    assert "there is no directory absent" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_wrong_file_exits_with_2_and_every_error_has_its_place(
    command: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(SMALL.read_text().replace("slots: 4", "slot: 4").replace("20s", "20"))
    result = foreshock(command, broken, cwd=tmp_path)
    assert result.returncode == Exit.BAD_INPUT
    assert result.stdout == ""
    assert f"{broken}:6:30: error: time.measure" in result.stderr
    assert "did you mean 'slots'?" in result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["broken.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "nowhere.yaml"),
        ("run", SMALL, "--seed", "-1"),
        ("run", SMALL, "--set", "services.shop.slots=none"),
        ("run", SMALL, "--plugin", "no_such_module"),
        ("replay", "."),
        ("explain", "."),
        ("conjure",),
    ],
    ids=str,
)
def test_bad_usage_exits_with_2_without_a_traceback(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    result = foreshock(*arguments, cwd=tmp_path)
    assert result.returncode == Exit.BAD_INPUT
    assert "rror: " in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_valid_file_is_described_and_nothing_is_written(tmp_path: Path) -> None:
    result = foreshock("validate", SMALL, cwd=tmp_path)
    assert result.returncode == Exit.OK
    assert "small: 1 services, 2 instances in 2 zones, 1 fault, 2 expectations" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_spent_budget_exits_with_4_and_the_record_so_far_is_kept(tmp_path: Path) -> None:
    result = foreshock("run", SMALL, *QUICK, "--json", "--set", "limits.wall=1ns",
                       "--set", "traffic.users.arrivals.rate=600/s", cwd=tmp_path)  # fmt: skip
    document = json.loads(result.stdout)
    assert result.returncode == Exit.STOPPED
    assert (document["verdict"], document["stop_reason"].split()[0]) == ("stopped", "budget")
    assert document["counts"]["completed"] > 0
    assert (tmp_path / document["run_dir"] / "run.json").is_file()


def test_a_budget_of_events_stops_equal_runs_at_the_same_event(tmp_path: Path) -> None:
    few = ("--set", "limits.events=1", "--set", "traffic.users.arrivals.rate=600/s")
    result = foreshock("run", SMALL, *QUICK, *few, "--json", cwd=tmp_path)
    again = foreshock("replay", json.loads(result.stdout)["run_dir"], cwd=tmp_path)
    assert (result.returncode, again.returncode) == (Exit.STOPPED, Exit.OK)


def test_an_interrupt_exits_with_130_and_leaves_nothing(tmp_path: Path) -> None:
    long = ("--set", "time.measure=24h", "--set", "traffic.users.arrivals.rate=500/s")
    process = subprocess.Popen(
        [*COMMAND, "run", str(SMALL), *long, *QUICK],
        cwd=tmp_path,
        env=surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(3.0)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == Exit.INTERRUPTED
    assert stderr.strip() == "interrupted"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [InvariantViolation("12 requests began but 11 were recorded"), SimulationError("p crashed")],
)
def test_a_broken_law_or_a_crash_exits_with_3_and_names_the_line_that_replays(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(World, "run", broken)
    code = commands.run_command_line(["run", str(SMALL), "--seed", "3", *QUICK])
    stderr = capsys.readouterr().err
    assert code == Exit.INTERNAL
    assert stderr.startswith(f"internal error: {error}\nagain: foreshock run ")
    assert f"{SMALL} --seed 3\n" in stderr


def test_an_unforeseen_error_exits_with_3_and_debug_shows_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("half of nothing")

    monkeypatch.setattr(World, "run", broken)
    code = commands.run_command_line(["run", str(SMALL), *QUICK])
    plain = capsys.readouterr().err
    commands.run_command_line(["--debug", "run", str(SMALL), *QUICK])
    assert code == Exit.INTERNAL
    assert plain.startswith("internal error: ZeroDivisionError: half of nothing\n")
    assert "Traceback" not in plain
    assert "in broken" in capsys.readouterr().err


def test_a_full_disk_is_a_message_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    result = foreshock("run", SMALL, *QUICK, "--out", "runs/below", cwd=tmp_path)
    assert result.returncode == Exit.BAD_INPUT
    assert result.stderr.startswith("error: ")


HEAVY = ("pandas", "matplotlib", "scipy", "statsmodels", "networkx")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["validate", str(SMALL)]])
def test_light_commands_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from scenarios.cli.commands import run_command_line\n"
        f"code = run_command_line({arguments!r})\n"
        f"print('heavy:', sorted(set({HEAVY!r}) & set(sys.modules)), 'code:', int(code))\n"
    )
    result = subprocess.run(
        [COMMAND[0], "-c", code], cwd=tmp_path, env=surroundings(), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert result.stdout.splitlines()[-1] == "heavy: [] code: 0"


def test_help_names_every_command_and_exit_code(tmp_path: Path) -> None:
    text = foreshock("--help", cwd=tmp_path).stdout
    for command in ("demo", "explain", "replay", "report", "run", "schema", "validate"):
        assert f"\n  {command} " in text
    assert "130 interrupted" in text


def test_schema_prints_a_json_schema(tmp_path: Path) -> None:
    schema = json.loads(foreshock("schema", cwd=tmp_path).stdout)
    assert "services" in schema["$defs"]["Scenario"]["properties"]


def terminal_output(directory: Path, **variables: str) -> str:
    """What a run prints when stdout is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "run", str(SMALL), *QUICK],
        cwd=directory,
        env=surroundings(TERM="xterm", **variables),
        stdout=theirs,
    )
    os.close(theirs)
    chunks = []
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(ours)
    assert process.wait() == 0
    return b"".join(chunks).decode()


def test_a_terminal_gets_colours(tmp_path: Path) -> None:
    assert "\x1b[32m" in terminal_output(tmp_path)


def test_no_color_is_respected(tmp_path: Path) -> None:
    output = terminal_output(tmp_path, NO_COLOR="1")
    assert "verdict  passed" in output
    assert "\x1b" not in output


def test_report_is_written_again_from_the_record(
    finished: tuple[dict[str, Any], Path],
) -> None:
    document, start = finished
    report = start / document["run_dir"] / "report.html"
    first = report.read_bytes()
    report.unlink()
    result = foreshock("report", document["run_dir"], cwd=start)
    assert result.stdout.strip() == str(Path(document["run_dir"]) / "report.html")
    assert report.read_bytes() == first


def test_our_packages_are_ours() -> None:
    assert foreign_packages() == ()
    assert HOME == ROOT


def test_a_foreign_package_of_our_name_is_found_and_named(tmp_path: Path) -> None:
    foreign = tmp_path / "elsewhere" / "models"
    foreign.mkdir(parents=True)
    (foreign / "__init__.py").write_text("raise SystemExit('executed')")
    path = os.pathsep.join([str(foreign.parent), str(ROOT)])
    result = foreshock("validate", SMALL, cwd=tmp_path, PYTHONPATH=path)
    assert result.returncode == Exit.BAD_INPUT
    assert result.stderr.startswith(f"error: the package 'models' in {foreign} hides")


def test_a_folder_of_our_name_without_python_inside_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    result = foreshock("validate", SMALL, cwd=tmp_path, PYTHONPATH=path)
    assert result.returncode == Exit.OK


PLUG_IN = """
def tick(world, options):
    yield world.kernel.timeout(3_000_000_000)
    raise ValueError("on purpose")

def quiet(world, options):
    yield world.kernel.timeout(int(options["ns"]))

PROCESSES = {"tick": tick, "quiet": quiet}
"""
QUIET = ("--set", "processes=[{name: quiet, options: {ns: '5'}}]", "--plugin", "my_plugin")


def test_a_module_beside_the_user_plugs_in_and_is_in_the_line_that_replays(tmp_path: Path) -> None:
    """PYTHONSAFEPATH: like an installed command, Python does not look here by itself."""
    (tmp_path / "my_plugin.py").write_text(PLUG_IN)
    result = foreshock("run", SMALL, *QUICK, *QUIET, cwd=tmp_path, PYTHONSAFEPATH="1")
    assert result.returncode == Exit.OK, result.stderr
    again, replay = result.stdout.splitlines()[-2:]
    assert again.endswith("--plugin my_plugin")
    assert replay.endswith("--plugin my_plugin")
    words = replay.split()[2:]
    assert foreshock(*words, cwd=tmp_path, PYTHONSAFEPATH="1").returncode == Exit.OK


def test_a_replay_without_the_plug_in_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "my_plugin.py").write_text(PLUG_IN)
    foreshock("run", SMALL, *QUICK, *QUIET, cwd=tmp_path)
    (run_dir,) = (tmp_path / "runs").iterdir()
    result = foreshock("replay", run_dir, cwd=tmp_path)
    assert result.returncode == Exit.BAD_INPUT
    assert "no process is called 'quiet'" in result.stderr


def test_a_plug_in_that_crashes_ends_the_run_with_its_name_the_time_and_the_seed(
    tmp_path: Path,
) -> None:
    (tmp_path / "my_plugin.py").write_text(PLUG_IN)
    crash = ("--set", "processes=[{name: tick}]", "--plugin", "my_plugin")
    result = foreshock("run", SMALL, *QUICK, *crash, cwd=tmp_path)
    assert result.returncode == Exit.INTERNAL
    assert "process 'tick' crashed at 3s (seed 5): ValueError('on purpose')" in result.stderr
    assert "again: foreshock run " in result.stderr


@pytest.mark.parametrize("source", ["import no_such_thing", "def ("])
def test_a_plug_in_that_cannot_be_imported_is_bad_input(source: str, tmp_path: Path) -> None:
    (tmp_path / "my_plugin.py").write_text(source)
    result = foreshock("run", SMALL, "--plugin", "my_plugin", cwd=tmp_path)
    assert result.returncode == Exit.BAD_INPUT
    assert result.stderr.startswith("error: --plugin my_plugin: cannot be imported: ")
