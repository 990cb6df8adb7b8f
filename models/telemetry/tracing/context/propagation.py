"""From headers to context and back, one hop at a time.

``extract`` on the way in, a span of one's own, ``inject`` on the way out: the trace id, the
sampled flag, the trace state and the baggage arrive at the last hop as they left the first.
Trace context and baggage do not depend on each other: a broken ``traceparent`` begins a new
trace and keeps the baggage.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from models.telemetry.tracing.context.baggage import Baggage, encode_baggage, parse_baggage
from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.context.traceparent import format_traceparent, parse_traceparent
from models.telemetry.tracing.context.tracestate import format_tracestate, parse_tracestate

Headers: TypeAlias = tuple[tuple[str, str], ...]

TRACEPARENT, TRACESTATE, BAGGAGE = "traceparent", "tracestate", "baggage"


@dataclass(frozen=True, slots=True)
class TraceContext:
    """What a request carries: the span on whose behalf it goes (None at first) and baggage."""

    span: SpanContext | None = None
    baggage: Baggage = Baggage()


def extract(headers: Iterable[tuple[str, str]]) -> TraceContext:
    """Read the context of an incoming request. Header names are compared without case.

    There is no span, and no trace state, without exactly one valid ``traceparent``.
    """
    found: dict[str, list[str]] = {TRACEPARENT: [], TRACESTATE: [], BAGGAGE: []}
    for name, value in headers:
        if name.lower() in found:
            found[name.lower()].append(value)
    parents = found[TRACEPARENT]
    span = parse_traceparent(parents[0]) if len(parents) == 1 else None
    if span is not None and found[TRACESTATE]:
        span = replace(span, trace_state=parse_tracestate(found[TRACESTATE]))
    return TraceContext(span, parse_baggage(found[BAGGAGE]))


def inject(context: TraceContext) -> Headers:
    """Write the headers of an outgoing request; headers that would be empty are left out."""
    headers = []
    if context.span is not None:
        headers.append((TRACEPARENT, format_traceparent(context.span)))
        if context.span.trace_state:
            headers.append((TRACESTATE, format_tracestate(context.span.trace_state)))
    baggage = encode_baggage(context.baggage).text
    if baggage:
        headers.append((BAGGAGE, baggage))
    return tuple(headers)
