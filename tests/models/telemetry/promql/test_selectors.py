"""Selectors at their boundaries: lookback, staleness, ranges, offset, @ and subqueries."""

import pytest

from models.base.time import NS_PER_S
from models.telemetry.promql import compile_expression
from models.telemetry.promql.plan.moment import EvaluationError
from tests.models.telemetry.promql.notation import evaluated, load

STALE = "metric 0 1 stale 2"


@pytest.mark.parametrize(
    ("query", "at_s", "expected"),
    [
        ("metric", 10, 1),
        ("metric", 20, None),
        ("metric", 30, 2),
        ("metric", 40, 2),
        ("metric", 329, 2),
        ("metric", 330, None),
        ("count_over_time(metric[1m])", 30, 3),
        ("count_over_time(metric[1s])", 10, 1),
        ("count_over_time(metric[1s])", 20, None),
        ("count_over_time(metric[10s])", 20, None),
        ("count_over_time(metric[20s])", 20, 1),
    ],
)
def test_staleness_and_open_ranges(query, at_s, expected):
    """semantics 1.2, table."""
    found = list(evaluated(load(STALE, step_s=10), query, at_s).values())
    assert found == ([] if expected is None else [expected])


@pytest.mark.parametrize(("at_s", "expected"), [(299, {"metric": 0}), (300, {})])
def test_the_lookback_ends_exactly_five_minutes_after_a_sample(at_s, expected):
    assert evaluated(load("metric 0", step_s=10), "metric", at_s) == expected


@pytest.mark.parametrize(
    ("query", "at_s", "expected"),
    [
        ("sum_over_time(metric1_total[30s:10s])", 1000, 297),
        ("sum_over_time(metric1_total[30s:5s])", 1000, 591),
        ("sum_over_time(metric1_total[30s:10s] offset 10s)", 1010, 297),
        ("sum_over_time(metric1_total[30s:10s] offset -10s)", 990, 297),
        ("sum_over_time(metric1_total[30s:10s] @ 1000)", 10, 297),
        ("sum_over_time(metric1_total[30s:10s])", 1009, 297),
        ("sum_over_time(metric1_total[30s:10s])", 1010, 300),
    ],
)
def test_subqueries_step_at_multiples_since_the_epoch(query, at_s, expected):
    """semantics 1.3."""
    store = load("metric1_total 0+1x1001", step_s=10)
    assert list(evaluated(store, query, at_s).values()) == [expected]


def test_a_subquery_without_a_step_uses_the_default_of_the_query():
    store = load("up 1x100", step_s=10)
    query = "count_over_time(up[2m:])"
    assert evaluated(store, query, 300)["{}"] == 2
    assert evaluated(store, query, 300, step_ns=30 * NS_PER_S)["{}"] == 4


def test_a_subquery_has_at_most_eleven_thousand_steps():
    store = load("up 1", step_s=10)
    assert evaluated(store, "count_over_time(up[11000s:1s])", 1000) == {"{}": 300}
    with pytest.raises(EvaluationError, match="more than 11000 steps"):
        evaluated(store, "count_over_time(up[11001s:1s])", 1000)


def test_a_subquery_of_too_many_steps_is_refused():
    with pytest.raises(EvaluationError, match="more than 11000 steps"):
        evaluated(load("up 1", step_s=10), "max_over_time(up[1y:1s])", 0)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("metric offset 10s", 4),
        ("metric offset -10s", 6),
        ("metric @ 30", 3),
        ("metric @ 30 offset 10s", 2),
        ("metric offset 10s @ 30", 2),
        ("metric offset -10s @ 30", 4),
        ("metric @ 29.9996", 3),
        ("metric @ 29.9994", 2),
        ("metric @ start()", 5),
        ("metric @ end()", 5),
        ("last_over_time(metric[10s] offset 10s)", 4),
        ("last_over_time(metric[10s] @ 20 offset 10s)", 1),
        ("last_over_time(metric[15s] @ -5 offset -20s)", 1),
        ("last_over_time((metric @ 20)[20s:10s])", 2),
    ],
)
def test_offset_applies_after_the_pin(query, expected):
    """semantics 1.3."""
    assert list(evaluated(load("metric 0+1x20", step_s=10), query, 50).values()) == [expected]


def test_start_and_end_are_those_of_the_whole_range_query():
    store = load("metric 0+1x20", step_s=10)
    bounds = {"start_ns": 20 * NS_PER_S, "end_ns": 40 * NS_PER_S, "step_ns": 10 * NS_PER_S}
    first = compile_expression("metric @ start()").range(store, **bounds)
    last = compile_expression("sum_over_time((metric @ end())[10s:10s])").range(store, **bounds)
    assert [list(line.values) for line in first + last] == [[2, 2, 2], [4, 4, 4]]


@pytest.mark.parametrize(
    ("selector", "jobs"),
    [
        ('up{job="a"}', "a"),
        ('up{job!="a"}', ["b", "ab", ""]),
        ('up{job=~"a"}', "a"),
        ('up{job=~"a.*"}', ["a", "ab"]),
        ('up{job!~"a.*"}', ["b", ""]),
        ('up{job=""}', [""]),
        ('up{job!=""}', ["a", "ab", "b"]),
        ('up{absent=""}', ["a", "ab", "b", ""]),
        ('{job="a"}', "a"),
        ('{__name__=~"u.", job="b"}', "b"),
        ('{"up", job="b"}', "b"),
    ],
)
def test_matchers_are_anchored_and_a_missing_label_is_empty(selector, jobs):
    """semantics 1.4."""
    store = load('up{job="a"} 1\nup{job="ab"} 1\nup{job="b"} 1\nup 1', step_s=1)
    found = compile_expression(selector).instant(store, now=0)
    assert sorted(dict(sample.labels).get("job", "") for sample in found) == sorted(jobs)


def test_names_that_are_no_identifiers_are_selected_in_quotes():
    """semantics 1.4, UTF-8 names."""
    store = load('{"__name__"="metric.with.dot", a="b"} 3', step_s=1)
    result = compile_expression('{"metric.with.dot", a="b"}').instant(store, now=0)
    assert [sample.value for sample in result] == [3]


@pytest.mark.parametrize(
    ("query", "reach_s"),
    [
        ("up", 300),
        ("up offset 1h", 3900),
        ("rate(up[10m]) > 1", 600),
        ("up and rate(up[1m])", 300),
        ("max_over_time(rate(up[10m])[1h:1m] offset 5m)", 4500),
        ("1 + 2", 0),
    ],
)
def test_an_expression_knows_how_far_back_it_reads(query, reach_s):
    assert compile_expression(query).reach_ns == reach_s * NS_PER_S


@pytest.mark.parametrize("query", ["up @ 5", "rate(up[5m] @ end())", "max_over_time(up[1h:] @ 0)"])
def test_a_pinned_instant_reaches_back_without_bound(query):
    assert compile_expression(query).reach_ns is None


def test_a_series_that_comes_later_is_found_by_a_selector_used_before():
    store = load('up{job="a"} 1', step_s=1)
    expression = compile_expression("count(up)")
    assert expression.vector(store, now=0)[0].value == 1
    store.append((("__name__", "up"), ("job", "b")), time_ns=0, value=1.0)
    assert expression.vector(store, now=0)[0].value == 2
