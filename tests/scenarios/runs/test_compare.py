"""The first difference of two runs is the earliest one, bit by bit."""

import math
from dataclasses import replace

import pytest

from models.records.record import Alternative, Counts, RunRecord, Verdict
from models.records.schema import COSTS
from models.records.table import table_from_rows
from scenarios.runs.compare import first_difference
from tests.reports.small_run import MANIFEST, MS, S, attempt, event, request, small_run


def run(**given: object) -> RunRecord:
    return small_run(**given)


def test_equal_runs_have_no_difference() -> None:
    rows = {"requests": [request(0, S)], "samples": [(0, S, math.nan)]}
    assert first_difference(run(**rows), run(**rows)) == ""


def test_the_row_is_shown_as_it_was_and_as_it_became() -> None:
    kept = run(events=[event(S, "note", "a"), event(2 * S, "note", "b")])
    again = run(events=[event(S, "note", "a"), event(2 * S, "note", "c")])
    assert first_difference(kept, again) == (
        "events row 1 at 2s: (time_ns=2000000000, kind=note, subject=b, detail={})"
        " became (time_ns=2000000000, kind=note, subject=c, detail={})"
    )


def test_the_first_differing_row_of_a_table_counts_whatever_its_column() -> None:
    kept = run(events=[event(S, "note", "a"), event(2 * S, "note", "b")])
    again = run(events=[event(S, "note", "x"), event(3 * S, "note", "b")])
    assert first_difference(kept, again).startswith("events row 0 at 1s")


def test_of_several_tables_the_earliest_row_counts() -> None:
    kept = run(requests=[request(0, S, duration_ns=5 * S)], events=[event(3 * S, "note", "a")])
    again = run(requests=[request(0, S, 1, duration_ns=5 * S)], events=[event(3 * S, "note", "b")])
    assert first_difference(kept, again).startswith("events row 0 at 3s")


def test_a_request_is_written_when_it_ends_not_when_it_arrives() -> None:
    kept = run(requests=[request(0, S, duration_ns=5 * S)], attempts=[attempt(0, 2 * S)])
    again = run(
        requests=[request(0, S, 1, duration_ns=5 * S)], attempts=[attempt(0, 2 * S, outcome=1)]
    )
    assert first_difference(kept, again).startswith("attempts row 0 at 2s10ms")


def test_the_earlier_of_both_runs_dates_a_row() -> None:
    kept = run(events=[event(5 * S, "note", "a")], logs=[(3 * S, "n", "info", "x")])
    again = run(events=[event(2 * S, "note", "a")], logs=[(3 * S, "n", "info", "y")])
    assert first_difference(kept, again).startswith("events row 0 at 2s")


def test_the_bill_comes_last_because_it_is_a_consequence() -> None:
    kept = run(costs=[("web", "machine time", 2.0, "h", 0.1)], events=[event(9 * S, "note", "a")])
    again = run(costs=[("web", "machine time", 2.0, "h", 0.2)], events=[event(9 * S, "note", "b")])
    assert first_difference(kept, again).startswith("events row 0")


def test_a_bill_alone_differs_without_an_instant() -> None:
    kept = run(costs=[("web", "machine time", 2.0, "h", 0.1)])
    again = run(costs=[("web", "machine time", 2.0, "h", 0.2)])
    assert first_difference(kept, again).startswith("costs row 0: (service=web")


@pytest.mark.parametrize("longer_is_kept", [True, False])
def test_a_run_with_more_rows_is_named(longer_is_kept: bool) -> None:
    short = run(events=[event(S, "note", "a")])
    long = run(events=[event(S, "note", "a"), event(2 * S, "note", "b")])
    difference = first_difference(*((long, short) if longer_is_kept else (short, long)))
    whose = "kept" if longer_is_kept else "new"
    assert difference.startswith(f"events row 1 at 2s: only the {whose} run has (")


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [(math.nan, math.nan, False), (0.0, -0.0, True), (math.nan, 1.0, True), (0.3, 0.1 + 0.2, True)],
)
def test_values_are_compared_by_their_bits(one: float, other: float, differs: bool) -> None:
    kept, again = run(samples=[(0, S, one)]), run(samples=[(0, S, other)])
    assert bool(first_difference(kept, again)) is differs


def test_manifests_differ_by_field() -> None:
    other = replace(MANIFEST, seed=8, question="Why?")
    assert first_difference(run(), run(manifest=other)) == (
        "the manifests differ in question, seed"
    )


def test_alternatives_and_the_digest_are_compared_last() -> None:
    counts = Counts(0, 0, 0, 0, 0, 0)
    lean = Alternative("lean", (), "a" * 4, Verdict.PASSED, counts, 1.0, table_from_rows(COSTS, []))
    kept, again = run(alternatives=(lean,)), run(alternatives=(replace(lean, digest="b" * 4),))
    assert first_difference(kept, again) == "alternative 'lean': digest aaaa became bbbb"
    assert first_difference(kept, run()) == "alternative 'lean': digest aaaa became missing"
    assert first_difference(run(), kept) == "alternative 'lean': digest missing became aaaa"
    assert "kept digest is not theirs" in first_difference(run(), run(digest="0" * 32))


def test_an_attempt_a_millisecond_earlier_is_found_first() -> None:
    kept = run(attempts=[attempt(0, S)], events=[event(S + 10 * MS, "note", "a")])
    again = run(attempts=[attempt(0, S - MS)], events=[event(S + 10 * MS, "note", "b")])
    assert first_difference(kept, again).startswith("attempts row 0 at 1s9ms")


def test_at_one_instant_an_event_comes_before_what_was_sampled() -> None:
    kept = run(samples=[(0, S, 1.0)], events=[event(S, "note", "a")])
    again = run(samples=[(0, S, 2.0)], events=[event(S, "note", "b")])
    assert first_difference(kept, again).startswith("events row 0 at 1s")
