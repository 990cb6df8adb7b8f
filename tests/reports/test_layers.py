"""Columns of a graph of calls."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.layers import Stop, columns_of, without_circles

NAMES = [f"s{i}" for i in range(7)]
CALLS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=20)


def column_of(columns):
    return {place: i for i, column in enumerate(columns) for place in column}


def test_callers_stand_left_of_callees():
    assert columns_of(["a", "b", "c"], [("b", "c"), ("a", "b")]) == [["a"], ["b"], ["c"]]


def test_a_call_that_skips_a_column_stops_in_it():
    columns = columns_of(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")])
    assert set(columns[1]) == {"b", Stop(("a", "c"), 1)}


def test_a_circle_is_cut_where_it_closes():
    assert without_circles(["a", "b"], [("a", "b"), ("b", "a")]) == {"a": ["b"], "b": []}
    assert without_circles(["a"], [("a", "a")]) == {"a": []}


def test_callees_stand_near_their_callers():
    calls = [("a", "y"), ("b", "x")]
    first, second = columns_of(["a", "b", "x", "y"], calls)
    assert [("a", "b").index(c) for c in first] == [("y", "x").index(c) for c in second]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(CALLS)
def test_every_name_stands_in_one_column_and_calls_go_right(calls):
    columns = columns_of(NAMES, calls)
    places = [place for column in columns for place in column]
    assert sorted(place for place in places if isinstance(place, str)) == NAMES
    assert len(places) == len(set(places))
    at = column_of(columns)
    for caller, callees in without_circles(NAMES, calls).items():
        for callee in callees:
            assert at[caller] < at[callee]
            for column in range(at[caller] + 1, at[callee]):
                assert at[Stop((caller, callee), column)] == column


@settings(derandomize=True, deadline=None, max_examples=60)
@given(CALLS)
def test_no_call_is_lost_unless_it_closes_a_circle(calls):
    kept = without_circles(NAMES, calls)
    for caller, callee in calls:
        if callee not in kept[caller]:
            assert caller in reached(callee, kept)


def reached(name, forward):
    seen, ahead = {name}, [name]
    while ahead:
        for callee in forward[ahead.pop()]:
            if callee not in seen:
                seen.add(callee)
                ahead.append(callee)
    return seen
