"""The capacity chapter: where its objective comes from, its table and its plots."""

from dataclasses import replace

import pytest

from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_MS
from models.planning.capacity import LoadStep
from models.records.manifest import LoadPiece, Phase
from models.records.record import ExpectationResult
from reports.pages.capacity import capacity_view, p99_objective, rising
from tests.reports.small_run import END, MANIFEST, MS, WARM_UP_END, S, request, small_run

T = WARM_UP_END
STEPPED = replace(
    MANIFEST,
    load=(LoadPiece("shop", 0, 1.0), LoadPiece("shop", T + 100 * S, 2.0)),
)


def expected(expectation, target):
    return ExpectationResult(expectation, True, target, "x", None, None, "measure")


def stepped_run():
    good = [request(i, T + i * S) for i in range(100)]
    bad = [
        request(100 + i, T + 100 * S + i * S, RequestOutcome.REJECTED if i % 2 else 0)
        for i in range(100)
    ]
    return small_run(manifest=STEPPED, requests=[*good, *bad])


@pytest.mark.parametrize(
    ("target", "objective_ns"),
    [
        ("< 300 ms", 300 * NS_PER_MS),
        ("< 300ms", 300 * NS_PER_MS),
        ("<= 1.5 s", 1500 * NS_PER_MS),
        ("below 20 us", 20_000),
        ("< 1s500ms", 1500 * NS_PER_MS),
        ("< 300 ms of nothing", None),
        ("always", None),
        ("> 300 ms", None),
        ("< 1.2.3 s", None),
        ("< 0 ms", None),
    ],
)
def test_the_objective_is_an_upper_bound_on_a_p99(target, objective_ns):
    record = small_run(expectations=(expected("p99 latency of shop", target),))
    assert p99_objective(record) == objective_ns


def test_bounds_on_other_things_are_no_objective():
    assert p99_objective(small_run(expectations=(expected("p50 of shop", "< 1 s"),))) is None


def test_the_tightest_bound_counts():
    bounds = (expected("p99 of a", "< 2 s"), expected("p99 of b", "< 1 s"))
    assert p99_objective(small_run(expectations=bounds)) == 1000 * MS


def test_every_step_is_judged_and_the_knee_is_marked():
    rows = capacity_view(stepped_run()).rows
    assert [(row.judgement, row.is_knee) for row in rows] == [
        ("holds", False),
        ("does not hold", True),
    ]


def test_plots_show_each_step_with_requests():
    goodput, p99 = capacity_view(stepped_run()).plots
    assert len(goodput.points) == len(p99.points) == 2
    assert goodput.knee_x is not None
    assert goodput.reference_name == "all requests complete"
    assert p99.reference_name == ""


def test_the_line_follows_the_climb_and_not_the_way_back():
    rates = (1.0, 2.0, 2.0, 1.0, 3.0)
    steps = [LoadStep(i, i + 1, rate, 1, 1, 1, ()) for i, rate in enumerate(rates)]
    assert [step.start_ns for step in rising(steps)] == [0, 1, 4]


def test_one_step_is_not_plotted():
    view = capacity_view(small_run(manifest=replace(MANIFEST, load=STEPPED.load[:1])))
    assert not view.is_stepped
    assert view.plots == ()
    assert view.rows[0].judgement == "no requests"


def test_a_run_without_measure_has_no_step():
    bare = replace(MANIFEST, phases=(Phase("settle", 0, END),))
    assert capacity_view(small_run(manifest=bare)).rows == ()
