"""Headers in, headers out: context and baggage over hops."""

import pytest

from models.telemetry.tracing.context.baggage import Baggage
from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.context.propagation import TraceContext, extract, inject

T, P = "12345678901234567890123456789012", "1234567890123456"
PARENT = f"00-{T}-{P}-01"


@pytest.mark.parametrize("name", ["traceparent", "TraceParent", "TrAcEpArEnT", "TRACEPARENT"])
def test_header_names_are_compared_without_case(name):
    assert extract([(name, PARENT)]).span.trace_id == int(T, 16)


@pytest.mark.parametrize("name", ["trace-parent", "trace.parent", "traceparent "])
def test_other_names_are_ignored(name):
    assert extract([(name, PARENT)]).span is None


def test_two_traceparents_begin_a_new_trace():
    assert extract([("traceparent", PARENT), ("traceparent", PARENT)]).span is None


@pytest.mark.parametrize("name", ["tracestate", "TraceState", "TRACESTATE"])
def test_the_trace_state_comes_along(name):
    headers = [("traceparent", PARENT), (name, "foo=1"), ("tracestate", "bar=2")]
    assert extract(headers).span.trace_state == (("foo", "1"), ("bar", "2"))


@pytest.mark.parametrize("name", ["trace-state", "trace.state"])
def test_a_trace_state_under_another_name_is_ignored(name):
    assert extract([("traceparent", PARENT), (name, "foo=1")]).span.trace_state == ()


@pytest.mark.parametrize("parent", [[], [("traceparent", "garbage")]])
def test_a_trace_state_without_a_valid_traceparent_is_ignored(parent):
    assert extract([*parent, ("tracestate", "foo=1")]) == TraceContext()


def test_a_broken_trace_state_does_not_break_the_trace():
    found = extract([("traceparent", PARENT), ("tracestate", "FOO=1")]).span
    assert (found.trace_id, found.trace_state) == (int(T, 16), ())


def test_baggage_does_not_depend_on_the_trace():
    found = extract([("traceparent", "garbage"), ("Baggage", "user=alice")])
    assert (found.span, found.baggage.value("user")) == (None, "alice")


def test_an_empty_context_sends_nothing():
    assert inject(TraceContext()) == ()


def test_only_headers_with_content_are_sent():
    span = SpanContext(int(T, 16), int(P, 16), 1)
    assert inject(TraceContext(span)) == (("traceparent", PARENT),)
    assert inject(TraceContext(baggage=Baggage().with_value("k", "v"))) == (("baggage", "k=v"),)


def test_a_context_survives_a_hop_and_is_remote_afterwards():
    span = SpanContext(int(T, 16), int(P, 16), 3, (("ot", "th:8"),))
    sent = TraceContext(span, Baggage().with_value("user", "Amélie"))
    received = extract(inject(sent))
    assert received.span.is_remote
    assert inject(received) == inject(sent)
    assert received.baggage == sent.baggage
