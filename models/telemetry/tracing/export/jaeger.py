"""Traces as the JSON of the Jaeger UI: drop the file on its search page to look at them.

Times are whole microseconds, a span lasts at least one so that the UI draws it. Statuses,
kinds and trace states become tags as the OpenTelemetry mapping to Jaeger has them.

Source: jaeger model/json; OpenTelemetry specification, trace/sdk_exporters/jaeger.md; semantics
14.5.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence

from models.base.time import NS_PER_US, TimeNs
from models.telemetry.tracing.analysis.assembly import Trace, assemble
from models.telemetry.tracing.context.identity import span_id_text, trace_id_text
from models.telemetry.tracing.context.tracestate import format_tracestate
from models.telemetry.tracing.export.otlp import Json
from models.telemetry.tracing.spans.attributes import Attributes, AttributeValue
from models.telemetry.tracing.spans.span import NO_SPAN, Event, Resource, Span, StatusCode

DURATION_US_MIN = 1


def jaeger_traces(spans: Iterable[Span], *, epoch_ns: TimeNs = 0) -> dict[str, Json]:
    """The document of the spans, one entry a trace; write it with ``json.dumps``.

    ``epoch_ns`` is the civil instant, ns since 1970, at which the spans' clock showed 0.
    """
    traces = [_trace(trace, epoch_ns) for trace in assemble(spans)]
    return {"data": traces, "total": len(traces), "limit": 0, "offset": 0, "errors": None}


def _trace(trace: Trace, epoch_ns: TimeNs) -> Json:
    processes: dict[str, str] = {}
    described: dict[str, Json] = {}
    spans = []
    for span in trace.spans:
        facts = json.dumps(_process(span.resource))
        process_id = processes.setdefault(facts, f"p{len(processes) + 1}")
        described[process_id] = _process(span.resource)
        spans.append(_span(span, process_id, trace, epoch_ns))
    return {
        "traceID": trace_id_text(trace.trace_id),
        "spans": spans,
        "processes": described,
        "warnings": None,
    }


def _process(resource: Resource) -> Json:
    facts = {k: v for k, v in resource.attributes.items() if k != "service.name"}
    return {"serviceName": resource.service, "tags": _tags(facts)}


def _span(span: Span, process_id: str, trace: Trace, epoch_ns: TimeNs) -> Json:
    start_us = (epoch_ns + span.start_ns) // NS_PER_US
    end_us = (epoch_ns + span.end_ns) // NS_PER_US
    return {
        "traceID": trace_id_text(span.trace_id),
        "spanID": span_id_text(span.span_id),
        "operationName": span.name,
        "references": _references(span),
        "startTime": start_us,
        "duration": max(DURATION_US_MIN, end_us - start_us),
        "tags": _tags({**span.attributes, **_derived(span)}),
        "logs": [_log(event, epoch_ns) for event in span.events],
        "processID": process_id,
        "flags": span.context.flags,
        "warnings": _warnings(span, trace),
    }


def _references(span: Span) -> Json:
    parents = [] if span.parent_id == NO_SPAN else [("CHILD_OF", span.trace_id, span.parent_id)]
    links = [("FOLLOWS_FROM", link.context.trace_id, link.context.span_id) for link in span.links]
    return [
        {"refType": kind, "traceID": trace_id_text(trace_id), "spanID": span_id_text(span_id)}
        for kind, trace_id, span_id in (*parents, *links)
    ]


def _derived(span: Span) -> Attributes:
    """Tags for what Jaeger has no field for."""
    tags: dict[str, AttributeValue] = {"span.kind": span.kind.name.lower()}
    if span.status.code is not StatusCode.UNSET:
        tags["otel.status_code"] = span.status.code.name
    if span.is_error:
        tags["error"] = True
        if span.status.message:
            tags["otel.status_description"] = span.status.message
    if span.context.trace_state:
        tags["w3c.tracestate"] = format_tracestate(span.context.trace_state)
    for name, count in (
        ("attributes", span.dropped.attributes),
        ("events", span.dropped.events),
        ("links", span.dropped.links),
    ):
        if count:
            tags[f"otel.dropped_{name}_count"] = count
    return tags


def _log(event: Event, epoch_ns: TimeNs) -> Json:
    named: Mapping[str, AttributeValue] = {"event": event.name}
    return {
        "timestamp": (epoch_ns + event.time_ns) // NS_PER_US,
        "fields": _tags({**event.attributes, **named}),
    }


def _warnings(span: Span, trace: Trace) -> Json:
    if span in trace.orphans:
        return ["the parent of this span is not in the trace"]
    return None


def _tags(attributes: Attributes) -> Sequence[Json]:
    return [_tag(key, value) for key, value in attributes.items()]


def _tag(key: str, value: AttributeValue) -> Json:
    if isinstance(value, bool):
        return {"key": key, "type": "bool", "value": value}
    if isinstance(value, int):
        return {"key": key, "type": "int64", "value": value}
    if isinstance(value, float) and math.isfinite(value):
        return {"key": key, "type": "float64", "value": value}
    text = json.dumps(value) if isinstance(value, tuple) else str(value)
    return {"key": key, "type": "string", "value": text}
