"""`foreshock dashboards`, and `foreshock report --var`."""

import json
from pathlib import Path

from scenarios.cli.exits import Exit
from tests.scenarios.compile.test_dashboards import DECLARED
from tests.scenarios.edited import write_edited
from tests.scenarios.shell import foreshock


def test_each_dashboard_is_a_file_that_writing_again_leaves_as_it_is(tmp_path: Path) -> None:
    scenario = write_edited(tmp_path, DECLARED)
    for _ in range(2):
        told = foreshock("dashboards", scenario, "--out", "grafana", cwd=tmp_path)
        assert told.returncode == Exit.OK, told.stderr
    (path,) = (tmp_path / "grafana").iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["title"] == "The shop"


def test_a_kept_run_is_reported_with_another_choice_and_refuses_unknown_ones(
    tmp_path: Path,
) -> None:
    scenario = write_edited(tmp_path, DECLARED)
    foreshock("run", scenario, "--quiet", "--no-report", cwd=tmp_path)
    (run,) = (tmp_path / "runs").iterdir()
    told = foreshock("report", run, "--var", "job=catalog", cwd=tmp_path)
    assert told.returncode == Exit.OK, told.stderr
    assert "job = catalog" in (run / "report.html").read_text(encoding="utf-8")
    told = foreshock("report", run, "--var", "job=cart", cwd=tmp_path)
    assert told.returncode == Exit.BAD_INPUT
    assert "there is frontend, catalog" in told.stderr


def test_a_value_that_the_run_knows_may_be_chosen_and_no_other(tmp_path: Path) -> None:
    asked = DECLARED[1].replace("values: [frontend, catalog]", "query: 'label_values(up, job)'")
    scenario = write_edited(tmp_path, (DECLARED[0], asked))
    foreshock("run", scenario, "--quiet", "--no-report", cwd=tmp_path)
    (run,) = (tmp_path / "runs").iterdir()
    told = foreshock("report", run, "--var", "job=catalog", cwd=tmp_path)
    assert told.returncode == Exit.OK, told.stderr
    told = foreshock("report", run, "--var", "job=cart", cwd=tmp_path)
    assert told.returncode == Exit.BAD_INPUT
    assert "job=cart: there is catalog" in told.stderr
