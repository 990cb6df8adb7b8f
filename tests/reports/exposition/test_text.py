"""Values, labels and families in text."""

from dataclasses import replace
from math import inf, nan

import pytest

from models.records.manifest import SeriesInfo
from models.telemetry.presenting.presentation import (
    Presentation,
    PresentedMetric,
    Shape,
    Target,
)
from reports.exposition.families import families
from reports.exposition.openmetrics import instant_text, openmetrics_text
from reports.exposition.prometheus import prometheus_text
from reports.exposition.text import number_text, sample_text
from tests.reports.small_run import MANIFEST, S, small_run


def run(*series, samples):
    infos = tuple(SeriesInfo(name, tuple(labels.items())) for name, labels in series)
    return small_run(manifest=replace(MANIFEST, series=infos), samples=samples)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (0.25, "0.25"), (inf, "+Inf"), (-inf, "-Inf"), (nan, "NaN"), (1e300, "1e+300")],
)
def test_numbers_read_back_the_same(value, text):
    assert number_text(value) == text


def test_labels_are_escaped():
    assert sample_text("m", (("a", 'x"\\\n'),), 1) == 'm{a="x\\"\\\\\\n"} 1'


@pytest.mark.parametrize(
    ("time_ns", "text"), [(5 * S, "5"), (5 * S + 1, "5.000000001"), (10 * S // 4, "2.5")]
)
def test_an_instant_has_as_many_decimals_as_it_needs(time_ns, text):
    assert instant_text(time_ns) == text


def test_counters_lose_their_suffix_in_openmetrics_and_the_file_ends_in_eof():
    record = run(("jobs_total", {"a": "x"}), samples=[(0, S, 1.0), (0, 2 * S, 3.0)])
    assert openmetrics_text(families(record), 0) == (
        "# TYPE jobs counter\n"
        "# HELP jobs jobs total, as monitoring saw it\n"
        'jobs_total{a="x"} 1 1\n'
        'jobs_total{a="x"} 3 2\n'
        "# EOF\n"
    )


def test_the_text_format_holds_the_last_value_of_what_lives():
    record = run(
        ("up", {"i": "a"}), ("up", {"i": "b"}), samples=[(0, S, 1.0), (1, S, 1.0), (1, 2 * S, nan)]
    )
    assert prometheus_text(families(record)).splitlines() == [
        "# HELP up up, as monitoring saw it",
        "# TYPE up gauge",
        'up{i="a"} 1',
    ]


def test_a_series_that_vanished_ends_with_its_last_sample_and_goes_on_when_it_is_back():
    samples = [(0, S, 1.0), (0, 2 * S, nan), (0, 5 * S, 0.0), (1, S, 1.0), (1, 2 * S, nan)]
    lines = openmetrics_text(
        families(run(("up", {"i": "a"}), ("up", {"i": "b"}), samples=samples)), 0
    )
    assert lines.splitlines()[2:] == [
        'up{i="a"} 1 1', 'up{i="a"} 0 5', 'up{i="b"} 1 1', "# EOF"
    ]  # fmt: skip


def test_a_histogram_stands_instant_by_instant_with_its_buckets_in_order():
    bounds = ("10.0", "+Inf", "2.5")
    series = [("d_bucket", {"le": bound}) for bound in bounds] + [("d_sum", {}), ("d_count", {})]
    samples = [(index, time, 1.0) for time in (S, 2 * S) for index in range(5)]
    lines = openmetrics_text(families(run(*series, samples=samples)), 0).splitlines()
    assert lines[0] == "# TYPE d histogram"
    one = ['d_bucket{le="2.5"}', 'd_bucket{le="10.0"}', 'd_bucket{le="+Inf"}', "d_sum", "d_count"]
    assert [line.split(" ")[0] for line in lines[2:-1]] == one + one
    assert [line.split(" ")[2] for line in lines[2:-1]] == ["1"] * 5 + ["2"] * 5


def test_a_counter_of_a_foreign_name_keeps_its_type_where_the_format_lets_it():
    metric = PresentedMetric("calls", Shape.COUNTER, "responses")
    record = run(("calls", {}), samples=[(0, S, 1.0)])
    found = families(record, [Presentation("p", Target.INSTANCE, (metric,))])
    assert "# TYPE calls counter" in prometheus_text(found)
    assert "# TYPE calls unknown" in openmetrics_text(found, 0)


def test_a_run_without_metrics_is_an_empty_file_and_a_lone_eof():
    assert prometheus_text(families(run(samples=[]))) == ""
    assert openmetrics_text((), 0) == "# EOF\n"
