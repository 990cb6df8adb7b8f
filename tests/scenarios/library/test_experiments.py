"""experiments/*: one that is carried out to its end, and one that its guard aborts."""

from pathlib import Path

import pytest

import scenarios
from models.records.record import Verdict
from reports.timeline import timeline
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"
SLOW, BROKEN = "experiments/slow-stock.yaml", "experiments/broken-stock.yaml"


@pytest.mark.parametrize(
    ("name", "overrides", "words"),
    [
        (SLOW, [], "Experiment completed, at the end steady"),
        (BROKEN, [], "Experiment aborted, all faults ended: error ratio of shoppers"),
        (BROKEN, ["experiment.steady_state=[{error_ratio: shoppers, above: 1%}]"],
         "Experiment called off, not steady: error ratio of shoppers > 1%"),
    ],
)  # fmt: skip
def test_the_end_of_an_experiment_is_judged_and_told(
    name: str, overrides: list[str], words: str
) -> None:
    run = execute(load(LIBRARY / name, overrides), RunOptions())
    assert (run.verdict is Verdict.PASSED) is not bool(overrides)
    assert any(moment.text.startswith(words) for moment in timeline(run))


def test_an_abort_that_was_not_expected_fails_the_run() -> None:
    run = execute(load(LIBRARY / BROKEN, ["experiment.aborts=false"]), RunOptions())
    (failed,) = [one for one in run.expectations if not one.holds]
    assert failed.expectation == "experiment: not aborted"
    assert failed.observed.startswith("aborted: error ratio of shoppers > 10%")
    assert failed.first_violation_ns is not None
