"""The cost chapter: shares, and choices on one footing."""

import math

import pytest

from models.base.time import NS_PER_HOUR
from models.records.record import Alternative, Counts, Verdict
from models.records.schema import COSTS
from models.records.table import table_from_rows
from reports.pages.cost import cost_view
from tests.reports.small_run import END, MEASURE_END, WARM_UP_END, request, small_run

BILL = (("web", "machine time (m)", 1.0, "h", 3.0), ("cart", "cross-zone traffic", 2.0, "GB", 1.0))
HOURS = (MEASURE_END - WARM_UP_END) / NS_PER_HOUR


def priced_run(**given):
    rows = [request(i, WARM_UP_END + i) for i in range(500)]
    return small_run(costs=BILL, requests=rows, counts=Counts(500, 500, 0, 0, 0, 0), **given)


def cheaper(**given):
    values = {
        "name": "small",
        "overrides": ("a=b",),
        "digest": "00",
        "verdict": Verdict.FAILED,
        "counts": Counts(500, 400, 100, 0, 0, 0),
        "p99_ms": 40.0,
        "costs": table_from_rows(COSTS, BILL[1:]),
    }
    return Alternative(**(values | given))


def test_who_pays_most_stands_first_and_shares_add_up():
    rows = cost_view(priced_run()).rows
    assert [row.cost.service for row in rows] == ["web", "cart"]
    assert [row.share_ratio for row in rows] == [0.75, 0.25]


def test_costs_per_thousand_completed_requests_add_up_to_the_whole():
    view = cost_view(priced_run())
    assert view.summary.usd_per_thousand == 8.0
    assert math.fsum(row.usd_per_thousand for row in view.rows) == 8.0


def test_without_alternatives_nothing_is_compared():
    assert cost_view(priced_run()).choices == ()


def test_the_run_itself_is_the_first_choice():
    own, other = cost_view(priced_run(alternatives=(cheaper(),))).choices
    assert (own.name, own.change_ratio) == ("as written", 0.0)
    assert (other.name, other.change_ratio) == ("small", -0.75)


def test_choices_are_compared_on_the_footing_of_the_whole_run():
    own, other = cost_view(priced_run(alternatives=(cheaper(),))).choices
    run_hours = END / NS_PER_HOUR
    assert own.usd_per_hour == pytest.approx(4.0 / HOURS)
    assert own.usd_per_thousand == pytest.approx(4.0 / HOURS * run_hours * 1000 / 500)
    assert other.usd_per_thousand == pytest.approx(1.0 / HOURS * run_hours * 1000 / 400)
    assert other.error_ratio == 0.2


def test_a_choice_without_completed_requests_has_no_figures_rather_than_zeros():
    nothing = cheaper(counts=Counts(0, 0, 0, 0, 0, 0), p99_ms=float("nan"))
    _, other = cost_view(priced_run(alternatives=(nothing,))).choices
    assert (other.usd_per_thousand, other.error_ratio, other.p99_ns) == (None, None, None)


def test_a_run_without_prices_has_no_bill():
    assert cost_view(small_run()).summary is None
