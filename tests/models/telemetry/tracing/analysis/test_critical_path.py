"""The critical path by hand, its laws, and a naive walk instant by instant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.telemetry.tracing.analysis.critical_path import (
    critical_path,
    self_time_by_service,
    self_times,
    time_by_service,
)
from tests.models.telemetry.tracing.spans_by_hand import span, trace_of


def path(*spans):
    return [(s.span.span_id, s.start_ns, s.end_ns) for s in critical_path(trace_of(*spans))]


def child(number, start, end, parent=1, service="web"):
    return span(number, start, end, parent=parent, service=service)


ROOT = span(1, 0, 100)


def test_a_span_without_children_is_its_own_path():
    assert path(ROOT) == [(1, 0, 100)]


def test_sequential_children_are_both_on_it_and_the_gaps_are_the_parents():
    assert path(ROOT, child(2, 10, 30), child(3, 50, 90)) == [
        (1, 0, 10), (2, 10, 30), (1, 30, 50), (3, 50, 90), (1, 90, 100),
    ]  # fmt: skip


def test_a_child_that_begins_when_the_one_before_ends_leaves_no_gap():
    assert path(ROOT, child(2, 0, 40), child(3, 40, 100)) == [(2, 0, 40), (3, 40, 100)]


def test_of_parallel_children_the_last_to_finish_is_on_it():
    assert path(ROOT, child(2, 10, 50), child(3, 10, 80), child(4, 10, 60)) == [
        (1, 0, 10), (3, 10, 80), (1, 80, 100),
    ]  # fmt: skip


def test_a_child_still_running_when_the_last_one_began_did_not_hold_it_up():
    assert path(ROOT, child(2, 0, 60), child(3, 40, 100)) == [(1, 0, 40), (3, 40, 100)]


@pytest.mark.parametrize(
    ("end", "expected"),
    [(40, [(2, 0, 40), (3, 40, 100)]), (41, [(1, 0, 40), (3, 40, 100)])],
)
def test_finishing_at_the_very_start_of_the_next_is_in_time(end, expected):
    assert path(ROOT, child(2, 0, end), child(3, 40, 100)) == expected


def test_it_goes_down_into_the_children_of_children():
    assert path(ROOT, child(2, 10, 90), child(3, 20, 50, parent=2), child(4, 50, 85, parent=2)) == [
        (1, 0, 10), (2, 10, 20), (3, 20, 50), (4, 50, 85), (2, 85, 90), (1, 90, 100),
    ]  # fmt: skip


def test_a_child_that_outlives_its_parent_is_cut_to_it():
    """A caller that gave up does not wait for the work that it left behind."""
    assert path(ROOT, child(2, 20, 500), child(3, 60, 400, parent=2)) == [
        (1, 0, 20), (2, 20, 60), (3, 60, 100),
    ]  # fmt: skip


def test_a_child_outside_its_parent_does_not_count():
    assert path(span(1, 50, 100), child(2, 0, 50), child(3, 100, 120), child(4, 10, 20)) == [
        (1, 50, 100)
    ]


def test_a_child_that_began_before_its_parent_is_cut_to_it():
    assert path(span(1, 50, 100), child(2, 0, 70)) == [(2, 50, 70), (1, 70, 100)]


def test_of_two_that_end_together_the_longer_is_on_it():
    assert path(ROOT, child(2, 40, 90), child(3, 20, 90)) == [
        (1, 0, 20), (3, 20, 90), (1, 90, 100),
    ]  # fmt: skip


def test_of_two_equal_ones_the_smaller_id_is_on_it():
    assert path(ROOT, child(3, 0, 100), child(2, 0, 100)) == [(2, 0, 100)]


def test_a_child_of_no_length_is_not_on_it():
    assert path(ROOT, child(2, 50, 50)) == [(1, 0, 100)]


def test_a_span_of_no_length_has_no_path():
    assert path(span(1, 5, 5)) == []


def test_retries_and_their_pauses_are_on_it():
    assert path(ROOT, child(2, 0, 30), child(3, 55, 100)) == [
        (2, 0, 30), (1, 30, 55), (3, 55, 100),
    ]  # fmt: skip


def test_the_path_below_another_span_can_be_asked_for():
    trace = trace_of(ROOT, child(2, 10, 90), child(3, 20, 80, parent=2))
    found = critical_path(trace, trace.spans[1])
    assert [(s.span.span_id, s.duration_ns) for s in found] == [(2, 10), (3, 60), (2, 10)]


def test_time_on_the_path_is_summed_by_service():
    spans = ROOT, child(2, 10, 30, service="cart"), child(3, 50, 90, service="cart")
    assert time_by_service(critical_path(trace_of(*spans))) == {"web": 40, "cart": 60}


def test_self_time_is_what_no_child_covers():
    spans = ROOT, child(2, 10, 50), child(3, 30, 60), child(4, 70, 500), child(5, 80, 90)
    own = {one.span_id: time for one, time in self_times(trace_of(*spans))}
    assert own == {1: 20, 2: 40, 3: 30, 4: 430, 5: 10}


def test_self_time_counts_a_child_inside_another_once():
    own = {
        one.span_id: time
        for one, time in self_times(trace_of(ROOT, child(2, 10, 60), child(3, 20, 30)))
    }
    assert own[1] == 50


def test_self_time_is_summed_by_service():
    spans = ROOT, child(2, 0, 50, service="cart"), child(3, 0, 50, service="ads")
    assert self_time_by_service(trace_of(*spans)) == {"web": 50, "cart": 50, "ads": 50}


@st.composite
def forests(draw):
    count = draw(st.integers(0, 9))
    spans = [span(1, 0, draw(st.integers(1, 16)))]
    for number in range(2, count + 2):
        start = draw(st.integers(-2, 16))
        parent = draw(st.integers(1, number - 1))
        spans.append(child(number, start, start + draw(st.integers(0, 10)), parent=parent))
    return trace_of(*spans)


def owner(trace, top, low, high, instant):
    """Who is on the path in [instant, instant + 1): found anew for each instant from the end."""
    cursor = high
    while True:
        pieces = [
            (max(one.start_ns, low), min(one.end_ns, high), one) for one in trace.called_by(top)
        ]
        ready = [piece for piece in pieces if piece[0] < piece[1] <= cursor]
        if not ready:
            return top
        start, end, last = max(ready, key=lambda p: (p[1], -p[0], -p[2].span_id))
        if instant >= end:
            return top
        if instant >= start:
            return owner(trace, last, start, end, instant)
        cursor = start


@settings(derandomize=True, deadline=None, max_examples=60)
@given(forests())
def test_it_agrees_with_a_walk_instant_by_instant(trace):
    top = trace.top
    found = {
        instant: segment.span.span_id
        for segment in critical_path(trace)
        for instant in range(segment.start_ns, segment.end_ns)
    }
    expected = {
        instant: owner(trace, top, top.start_ns, top.end_ns, instant).span_id
        for instant in range(top.start_ns, top.end_ns)
    }
    assert found == expected


@settings(derandomize=True, deadline=None, max_examples=60)
@given(forests())
def test_the_segments_tile_the_root(trace):
    segments = critical_path(trace)
    assert sum(segment.duration_ns for segment in segments) == trace.top.duration_ns
    edges = [trace.top.start_ns, *(segment.end_ns for segment in segments)]
    assert [segment.start_ns for segment in segments] == edges[:-1]


def test_a_deep_chain_needs_no_recursion():
    chain = [span(n, n, 9000 - n, parent=n - 1) for n in range(1, 2001)]
    assert sum(s.duration_ns for s in critical_path(trace_of(*chain))) == 8998
