"""A store of finished spans that answers questions: which traces, which spans, who was slow.

Every condition of a query must hold for one and the same span; a trace is found when one of its
spans is. The store is bounded: the trace that began to come in first is let go first, whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.telemetry.tracing.analysis.assembly import Trace, assemble_one
from models.telemetry.tracing.spans.attributes import AttributeValue
from models.telemetry.tracing.spans.span import Span, SpanKind, StatusCode

SPANS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class SpanQuery:
    """What a span must be; None or empty asks nothing.

    Durations are inclusive on both sides. The window is half-open and by the start of the span:
    [from, until). ``attributes`` are pairs that the span or its resource must have, equal within
    a type (1 is not True).

    Raises:
        ConfigError: the limit is below 1.
    """

    service: str | None = None
    operation: str | None = None
    kind: SpanKind | None = None
    status: StatusCode | None = None
    duration_ns_min: DurationNs | None = None
    duration_ns_max: DurationNs | None = None
    from_ns: TimeNs | None = None
    until_ns: TimeNs | None = None
    attributes: tuple[tuple[str, AttributeValue], ...] = ()
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"a query limited to {self.limit} finds nothing")

    def matches(self, span: Span) -> bool:
        """True when every condition holds for this span."""
        return (
            self._matches_name(span)
            and _is_between(span.duration_ns, self.duration_ns_min, self.duration_ns_max)
            and (self.from_ns is None or span.start_ns >= self.from_ns)
            and (self.until_ns is None or span.start_ns < self.until_ns)
            and all(_has(span, key, value) for key, value in self.attributes)
        )

    def _matches_name(self, span: Span) -> bool:
        return (
            self.service in (None, span.service)
            and self.operation in (None, span.name)
            and self.kind in (None, span.kind)
            and self.status in (None, span.status.code)
        )


class SpanStore:
    """Holds up to ``spans_max`` spans, by trace.

    ``duplicates`` counts spans that came again, which change nothing; ``evicted`` the spans let
    go with their traces. A trace larger than the whole store keeps its first spans.

    Raises:
        ConfigError: no room for a span.
    """

    __slots__ = ("_by_service", "_count", "_spans_max", "_traces", "duplicates", "evicted")

    def __init__(self, spans_max: int = SPANS_MAX) -> None:
        if spans_max < 1:
            raise ConfigError(f"a store of {spans_max} spans holds nothing")
        self._spans_max = spans_max
        self._traces: dict[int, dict[int, Span]] = {}
        self._by_service: dict[str, dict[int, None]] = {}
        self._count = 0
        self.duplicates = 0
        self.evicted = 0

    def __len__(self) -> int:
        return self._count

    def add(self, span: Span) -> bool:
        """Take a finished span. False if it is known already or its own trace fills the store."""
        if span.span_id in self._traces.get(span.trace_id, ()):
            self.duplicates += 1
            return False
        if self._count >= self._spans_max and not self._make_room(span.trace_id):
            self.evicted += 1
            return False
        self._traces.setdefault(span.trace_id, {})[span.span_id] = span
        self._by_service.setdefault(span.service, {})[span.trace_id] = None
        self._count += 1
        return True

    def services(self) -> tuple[str, ...]:
        """Names of all services with a span here, sorted."""
        return tuple(sorted(self._by_service))

    def operations(self, service: str) -> tuple[str, ...]:
        """Names of a service's spans, sorted."""
        spans = self._spans_of(service)
        return tuple(sorted({span.name for span in spans if span.service == service}))

    def trace(self, trace_id: int) -> Trace | None:
        """All that is known of a trace; None if there is nothing."""
        spans = self._traces.get(trace_id)
        return None if spans is None else assemble_one(spans.values())

    def find_spans(self, query: SpanQuery) -> tuple[Span, ...]:
        """Spans that match, the latest start first, ties by trace and span id."""
        found = sorted(
            (span for span in self._spans_of(query.service) if query.matches(span)),
            key=lambda span: (-span.start_ns, span.trace_id, span.span_id),
        )
        return tuple(found[: query.limit])

    def find_traces(self, query: SpanQuery) -> tuple[Trace, ...]:
        """Traces with a span that matches, in the order of :meth:`find_spans`, each once."""
        spans = self.find_spans(replace(query, limit=None))
        ids = list(dict.fromkeys(span.trace_id for span in spans))
        return tuple(assemble_one(self._traces[number].values()) for number in ids[: query.limit])

    def _spans_of(self, service: str | None) -> Iterator[Span]:
        """All spans of the traces that a service takes part in; of all traces for None."""
        ids = self._traces if service is None else self._by_service.get(service, {})
        for trace_id in ids:
            yield from self._traces[trace_id].values()

    def _make_room(self, for_trace: int) -> bool:
        oldest = next((number for number in self._traces if number != for_trace), None)
        if oldest is None:
            return False
        spans = self._traces.pop(oldest)
        for service in {span.service: None for span in spans.values()}:
            del self._by_service[service][oldest]
            if not self._by_service[service]:
                del self._by_service[service]
        self._count -= len(spans)
        self.evicted += len(spans)
        return True


def _is_between(value: int, low: int | None, high: int | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _has(span: Span, key: str, value: AttributeValue) -> bool:
    return any(
        type(found) is type(value) and found == value
        for attributes in (span.attributes, span.resource.attributes)
        if (found := attributes.get(key)) is not None
    )
