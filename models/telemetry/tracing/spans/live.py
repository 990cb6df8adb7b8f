"""A span while it lasts: it takes facts until it ends, and is handed over once.

The finished span is *returned* by :meth:`LiveSpan.end`, the first time only, so a span cannot
be collected at its start and again at its end. Verbs after the end are ignored, as the
specification asks: instrumentation must never break what it measures.

Source: OpenTelemetry trace API, "Span operations"; trace SDK, "Span limits".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.base.errors import ConfigError, SimulationError
from models.base.time import TimeNs
from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.spans.attributes import (
    NO_ATTRIBUTES,
    AttributeBag,
    AttributeLimits,
    Attributes,
    AttributeValue,
)
from models.telemetry.tracing.spans.span import (
    Dropped,
    Event,
    Link,
    Resource,
    Span,
    SpanKind,
    Status,
    StatusCode,
)

_UNSET, _OK, _ERROR = StatusCode.UNSET, StatusCode.OK, StatusCode.ERROR

STATUS_MOVES: Mapping[tuple[StatusCode, StatusCode], StatusCode] = MappingProxyType(
    {
        (_UNSET, _OK): _OK,
        (_UNSET, _ERROR): _ERROR,
        (_ERROR, _OK): _OK,
        (_ERROR, _ERROR): _ERROR,
    }
)
"""(present, asked for) -> next. What is not listed is ignored: OK is final, UNSET never asked."""


@dataclass(frozen=True, slots=True)
class SpanLimits:
    """Bounds of one span; the defaults are OpenTelemetry's.

    Raises:
        ConfigError: a count is negative.
    """

    attributes: AttributeLimits = AttributeLimits()
    events_max: int = 128
    links_max: int = 128
    event_attributes_max: int = 128
    link_attributes_max: int = 128

    def __post_init__(self) -> None:
        counts = (
            self.events_max, self.links_max, self.event_attributes_max, self.link_attributes_max,
        )  # fmt: skip
        if min(counts) < 0:
            raise ConfigError("span limits cannot be negative")

    def of_event(self) -> AttributeLimits:
        """Limits of one event's attributes."""
        return AttributeLimits(self.event_attributes_max, self.attributes.value_length_max)

    def of_link(self) -> AttributeLimits:
        """Limits of one link's attributes."""
        return AttributeLimits(self.link_attributes_max, self.attributes.value_length_max)


@dataclass(frozen=True, slots=True)
class SpanStart:
    """What is known of a span when it begins."""

    context: SpanContext
    parent_id: int
    name: str
    kind: SpanKind
    resource: Resource
    start_ns: TimeNs


class LiveSpan:
    """Collects one span under its limits.

    A span that is not recorded (``is_recorded`` False: the sampler dropped it) still has a
    context to send along, takes every verb and returns nothing at its end.
    """

    __slots__ = (
        "_attributes", "_dropped_events", "_dropped_links", "_events", "_has_ended", "_limits",
        "_links", "_name", "_start", "_status", "is_recorded",
    )  # fmt: skip

    def __init__(self, start: SpanStart, limits: SpanLimits, *, is_recorded: bool) -> None:
        self._start = start
        self._limits = limits
        self._name = start.name
        self._attributes = AttributeBag(limits.attributes)
        self._events: list[Event] = []
        self._links: list[Link] = []
        self._dropped_events = self._dropped_links = 0
        self._status = Status()
        self._has_ended = False
        self.is_recorded = is_recorded

    @property
    def context(self) -> SpanContext:
        """Identity to send along; it outlives the span."""
        return self._start.context

    @property
    def is_recording(self) -> bool:
        """True while facts are taken: recorded and not ended."""
        return self.is_recorded and not self._has_ended

    def rename(self, name: str) -> None:
        """Give the span a better name, for instance once the route is known."""
        if self.is_recording:
            self._name = name

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Set an attribute, within the limits."""
        if self.is_recording:
            self._attributes.put(key, value)

    def add_event(self, name: str, attributes: Attributes = NO_ATTRIBUTES, *, now: TimeNs) -> None:
        """Note that something happened now; counted as dropped beyond the limit."""
        if not self.is_recording:
            return
        if len(self._events) >= self._limits.events_max:
            self._dropped_events += 1
            return
        bag = AttributeBag(self._limits.of_event(), attributes)
        self._events.append(Event(name, now, bag.frozen(), bag.dropped))

    def add_link(self, context: SpanContext, attributes: Attributes = NO_ATTRIBUTES) -> None:
        """Point to another span; counted as dropped beyond the limit."""
        if not self.is_recording:
            return
        if len(self._links) >= self._limits.links_max:
            self._dropped_links += 1
            return
        bag = AttributeBag(self._limits.of_link(), attributes)
        self._links.append(Link(context, bag.frozen(), bag.dropped))

    def set_status(self, code: StatusCode, message: str = "") -> None:
        """Say how it went. OK is final, a later error replaces an earlier one, UNSET is ignored.

        The message is kept for errors only.
        """
        if not self.is_recording:
            return
        moved = STATUS_MOVES.get((self._status.code, code))
        if moved is not None:
            self._status = Status(moved, message if moved is _ERROR else "")

    def end(self, *, now: TimeNs) -> Span | None:
        """End the span: the finished span the first time, None ever after or if not recorded.

        Raises:
            SimulationError: ``now`` is before the start.
        """
        if self._has_ended:
            return None
        if now < self._start.start_ns:
            raise SimulationError(f"span '{self._name}' ends before it starts")
        self._has_ended = True
        return self._finished(now) if self.is_recorded else None

    def _finished(self, now: TimeNs) -> Span:
        start = self._start
        return Span(
            context=start.context,
            parent_id=start.parent_id,
            name=self._name,
            kind=start.kind,
            resource=start.resource,
            start_ns=start.start_ns,
            end_ns=now,
            status=self._status,
            attributes=self._attributes.frozen(),
            events=tuple(self._events),
            links=tuple(self._links),
            dropped=Dropped(self._attributes.dropped, self._dropped_events, self._dropped_links),
        )
