"""promtool reads the metrics that a run writes."""

import subprocess
from pathlib import Path

import pytest

from tests.oracle.promtool import find, missing
from tests.scenarios.edited import write_edited
from tests.scenarios.shell import foreshock

pytestmark = pytest.mark.oracle
PRESENT = "  notify: {receiver: on-call"


def promtool(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    reason = missing()
    if reason:
        pytest.skip(reason)
    return subprocess.run(
        [str(find()), *words], input=given, capture_output=True, text=True, check=False
    )


def written(directory: Path, name: str, *edits: tuple[str, str]) -> Path:
    scenario = write_edited(directory, *edits)
    path = directory / name
    told = foreshock("run", scenario, "--no-report", "--quiet", "--metrics", path, cwd=directory)
    assert path.is_file(), told.stderr
    return path


def test_promtool_finds_nothing_wrong_with_the_text_format(tmp_path: Path) -> None:
    told = promtool("check", "metrics", given=written(tmp_path, "run.prom").read_text())
    assert (told.returncode, told.stdout + told.stderr) == (0, "")


def test_promtool_reads_foreign_names_and_only_dislikes_how_they_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "run.prom", (PRESENT, f"  present_as: [istio]\n{PRESENT}"))
    told = promtool("check", "metrics", given=path.read_text())
    assert "error while linting" not in told.stderr
    assert all("istio_" in line for line in (told.stdout + told.stderr).splitlines() if line)


def test_promtool_makes_a_database_of_the_whole_run(tmp_path: Path) -> None:
    path = written(tmp_path, "run.om", (PRESENT, f"  present_as: [istio]\n{PRESENT}"))
    blocks = tmp_path / "blocks"
    told = promtool("tsdb", "create-blocks-from", "openmetrics", str(path), str(blocks))
    assert told.returncode == 0, told.stderr
    (blocks / "wal").mkdir()
    dumped = promtool("tsdb", "dump", "--match={__name__='up',job='frontend'}", str(blocks))
    rows = [line for line in dumped.stdout.splitlines() if line.startswith("{")]
    wanted = [
        line
        for line in path.read_text().splitlines()
        if line.startswith("up{") and 'job="frontend"' in line
    ]
    assert len(rows) == len(wanted) > 0
