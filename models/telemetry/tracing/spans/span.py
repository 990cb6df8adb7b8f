"""A finished span and its parts, as values. Instants are ns on the clock of who recorded it.

Source: OpenTelemetry trace API and opentelemetry-proto trace.proto; semantics 14.3.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from models.base.time import DurationNs, TimeNs
from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.spans.attributes import Attributes, no_attributes

NO_SPAN = 0
"""``parent_id`` of a root."""


class SpanKind(IntEnum):
    """On which side of a call a span stands; the numbers are those of OTLP."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


class StatusCode(IntEnum):
    """How a span ended; the numbers are those of OTLP."""

    UNSET = 0
    OK = 1
    ERROR = 2


@dataclass(frozen=True, slots=True)
class Status:
    """A code, and for an error what went wrong."""

    code: StatusCode = StatusCode.UNSET
    message: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at one instant of a span."""

    name: str
    time_ns: TimeNs
    attributes: Attributes = field(default_factory=no_attributes)
    dropped_attributes: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """Another span that this one has to do with, other than as its child."""

    context: SpanContext
    attributes: Attributes = field(default_factory=no_attributes)
    dropped_attributes: int = 0


@dataclass(frozen=True, slots=True)
class Resource:
    """Who recorded a span: the service, and further facts such as its instance."""

    service: str
    attributes: Attributes = field(default_factory=no_attributes)


@dataclass(frozen=True, slots=True)
class Dropped:
    """How much of a span its limits have refused."""

    attributes: int = 0
    events: int = 0
    links: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A finished span. ``parent_id`` is ``NO_SPAN`` for a root; ``end_ns`` >= ``start_ns``."""

    context: SpanContext
    parent_id: int
    name: str
    kind: SpanKind
    resource: Resource
    start_ns: TimeNs
    end_ns: TimeNs
    status: Status = Status()
    attributes: Attributes = field(default_factory=no_attributes)
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    dropped: Dropped = Dropped()

    @property
    def trace_id(self) -> int:
        """The trace that it belongs to."""
        return self.context.trace_id

    @property
    def span_id(self) -> int:
        """Its own number."""
        return self.context.span_id

    @property
    def service(self) -> str:
        """Name of the service that recorded it."""
        return self.resource.service

    @property
    def duration_ns(self) -> DurationNs:
        """From its start to its end."""
        return self.end_ns - self.start_ns

    @property
    def is_error(self) -> bool:
        """True when its status says so."""
        return self.status.code is StatusCode.ERROR
