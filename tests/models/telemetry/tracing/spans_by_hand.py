"""Spans built from a few words, for tests that look at traces."""

from models.telemetry.tracing.analysis.assembly import assemble_one
from models.telemetry.tracing.context.identity import SAMPLED, SpanContext
from models.telemetry.tracing.spans.span import Resource, Span, SpanKind, Status, StatusCode

ERROR = Status(StatusCode.ERROR, "broken")


def span(number, start=0, end=10, *, parent=0, trace=1, service="web", **given):
    """Span ``number`` from ``start`` to ``end`` ns; sampled, without a parent unless given."""
    values = {
        "name": f"op-{number}",
        "kind": SpanKind.SERVER,
        "resource": Resource(service, given.pop("resource", {})),
    } | given
    return Span(
        context=SpanContext(trace, number, SAMPLED),
        parent_id=parent,
        start_ns=start,
        end_ns=end,
        **values,
    )


def trace_of(*spans):
    return assemble_one(spans)
