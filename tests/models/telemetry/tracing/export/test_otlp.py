"""OTLP/JSON field by field (semantics 14.3)."""

import dataclasses
import json

import pytest

from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.export.otlp import otlp_traces
from models.telemetry.tracing.spans.span import (
    Dropped,
    Event,
    Link,
    Resource,
    SpanKind,
    Status,
    StatusCode,
)
from tests.models.telemetry.tracing.spans_by_hand import span

FULL = span(
    0xEEE19B7EC3C1B174,
    5,
    9,
    parent=0xEEE19B7EC3C1B173,
    trace=0x5B8EFFF798038103D269B633813FC60C,
    name="I'm a server span",
    resource={"service.instance.id": "web-0"},
    attributes={"my.span.attr": "some value"},
    events=(Event("retry", 7, {"n": 1}, 2),),
    links=(Link(SpanContext(1, 2, 1, (("foo", "1"),), is_remote=True), {"k": "v"}, 3),),
    status=Status(StatusCode.ERROR, "timed out"),
    dropped=Dropped(4, 5, 6),
)
EPOCH = 1_544_712_660_000_000_000


def only_span(*spans, **given):
    document = json.loads(json.dumps(otlp_traces(spans, **given)))
    return document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]


def values(**attributes):
    written = only_span(span(1, attributes=attributes))["attributes"]
    return {pair["key"]: pair["value"] for pair in written}


def test_a_full_span_has_every_field():
    assert only_span(FULL, epoch_ns=EPOCH) == {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "parentSpanId": "eee19b7ec3c1b173",
        "flags": 1,
        "name": "I'm a server span",
        "kind": 2,
        "startTimeUnixNano": "1544712660000000005",
        "endTimeUnixNano": "1544712660000000009",
        "attributes": [{"key": "my.span.attr", "value": {"stringValue": "some value"}}],
        "droppedAttributesCount": 4,
        "events": [
            {
                "timeUnixNano": "1544712660000000007",
                "name": "retry",
                "attributes": [{"key": "n", "value": {"intValue": "1"}}],
                "droppedAttributesCount": 2,
            }
        ],
        "droppedEventsCount": 5,
        "links": [
            {
                "traceId": f"{1:032x}",
                "spanId": f"{2:016x}",
                "traceState": "foo=1",
                "flags": 0x301,
                "attributes": [{"key": "k", "value": {"stringValue": "v"}}],
                "droppedAttributesCount": 3,
            }
        ],
        "droppedLinksCount": 6,
        "status": {"code": 2, "message": "timed out"},
    }


def test_a_bare_span_leaves_out_what_has_its_default():
    assert only_span(span(1, 0, 2)) == {
        "traceId": f"{1:032x}",
        "spanId": f"{1:016x}",
        "flags": 1,
        "name": "op-1",
        "kind": 2,
        "startTimeUnixNano": "0",
        "endTimeUnixNano": "2",
        "status": {"code": 0},
    }


def test_resource_and_scope_stand_around_the_spans():
    (entry,) = otlp_traces([FULL], scope_version="0.1.0")["resourceSpans"]
    assert entry["resource"]["attributes"] == [
        {"key": "service.name", "value": {"stringValue": "web"}},
        {"key": "service.instance.id", "value": {"stringValue": "web-0"}},
    ]
    assert entry["scopeSpans"][0]["scope"] == {"name": "foreshock", "version": "0.1.0"}


def test_spans_of_one_resource_stand_together_in_their_order():
    spans = [span(1), span(2, service="cart"), span(3), span(4, resource={"zone": "b"})]
    groups = otlp_traces(spans)["resourceSpans"]
    ids = [[int(s["spanId"], 16) for s in g["scopeSpans"][0]["spans"]] for g in groups]
    assert ids == [[1, 3], [2], [4]]


def test_the_service_name_cannot_be_overridden_by_a_fact():
    (entry,) = otlp_traces([span(1, resource={"service.name": "other"})])["resourceSpans"]
    assert entry["resource"]["attributes"] == [
        {"key": "service.name", "value": {"stringValue": "web"}}
    ]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("x", {"stringValue": "x"}),
        ("", {"stringValue": ""}),
        (True, {"boolValue": True}),
        (False, {"boolValue": False}),
        (7, {"intValue": "7"}),
        (-(2**63), {"intValue": "-9223372036854775808"}),
        (1.5, {"doubleValue": 1.5}),
        (float("nan"), {"doubleValue": "NaN"}),
        (float("inf"), {"doubleValue": "Infinity"}),
        (float("-inf"), {"doubleValue": "-Infinity"}),
        (("a", "b"), {"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}}),
        ((), {"arrayValue": {"values": []}}),
    ],
)
def test_values_are_written_by_type(value, written):
    assert values(k=value) == {"k": written}


@pytest.mark.parametrize(("kind", "number"), list(zip(SpanKind, (1, 2, 3, 4, 5), strict=True)))
def test_kinds_are_numbers(kind, number):
    assert only_span(span(1, kind=kind))["kind"] == number


@pytest.mark.parametrize(("code", "number"), list(zip(StatusCode, (0, 1, 2), strict=True)))
def test_statuses_are_numbers(code, number):
    assert only_span(span(1, status=Status(code)))["status"] == {"code": number}


def test_the_trace_state_is_written_as_in_its_header():
    context = SpanContext(1, 1, 1, (("ot", "th:8"), ("foo", "1")))
    assert only_span(dataclasses.replace(span(1), context=context))["traceState"] == "ot=th:8,foo=1"


def test_a_local_link_says_that_it_is_known_to_be_local():
    link = Link(SpanContext(1, 2, 1))
    assert only_span(span(1, links=(link,)))["links"][0]["flags"] == 0x101


def test_no_spans_are_a_valid_document():
    assert otlp_traces([]) == {"resourceSpans": []}


def test_resources_are_grouped_by_value():
    one, other = (
        dataclasses.replace(span(n), resource=Resource("web", {"zone": "a"})) for n in (1, 2)
    )
    assert len(otlp_traces([one, other])["resourceSpans"]) == 1
