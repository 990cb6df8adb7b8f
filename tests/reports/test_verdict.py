"""The verdict as a sentence and its rows."""

# ruff: noqa: RUF001 - the dashes and signs are what is tested

from dataclasses import replace

import pytest

from models.records.manifest import Phase
from models.records.record import ExpectationResult, Verdict
from reports.verdict import expectation_rows, headline, origin, signed_ratio
from tests.reports.small_run import MANIFEST, WARM_UP_END, S, small_run

GOOD = ExpectationResult("p99", True, "< 300 ms", "268 ms", 0.106, None, "measure")
BAD = ExpectationResult("errors", False, "< 1 %", "2 %", -1.0, WARM_UP_END + 5 * S, "measure")


@pytest.mark.parametrize(
    ("verdict", "results", "reason", "words"),
    [
        (Verdict.PASSED, (GOOD, GOOD), "", "All 2 expectations hold."),
        (Verdict.PASSED, (GOOD,), "", "The one expectation holds."),
        (Verdict.PASSED, (), "", "Ran to its end. The scenario states no expectation."),
        (Verdict.FAILED, (GOOD, BAD), "", "1 of 2 expectations violated."),
        (Verdict.FAILED, (BAD,), "", "1 of 1 expectation violated."),
        (Verdict.FAILED, (GOOD,), "", "Failed: a law that must hold on every run is broken."),
        (Verdict.STOPPED, (GOOD,), "events", "Stopped before its end: events."),
        (Verdict.STOPPED, (), "", "Stopped before its end: a budget was exhausted."),
    ],
)
def test_headline(verdict, results, reason, words):
    record = small_run(verdict=verdict, expectations=results, stop_reason=reason)
    assert headline(record) == words


def test_a_violation_is_told_from_the_start_of_measure():
    (row,) = expectation_rows(small_run(expectations=(BAD,)))
    assert (row.first_violation, row.first_violation_ns) == ("T+00:05.0", WARM_UP_END + 5 * S)
    assert row.judgement == "violated"
    assert row.margin == "−100 %"


def test_what_holds_has_no_violation():
    (row,) = expectation_rows(small_run(expectations=(GOOD,)))
    assert (row.judgement, row.first_violation, row.margin) == ("holds", "–", "+10.6 %")


@pytest.mark.parametrize(("ratio", "text"), [(None, "–"), (0.0, "+0 %"), (-3.2, "−320 %")])
def test_margins_carry_their_sign(ratio, text):
    assert signed_ratio(ratio) == text


def test_without_a_phase_measure_time_counts_from_the_start_of_the_run():
    assert origin(MANIFEST) == WARM_UP_END
    assert origin(replace(MANIFEST, phases=(Phase("settle", 3 * S, 9 * S),))) == 0
