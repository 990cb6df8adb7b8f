"""The tracer of one service: begins spans, asks the sampler once for each.

A child takes its parent's trace id, its trace state and what the sampler makes of the parent's
decision. A span without a parent begins a trace of its own.
"""

from models.base.time import TimeNs
from models.telemetry.tracing.context.identity import RANDOM, SAMPLED, SpanContext
from models.telemetry.tracing.context.ids import IdSource
from models.telemetry.tracing.sampling.sampler import (
    Candidate,
    Sampler,
    SamplingDecision,
    SamplingResult,
)
from models.telemetry.tracing.spans.attributes import NO_ATTRIBUTES, Attributes
from models.telemetry.tracing.spans.live import LiveSpan, SpanLimits, SpanStart
from models.telemetry.tracing.spans.span import NO_SPAN, Link, Resource, SpanKind


class Tracer:
    """Begins the spans of one service instance.

    Spans are handed to a reporter by whoever ends them; the tracer keeps none.
    """

    __slots__ = ("_ids", "_limits", "_resource", "_sampler")

    def __init__(
        self,
        resource: Resource,
        *,
        sampler: Sampler,
        ids: IdSource,
        limits: SpanLimits | None = None,
    ) -> None:
        self._resource = resource
        self._sampler = sampler
        self._ids = ids
        self._limits = SpanLimits() if limits is None else limits

    def start(
        self,
        name: str,
        *,
        now: TimeNs,
        parent: SpanContext | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = NO_ATTRIBUTES,
        links: tuple[Link, ...] = (),
    ) -> LiveSpan:
        """Begin a span now. ``parent`` is a local or an extracted context, None for a root.

        The sampled flag and the trace state are the sampler's; whether the trace id is random
        comes from its source at the root and from the parent further on.
        """
        trace_id = self._ids.trace_id() if parent is None else parent.trace_id
        is_random = self._ids.is_random if parent is None else parent.is_random
        candidate = Candidate(trace_id, name, parent, kind, attributes, links)
        result = self._sampler.should_sample(candidate, now=now)
        flags = RANDOM if is_random else 0
        if result.decision is SamplingDecision.RECORD_AND_SAMPLE:
            flags |= SAMPLED
        start = SpanStart(
            context=SpanContext(trace_id, self._ids.span_id(), flags, result.trace_state),
            parent_id=NO_SPAN if parent is None else parent.span_id,
            name=name,
            kind=kind,
            resource=self._resource,
            start_ns=now,
        )
        return self._opened(start, candidate, result)

    def _opened(self, start: SpanStart, candidate: Candidate, result: SamplingResult) -> LiveSpan:
        is_recorded = result.decision is not SamplingDecision.DROP
        span = LiveSpan(start, self._limits, is_recorded=is_recorded)
        for attributes in (candidate.attributes, result.attributes):
            for key, value in attributes.items():
                span.set_attribute(key, value)
        for link in candidate.links:
            span.add_link(link.context, link.attributes)
        return span
