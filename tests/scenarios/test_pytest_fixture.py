"""The pytest fixture passes with the scenario, and fails with its verdict and replay line."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TWO_TIER = Path(__file__).parent / "files" / "two-tier.yaml"
SHORT = (
    '{"time": {"start": "2026-03-02T18:00:00Z", "measure": "20s"}, "faults": [], "expect": [%s]}'
)


def run_test(pytester: pytest.Pytester, expectation: str) -> pytest.RunResult:
    values = SHORT % expectation
    pytester.makepyfile(
        f"""
        def test_shop(foreshock):
            run = foreshock({str(TWO_TIER)!r}, seed=3, values={values})
            assert len(run.requests) > 0
        """
    )
    arguments = [] if _is_installed() else ["-p", "scenarios.pytest_plugin"]
    return pytester.runpytest_subprocess(*arguments, "-p", "no:cacheprovider")


def _is_installed() -> bool:
    return bool(entry_points(group="pytest11", name="foreshock"))


@pytest.fixture(autouse=True)
def _house_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))


def test_a_scenario_that_holds_passes(pytester: pytest.Pytester) -> None:
    result = run_test(pytester, '{"error_ratio": "shoppers", "below": "50%"}')
    result.assert_outcomes(passed=1)


def test_a_scenario_that_does_not_hold_fails_with_table_and_replay_line(
    pytester: pytest.Pytester,
) -> None:
    expectation = '{"latency": "p50", "of": "shoppers", "below": "1ms"}'
    result = run_test(pytester, expectation)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*two-tier: FAILED*", "*violated*p50 of shoppers*", "*foreshock run*--seed 3*"]
    )
