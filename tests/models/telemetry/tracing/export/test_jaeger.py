"""The JSON of the Jaeger UI field by field (semantics 14.5)."""

import dataclasses
import json

import pytest

from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.export.jaeger import jaeger_traces
from models.telemetry.tracing.spans.span import (
    Dropped,
    Event,
    Link,
    SpanKind,
    Status,
    StatusCode,
)
from tests.models.telemetry.tracing.spans_by_hand import span

EPOCH = 1_544_712_660_000_000_000
ROOT = span(1, 0, 5_000_000, trace=7, name="GET /", resource={"service.instance.id": "web-0"})
CALL = span(
    2,
    1_000_999,
    3_001_000,
    parent=1,
    trace=7,
    service="cart",
    name="GET /cart",
    kind=SpanKind.CLIENT,
    attributes={"try": 2},
    events=(Event("dequeued", 2_000_000, {"depth": 3}),),
    links=(Link(SpanContext(7, 9, 1)),),
    status=Status(StatusCode.ERROR, "timeout"),
)


def document(*spans, **given):
    return json.loads(json.dumps(jaeger_traces(spans, **given)))


def tags(**given):
    (trace,) = document(span(1, **given))["data"]
    return {tag["key"]: (tag["type"], tag["value"]) for tag in trace["spans"][0]["tags"]}


def test_the_document_around_the_traces():
    found = document(ROOT, CALL, span(1, trace=8))
    assert {key: found[key] for key in ("total", "limit", "offset", "errors")} == {
        "total": 2, "limit": 0, "offset": 0, "errors": None,
    }  # fmt: skip
    assert sorted(trace["traceID"] for trace in found["data"]) == [f"{7:032x}", f"{8:032x}"]


def test_a_trace_names_its_processes():
    (trace,) = document(ROOT, CALL)["data"]
    assert trace["processes"] == {
        "p1": {
            "serviceName": "web",
            "tags": [{"key": "service.instance.id", "type": "string", "value": "web-0"}],
        },
        "p2": {"serviceName": "cart", "tags": []},
    }
    assert trace["warnings"] is None
    assert [one["processID"] for one in trace["spans"]] == ["p1", "p2"]


def test_a_full_span_has_every_field():
    (trace,) = document(ROOT, CALL, epoch_ns=EPOCH)["data"]
    assert trace["spans"][1] == {
        "traceID": f"{7:032x}",
        "spanID": f"{2:016x}",
        "operationName": "GET /cart",
        "references": [
            {"refType": "CHILD_OF", "traceID": f"{7:032x}", "spanID": f"{1:016x}"},
            {"refType": "FOLLOWS_FROM", "traceID": f"{7:032x}", "spanID": f"{9:016x}"},
        ],
        "startTime": 1_544_712_660_001_000,
        "duration": 2001,
        "tags": [
            {"key": "try", "type": "int64", "value": 2},
            {"key": "span.kind", "type": "string", "value": "client"},
            {"key": "otel.status_code", "type": "string", "value": "ERROR"},
            {"key": "error", "type": "bool", "value": True},
            {"key": "otel.status_description", "type": "string", "value": "timeout"},
        ],
        "logs": [
            {
                "timestamp": 1_544_712_660_002_000,
                "fields": [
                    {"key": "depth", "type": "int64", "value": 3},
                    {"key": "event", "type": "string", "value": "dequeued"},
                ],
            }
        ],
        "processID": "p2",
        "flags": 1,
        "warnings": None,
    }


def test_a_root_refers_to_nothing():
    (trace,) = document(ROOT)["data"]
    assert trace["spans"][0]["references"] == []


@pytest.mark.parametrize(("end", "duration"), [(0, 1), (999, 1), (1000, 1), (1999, 1), (2000, 2)])
def test_durations_are_whole_microseconds_and_at_least_one(end, duration):
    (trace,) = document(span(1, 0, end))["data"]
    assert trace["spans"][0]["duration"] == duration


def test_a_child_never_ends_after_its_parent_by_rounding():
    parent, child = span(1, 900, 2_100), span(2, 950, 2_050, parent=1)
    (trace,) = document(parent, child)["data"]
    ends = [one["startTime"] + one["duration"] for one in trace["spans"]]
    assert ends[1] <= ends[0]


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        (True, ("bool", True)),
        (7, ("int64", 7)),
        (1.5, ("float64", 1.5)),
        (float("inf"), ("string", "inf")),
        ("x", ("string", "x")),
        (("a", "b"), ("string", '["a", "b"]')),
    ],
)
def test_tags_have_types(value, tag):
    assert tags(attributes={"k": value})["k"] == tag


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (StatusCode.UNSET, {}),
        (StatusCode.OK, {"otel.status_code": ("string", "OK")}),
        (
            StatusCode.ERROR,
            {"otel.status_code": ("string", "ERROR"), "error": ("bool", True)},
        ),
    ],
)
def test_statuses_become_tags(code, expected):
    found = tags(status=Status(code))
    assert {key: tag for key, tag in found.items() if key != "span.kind"} == expected


def test_what_was_dropped_and_the_trace_state_become_tags():
    found = tags(dropped=Dropped(1, 0, 3))
    assert found["otel.dropped_attributes_count"] == ("int64", 1)
    assert found["otel.dropped_links_count"] == ("int64", 3)
    assert "otel.dropped_events_count" not in found
    stateful = dataclasses.replace(span(1), context=SpanContext(1, 1, 1, (("foo", "1"),)))
    (trace,) = document(stateful)["data"]
    assert {"key": "w3c.tracestate", "type": "string", "value": "foo=1"} in (
        trace["spans"][0]["tags"]
    )


def test_an_orphan_is_warned_about():
    (trace,) = document(span(1), span(2, parent=77))["data"]
    assert [one["warnings"] for one in trace["spans"]] == [
        None, ["the parent of this span is not in the trace"],
    ]  # fmt: skip


def test_no_spans_are_a_valid_document():
    assert document() == {"data": [], "total": 0, "limit": 0, "offset": 0, "errors": None}
