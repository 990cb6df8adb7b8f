"""The fixture hands back runs that hold; whatever else fails shows no traceback of ours."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from scenarios import pytest_plugin
from scenarios.pytest_plugin import RunScenario
from tests.scenarios.shell import ROOT, SMALL

pytest_plugins = ["pytester"]
foreshock = pytest_plugin.foreshock


def test_a_run_that_holds_is_handed_back(foreshock: RunScenario) -> None:
    run = foreshock(SMALL, seed=3, shuffle_ties=True)
    assert run.record.manifest.shuffle_ties
    assert len(run.requests) > 0


def test_a_violated_expectation_fails_with_the_line_that_replays(foreshock: RunScenario) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"--seed 3 --set 'expect\[1\].within=1ms'"):
        foreshock(SMALL, seed=3, values={"expect[1].within": "1ms"})


def test_a_wrong_file_fails_with_its_errors(foreshock: RunScenario, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("version: 2\n")
    with pytest.raises(pytest.fail.Exception, match=r"bad.yaml:1:10: error: version"):
        foreshock(tmp_path / "bad.yaml")


def test_a_missing_plug_in_fails_with_what_to_do(foreshock: RunScenario) -> None:
    with pytest.raises(pytest.fail.Exception, match="--plugin no_such_module: cannot be imported"):
        foreshock(SMALL, plugins=("no_such_module",))


def test_in_a_users_suite_a_failure_shows_table_and_replay_line_and_no_traceback(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(
        f"""
        def test_holds(foreshock):
            assert len(foreshock({str(SMALL)!r}).requests) > 0

        def test_does_not_hold(foreshock):
            foreshock({str(SMALL)!r}, seed=3, values={{"expect[1].within": "1ms"}})
        """
    )
    is_installed = entry_points(group="pytest11", name="foreshock")
    named = () if is_installed else ("-p", "scenarios.pytest_plugin")
    result = pytester.runpytest_subprocess(*named, "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["small: FAILED*", "*violated*fail over from*", "*foreshock run*--seed 3 --set*"]
    )
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")
