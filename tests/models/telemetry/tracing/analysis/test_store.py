"""Queries by service, operation, duration, status, time and attributes; a bounded store."""

import pytest

from models.base.errors import ConfigError
from models.telemetry.tracing.analysis.store import SpanQuery, SpanStore
from models.telemetry.tracing.spans.span import SpanKind, StatusCode
from tests.models.telemetry.tracing.spans_by_hand import ERROR, span

SPANS = (
    span(1, 0, 100, trace=1, service="web", name="GET /"),
    span(2, 10, 40, parent=1, trace=1, service="cart", name="GET /cart", attributes={"n": 1}),
    span(3, 50, 90, trace=2, service="web", name="POST /cart", status=ERROR),
    span(4, 60, 80, parent=3, trace=2, service="cart", name="GET /cart", kind=SpanKind.CLIENT),
    span(5, 95, 96, trace=3, service="web", name="GET /", resource={"zone": "b"}),
)


@pytest.fixture
def store():
    filled = SpanStore()
    for one in SPANS:
        assert filled.add(one)
    return filled


def found(store, **conditions):
    return [one.span_id for one in store.find_spans(SpanQuery(**conditions))]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"service": "cart"}, [4, 2]),
        ({"service": "nobody"}, []),
        ({"operation": "GET /"}, [5, 1]),
        ({"service": "web", "operation": "POST /cart"}, [3]),
        ({"kind": SpanKind.CLIENT}, [4]),
        ({"status": StatusCode.ERROR}, [3]),
        ({"status": StatusCode.UNSET, "service": "web"}, [5, 1]),
        ({"duration_ns_min": 40}, [3, 1]),
        ({"duration_ns_min": 41}, [1]),
        ({"duration_ns_max": 20}, [5, 4]),
        ({"duration_ns_max": 19}, [5]),
        ({"from_ns": 50}, [5, 4, 3]),
        ({"from_ns": 51}, [5, 4]),
        ({"until_ns": 50}, [2, 1]),
        ({"until_ns": 51}, [3, 2, 1]),
        ({"attributes": (("n", 1),)}, [2]),
        ({"attributes": (("n", True),)}, []),
        ({"attributes": (("zone", "b"),)}, [5]),
        ({"limit": 2}, [5, 4]),
        ({"limit": 1}, [5]),
    ],
)
def test_every_condition_holds_for_what_is_found(store, conditions, expected):
    assert found(store, **conditions) == expected


def test_traces_are_found_by_one_span_that_meets_all_conditions(store):
    assert [t.trace_id for t in store.find_traces(SpanQuery(service="cart"))] == [2, 1]
    mixed = SpanQuery(service="cart", status=StatusCode.ERROR)
    assert store.find_traces(mixed) == ()


def test_a_limit_of_traces_counts_traces_not_spans(store):
    traces = store.find_traces(SpanQuery(limit=2))
    assert [trace.trace_id for trace in traces] == [3, 2]
    assert len(traces[1].spans) == 2


def test_names_for_a_search_page(store):
    assert store.services() == ("cart", "web")
    assert store.operations("web") == ("GET /", "POST /cart")
    assert store.operations("nobody") == ()


def test_a_trace_is_read_whole_and_a_missing_one_is_none(store):
    assert len(store.trace(1).spans) == 2
    assert store.trace(77) is None


def test_a_span_that_comes_again_changes_nothing(store):
    assert not store.add(SPANS[0])
    assert (len(store), store.duplicates) == (5, 1)


def test_the_same_span_id_in_another_trace_is_another_span(store):
    assert store.add(span(1, trace=9))


def test_a_full_store_lets_the_oldest_trace_go_whole():
    store = SpanStore(3)
    for one in SPANS[:4]:
        assert store.add(one)
    assert store.trace(1) is None
    assert (len(store), store.evicted) == (2, 2)
    assert store.services() == ("cart", "web")
    assert found(store, service="cart") == [4]


def test_services_that_have_gone_are_gone():
    store = SpanStore(1)
    store.add(SPANS[1])
    store.add(SPANS[0])
    store.add(SPANS[2])
    assert store.services() == ("web",)


def test_a_trace_larger_than_the_store_keeps_its_first_spans():
    store = SpanStore(2)
    assert [store.add(span(n)) for n in (1, 2, 3)] == [True, True, False]
    assert (len(store), store.evicted) == (2, 1)


@pytest.mark.parametrize("make", [lambda: SpanStore(0), lambda: SpanQuery(limit=0)])
def test_what_finds_nothing_is_refused(make):
    with pytest.raises(ConfigError):
        make()
