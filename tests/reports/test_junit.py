"""JUnit XML as CI systems read it."""

import xml.etree.ElementTree as ET

from models.records.record import ExpectationResult, Provenance, Verdict
from reports.junit import junit_xml
from tests.reports.small_run import small_run

GOOD = ExpectationResult("p99", True, "< 300 ms", "268 ms", 0.106, None, "measure")
BAD = ExpectationResult("errors & <all>", False, "< 1 %", "2 %", -1.0, 0, "measure")


def suite_of(**given):
    return ET.fromstring(junit_xml(small_run(**given))).find("testsuite")


def tally(suite):
    return tuple(int(suite.get(name)) for name in ("tests", "failures", "errors"))


def test_one_case_per_expectation():
    suite = suite_of(expectations=(GOOD, BAD), verdict=Verdict.FAILED)
    assert tally(suite) == (2, 1, 0)
    assert [case.get("name") for case in suite.iter("testcase")] == ["p99", "errors & <all>"]


def test_a_violation_is_a_failure_with_the_replay_line():
    suite = suite_of(expectations=(BAD,), verdict=Verdict.FAILED)
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "errors & <all>: 2 %, target < 1 %"
    assert "foreshock run small.yaml --seed 7" in failure.text


def test_a_stopped_run_is_an_error_although_all_holds():
    suite = suite_of(expectations=(GOOD,), verdict=Verdict.STOPPED, stop_reason="events")
    assert tally(suite) == (2, 0, 1)


def test_a_failed_run_without_violation_is_an_error():
    assert tally(suite_of(expectations=(GOOD,), verdict=Verdict.FAILED)) == (2, 0, 1)


def test_a_run_without_expectations_has_one_case():
    suite = suite_of()
    assert tally(suite) == (1, 0, 0)
    assert len(list(suite.iter("testcase"))) == 1


def test_the_number_of_cases_is_the_number_said():
    for given in (
        {},
        {"verdict": Verdict.STOPPED},
        {"expectations": (GOOD, BAD), "verdict": Verdict.FAILED},
        {"expectations": (BAD,), "verdict": Verdict.STOPPED},
    ):
        suite = suite_of(**given)
        assert int(suite.get("tests")) == len(list(suite.iter("testcase")))


def test_characters_that_xml_cannot_hold_are_dropped():
    odd = ExpectationResult("bell\x07 \ud800end", False, "a", "b\x00", None, None, "run")
    suite = suite_of(expectations=(odd,), verdict=Verdict.FAILED)
    assert next(suite.iter("testcase")).get("name") == "bell end"


def test_the_time_stamp_is_left_out_when_it_is_none():
    assert suite_of().get("timestamp") == "2026-03-02T18:00:00+00:00"
    assert suite_of(provenance=Provenance((), 0, 0.0, "")).get("timestamp") is None
