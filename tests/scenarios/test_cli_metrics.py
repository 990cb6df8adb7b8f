"""`foreshock run --metrics`: the file, and names of which no format can be told."""

from pathlib import Path

from scenarios.cli.exits import Exit
from tests.scenarios.shell import SMALL, foreshock

QUICK = ("--no-report", "--quiet")


def test_the_whole_run_is_written_as_openmetrics(tmp_path: Path) -> None:
    told = foreshock("run", SMALL, *QUICK, "--metrics", "run.om", cwd=tmp_path)
    assert told.returncode == Exit.OK, told.stderr
    assert (tmp_path / "run.om").read_text(encoding="utf-8").endswith("# EOF\n")


def test_a_name_without_a_format_is_refused_before_the_run(tmp_path: Path) -> None:
    told = foreshock("run", SMALL, *QUICK, "--metrics", "run.txt", cwd=tmp_path)
    assert told.returncode == Exit.BAD_INPUT
    assert "must end in .om" in told.stderr
    assert not (tmp_path / "runs").exists()


def test_a_directory_that_is_not_there_is_refused_before_the_run(tmp_path: Path) -> None:
    told = foreshock("run", SMALL, *QUICK, "--metrics", "none/run.om", cwd=tmp_path)
    assert told.returncode == Exit.BAD_INPUT
    assert "there is no directory none" in told.stderr
