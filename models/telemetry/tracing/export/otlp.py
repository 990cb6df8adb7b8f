"""Traces as OTLP/JSON: what OpenTelemetry collectors and most back ends take.

Ids are hexadecimal, enums whole numbers, instants and 64-bit integers decimal strings. Spans
stand under their resource, resources and spans in the order given.

Source: opentelemetry-proto, trace.proto and the JSON rules of the OTLP specification;
semantics 14.3.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from models.base.time import TimeNs
from models.telemetry.tracing.context.identity import span_id_text, trace_id_text
from models.telemetry.tracing.context.tracestate import format_tracestate
from models.telemetry.tracing.spans.attributes import Attributes, AttributeValue
from models.telemetry.tracing.spans.span import NO_SPAN, Event, Link, Resource, Span, Status

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None

SCOPE = "foreshock"
_HAS_IS_REMOTE, _IS_REMOTE = 0x100, 0x200


def otlp_traces(
    spans: Iterable[Span], *, epoch_ns: TimeNs = 0, scope_version: str = ""
) -> dict[str, Json]:
    """The ``TracesData`` document of the spans; write it with ``json.dumps``.

    ``epoch_ns`` is the civil instant, ns since 1970, at which the spans' clock showed 0.
    """
    grouped: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        facts = repr(sorted(span.resource.attributes.items()))
        grouped.setdefault((span.service, facts), []).append(span)
    scope: dict[str, Json] = {"name": SCOPE}
    if scope_version:
        scope["version"] = scope_version
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _resource(group[0].resource)},
                "scopeSpans": [
                    {"scope": scope, "spans": [_span(span, epoch_ns) for span in group]}
                ],
            }
            for group in grouped.values()
        ]
    }


def _resource(resource: Resource) -> Json:
    own = {"service.name": resource.service}
    return _attributes({**own, **resource.attributes, **own})


def _span(span: Span, epoch_ns: TimeNs) -> Json:
    written: dict[str, Json] = {
        "traceId": trace_id_text(span.trace_id),
        "spanId": span_id_text(span.span_id),
        "flags": span.context.flags,
        "name": span.name,
        "kind": int(span.kind),
        "startTimeUnixNano": str(epoch_ns + span.start_ns),
        "endTimeUnixNano": str(epoch_ns + span.end_ns),
        "status": _status(span.status),
    }
    optional: dict[str, Json] = {
        "parentSpanId": "" if span.parent_id == NO_SPAN else span_id_text(span.parent_id),
        "traceState": format_tracestate(span.context.trace_state),
        "attributes": _attributes(span.attributes),
        "events": [_event(event, epoch_ns) for event in span.events],
        "links": [_link(link) for link in span.links],
        "droppedAttributesCount": span.dropped.attributes,
        "droppedEventsCount": span.dropped.events,
        "droppedLinksCount": span.dropped.links,
    }
    return written | _present(optional)


def _status(status: Status) -> Json:
    return {"code": int(status.code)} | _present({"message": status.message})


def _event(event: Event, epoch_ns: TimeNs) -> Json:
    written: dict[str, Json] = {
        "timeUnixNano": str(epoch_ns + event.time_ns),
        "name": event.name,
    }
    return written | _present(
        {
            "attributes": _attributes(event.attributes),
            "droppedAttributesCount": event.dropped_attributes,
        }
    )


def _link(link: Link) -> Json:
    remote = _IS_REMOTE if link.context.is_remote else 0
    written: dict[str, Json] = {
        "traceId": trace_id_text(link.context.trace_id),
        "spanId": span_id_text(link.context.span_id),
        "flags": link.context.flags | _HAS_IS_REMOTE | remote,
    }
    return written | _present(
        {
            "traceState": format_tracestate(link.context.trace_state),
            "attributes": _attributes(link.attributes),
            "droppedAttributesCount": link.dropped_attributes,
        }
    )


def _attributes(attributes: Attributes) -> Json:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: AttributeValue) -> Json:
    if isinstance(value, tuple):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value if math.isfinite(value) else _not_finite(value)}
    return {"stringValue": value}


def _not_finite(value: float) -> str:
    """JSON has no such numbers; proto3 writes them in words."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _present(fields: Mapping[str, Json]) -> dict[str, Json]:
    """Proto3 leaves out what has its default value."""
    return {name: value for name, value in fields.items() if value not in (None, "", 0, [])}
