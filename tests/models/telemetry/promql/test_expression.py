"""Instant and range evaluation of a compiled expression, and their bounds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.telemetry.promql import compile_expression
from tests.models.telemetry.promql.notation import load

STORE = load('x{i="1"} 0+1x10 stale _x3 5\nx{i="2"} 9 _x20 4+2x5', step_s=10)


def lines(query, *, start_s=0, end_s=60, step_s=20, **options):
    bounds = {"start_ns": start_s * NS_PER_S, "end_ns": end_s * NS_PER_S}
    found = compile_expression(query).range(STORE, **bounds, step_ns=step_s * NS_PER_S, **options)
    return {
        dict(line.labels).get("i", ""): dict(
            zip((at // NS_PER_S for at in line.times), line.values, strict=True)
        )
        for line in found
    }


def test_a_range_query_has_a_point_at_each_step_that_has_a_value():
    assert lines('x{i="1"}', end_s=160) == {
        "1": {0: 0, 20: 2, 40: 4, 60: 6, 80: 8, 100: 10, 160: 5}
    }


@pytest.mark.parametrize(("end_s", "count"), [(59, 3), (60, 4), (61, 4)])
def test_the_end_of_a_range_query_belongs_to_it(end_s, count):
    assert len(lines('x{i="1"}', end_s=end_s)["1"]) == count


def test_lines_are_sorted_by_labels_whatever_comes_first():
    assert list(lines("sort_desc(x)")) == ["1", "2"]
    assert list(lines("topk(1, x)", end_s=100)) == ["1", "2"]


def test_topk_chooses_anew_at_each_step():
    assert lines("topk(1, x)", start_s=80, end_s=100, step_s=10) == {
        "1": {90: 9, 100: 10},
        "2": {80: 9},
    }


def test_a_number_is_one_line_without_labels():
    assert lines("time() / 20") == {"": {0: 0, 20: 1, 40: 2, 60: 3}}


def test_a_range_query_has_its_own_lookback():
    assert lines('x{i="2"}', lookback_ns=30 * NS_PER_S) == {"2": {0: 9, 20: 9}}


def test_a_range_query_tells_subqueries_their_step():
    query = 'count_over_time(x{i="1"}[1m:])'
    assert lines(query, start_s=60)["1"] == {60: 1}
    assert lines(query, start_s=60, subquery_step_ns=10 * NS_PER_S)["1"] == {60: 6}


@pytest.mark.parametrize(
    "bounds",
    [
        {"step_ns": 0},
        {"step_ns": -1},
        {"end_ns": -1},
        {"end_ns": 11_000},
    ],
)
def test_impossible_ranges_are_refused(bounds):
    with pytest.raises(ConfigError):
        compile_expression("x").range(
            STORE, **({"start_ns": 0, "end_ns": 5, "step_ns": 1} | bounds)
        )


def test_eleven_thousand_steps_are_allowed():
    found = compile_expression("1").range(STORE, start_ns=0, end_ns=10_999, step_ns=1)
    assert len(found[0].times) == 11_000


@pytest.mark.parametrize("text", ["x[1m]", "'a'"])
def test_what_is_no_vector_is_refused_where_a_vector_is_needed(text):
    expression = compile_expression(text)
    with pytest.raises(ConfigError, match="no vector"):
        expression.vector(STORE, now=0)
    with pytest.raises(ConfigError, match="no vector"):
        expression.range(STORE, start_ns=0, end_ns=1, step_ns=1)


def test_an_instant_gives_whatever_the_expression_gives():
    at = {"now": 20 * NS_PER_S}
    assert compile_expression("'a'").instant(STORE, **at) == "a"
    assert compile_expression("2 * 3").instant(STORE, **at) == 6
    windows = compile_expression("x[20s]").instant(STORE, **at)
    assert [list(window.values) for window in windows] == [[1, 2]]


def test_a_number_is_a_vector_of_one_element_to_a_rule():
    assert compile_expression("2 * 3").vector(STORE, now=0) == (((), 6.0),)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    st.sampled_from(
        ("x", "rate(x[30s])", "sum(x) > 5", "x - x offset 10s", "max_over_time(x[40s:7s])",
         "x or vector(1)", "absent(x > 8)", "x unless x > 4", "x * on(i) group_left x")
    ),
    st.integers(-20, 200),
    st.integers(1, 40),
)  # fmt: skip
def test_a_range_query_is_the_instants_of_its_steps(query, start_s, step_s):
    expression = compile_expression(query)
    start_ns, step_ns = start_s * NS_PER_S, step_s * NS_PER_S
    end_ns = start_ns + 5 * step_ns
    found = expression.range(STORE, start_ns=start_ns, end_ns=end_ns, step_ns=step_ns)
    points = {
        (line.labels, at): value
        for line in found
        for at, value in zip(line.times, line.values, strict=True)
    }
    assert points == {
        (sample.labels, at): sample.value
        for at in range(start_ns, end_ns + 1, step_ns)
        for sample in expression.vector(STORE, now=at)
    }
