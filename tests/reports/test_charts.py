"""What the charts show, and the same in words."""

import json
from dataclasses import replace

import numpy as np
import pytest

from models.base.outcome import RequestOutcome
from models.records.manifest import SeriesInfo
from reports.chart_words import described
from reports.charts import Chart, Curve, charts, rounded, timeline_data
from tests.reports.small_run import MANIFEST, WARM_UP_END, S, fault, request, small_run

T = WARM_UP_END


def chart_of(key, **given):
    return next(chart for chart in charts(small_run(**given)) if chart.key == key)


def test_times_count_from_the_start_of_measure():
    times = chart_of("load", requests=[request(0, T)]).curves[0].times_s
    assert (times[0], times[1] - times[0]) == (-59.0, 2.0)


def test_errors_are_shares_in_percent_by_outcome():
    rows = [request(0, 0), request(1, 1, RequestOutcome.REJECTED)]
    chart = chart_of("errors", requests=rows)
    assert {c.name: c.values[0] for c in chart.curves} == {
        "failed": 0.0,
        "timed out": 0.0,
        "rejected": 50.0,
    }


def test_the_longest_queues_stand_alone_and_the_rest_is_summed():
    names = [f"s{i}" for i in range(6)]
    series = tuple(SeriesInfo("world_queue_length", (("service", n),)) for n in names)
    samples = [(i, 0, float(i)) for i in range(6)]
    chart = chart_of("queue", manifest=replace(MANIFEST, series=series), samples=samples)
    assert [c.name for c in chart.curves] == ["s5", "s4", "s3", "s2", "all others"]
    assert chart.curves[-1].values.tolist() == [1.0]


def test_healthy_instances_are_those_of_all_services():
    chart = chart_of("healthy", samples=[(2, 0, 2.0), (3, 0, 1.0)])
    assert chart.curves[0].values.tolist() == [3.0]


def test_nothing_to_draw_is_said():
    for chart in charts(small_run()):
        assert chart.is_empty
        assert described(chart) == chart.empty_text


def test_the_page_gets_plain_values():
    data = timeline_data(small_run(requests=[request(0, T)], events=fault(T + S, T + 3 * S)))
    text = json.dumps(data, allow_nan=False)
    assert '"from": 1.0, "to": 3.0' in text
    assert (data["start"], data["end"]) == (-60.0, 360.0)


def test_curves_over_equal_instants_give_them_once():
    data = timeline_data(small_run(requests=[request(0, T)]))
    load = next(chart for chart in data["charts"] if chart["key"] == "load")
    assert ["x" in curve for curve in load["curves"]] == [True, False]


@pytest.mark.parametrize(
    ("value", "short"), [(float("nan"), None), (1.23456, 1.235), (2.0, 2), (123456.0, 123500)]
)
def test_values_are_rounded_to_four_figures(value, short):
    assert rounded(value) == short


def test_a_curve_in_words_names_range_median_and_peak():
    curve = Curve("p99", np.array([0.0, 1.0, 2.0]), np.array([10.0, 30.0, 20.0]))
    assert described(Chart("k", "t", "ms", "", "", (curve,))) == (
        "p99: 10 to 30 ms, median 20 ms, highest at T+00:01.0."
    )


def test_a_constant_curve_in_words():
    curve = Curve("up", np.array([0.0, 1.0]), np.array([3.0, 3.0]))
    gap = Curve("gone", np.array([0.0]), np.array([np.nan]))
    chart = Chart("k", "t", "", "", "", (curve, gap))
    assert described(chart) == "up: 3 throughout. gone: no value."
