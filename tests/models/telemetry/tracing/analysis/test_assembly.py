"""Traces from spans in any order, with holes, twice, or in rings."""

import random

from models.telemetry.tracing.analysis.assembly import assemble
from tests.models.telemetry.tracing.spans_by_hand import ERROR, span, trace_of

ROOT = span(1, 0, 100, service="web")
CART = span(2, 10, 40, parent=1, service="cart")
STOCK = span(3, 20, 30, parent=2, service="stock")
ADS = span(4, 10, 120, parent=1, service="ads", status=ERROR)


def test_a_trace_knows_its_shape_whatever_the_order():
    spans = [ROOT, CART, STOCK, ADS]
    first = trace_of(*spans)
    for seed in range(5):
        random.Random(seed).shuffle(spans)
        assert trace_of(*spans) == first
    assert first.roots == (ROOT,)
    assert first.called_by(ROOT) == (CART, ADS)
    assert first.called_by(STOCK) == ()
    assert first.is_whole


def test_its_times_services_and_errors_are_those_of_its_spans():
    trace = trace_of(ROOT, CART, STOCK, ADS)
    assert (trace.start_ns, trace.end_ns, trace.duration_ns) == (0, 120, 120)
    assert trace.services == ("web", "cart", "ads", "stock")
    assert trace.has_error
    assert not trace_of(ROOT, CART).has_error


def test_walking_puts_callees_under_their_callers():
    walked = [(one.span_id, depth) for one, depth in trace_of(ROOT, CART, STOCK, ADS).walk()]
    assert walked == [(1, 0), (2, 1), (3, 2), (4, 1)]


def test_a_span_whose_parent_is_missing_is_an_orphan_and_the_trace_not_whole():
    trace = trace_of(ROOT, STOCK)
    assert (trace.orphans, trace.is_whole, trace.top) == ((STOCK,), False, ROOT)
    assert [one.span_id for one, _ in trace.walk()] == [1, 3]


def test_without_a_root_the_first_orphan_is_on_top():
    assert trace_of(STOCK, span(9, 5, 6, parent=77)).top.span_id == 9


def test_two_roots_are_not_one_whole_trace():
    assert not trace_of(ROOT, span(9)).is_whole


def test_a_span_that_came_twice_counts_once_with_its_later_end():
    trace = trace_of(span(1, 0, 50), ROOT, span(1, 0, 60))
    assert trace.spans == (ROOT,)


def test_of_two_that_end_together_the_first_to_come_counts():
    first, second = span(1, 0, 50, name="first"), span(1, 0, 50, name="second")
    assert trace_of(first, second).spans == (first,)


def test_a_ring_of_parents_is_opened_at_its_first_span():
    ring = span(1, 5, 9, parent=3), span(2, 6, 9, parent=1), span(3, 7, 9, parent=2)
    trace = trace_of(*ring, span(4, 1, 2, parent=2))
    assert trace.orphans == (ring[0],)
    assert sorted(one.span_id for one, _ in trace.walk()) == [1, 2, 3, 4]


def test_a_span_that_is_its_own_parent_is_an_orphan():
    trace = trace_of(span(1, parent=1))
    assert (len(trace.orphans), [one.span_id for one, _ in trace.walk()]) == (1, [1])


def test_siblings_that_start_together_stand_in_order_of_their_ids():
    trace = trace_of(ROOT, span(9, 10, parent=1), span(8, 10, parent=1))
    assert [one.span_id for one in trace.called_by(ROOT)] == [8, 9]


def test_traces_are_told_apart_and_stand_in_order_of_their_starts():
    spans = [span(1, 5, trace=7), span(2, 3, trace=9), span(3, 5, trace=6), span(4, 8, trace=9)]
    traces = assemble(spans)
    assert [trace.trace_id for trace in traces] == [9, 6, 7]
    assert len(traces[0].spans) == 2


def test_a_deep_chain_needs_no_recursion():
    chain = [span(n, n, 9000, parent=n - 1) for n in range(1, 3001)]
    assert max(depth for _, depth in trace_of(*chain).walk()) == 2999
