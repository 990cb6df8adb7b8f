"""Policies of tail sampling: is this finished trace worth keeping?

A policy sees all spans of a trace that have come in and answers yes or no. ``now`` is monotonic
ns of the collector. Policies with a rate count what they keep within each second [k s, (k+1) s)
of that clock; the others have no state.

Source: OpenTelemetry Collector contrib, tailsamplingprocessor; semantics 14.1. Differs in
admitting exactly ``spans_per_second`` where the collector's rate policy stays one below, and in
taking the duration of a trace in ns where the collector cuts it to whole milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol, TypeAlias

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.telemetry.tracing.spans.attributes import AttributeValue
from models.telemetry.tracing.spans.span import Span, StatusCode

Spans: TypeAlias = Sequence[Span]
"""The spans of one trace that have come in, at least one."""


class TailPolicy(Protocol):
    """Says whether a trace is kept."""

    @property
    def name(self) -> str:
        """What the decision is put down to."""

    def keeps(self, spans: Spans, *, now: TimeNs) -> bool:
        """True when the trace of these spans is worth keeping."""


@dataclass(frozen=True, slots=True)
class KeepAll:
    """Keeps every trace: for the last place of an order."""

    name: str = "always"

    def keeps(self, spans: Spans, *, now: TimeNs) -> bool:  # noqa: ARG002
        """True."""
        return True


@dataclass(frozen=True, slots=True)
class HasStatus:
    """Keeps a trace when any span ended with one of the given codes, by default an error."""

    codes: frozenset[StatusCode] = frozenset({StatusCode.ERROR})
    name: str = "status_code"

    def keeps(self, spans: Spans, *, now: TimeNs) -> bool:  # noqa: ARG002
        """True when a span has one of the codes."""
        return any(span.status.code in self.codes for span in spans)


@dataclass(frozen=True, slots=True)
class SlowerThan:
    """Keeps a trace that lasted ``threshold_ns`` or longer, and no longer than ``upper_ns``.

    A trace lasts from its earliest start to its latest end. With an upper bound the lower one is
    exclusive, as in the collector: (threshold, upper].
    """

    threshold_ns: DurationNs
    upper_ns: DurationNs | None = None
    name: str = "latency"

    def keeps(self, spans: Spans, *, now: TimeNs) -> bool:  # noqa: ARG002
        """True when the duration is within the bounds."""
        lasted = max(span.end_ns for span in spans) - min(span.start_ns for span in spans)
        if self.upper_ns is None:
            return lasted >= self.threshold_ns
        return self.threshold_ns < lasted <= self.upper_ns


@dataclass(frozen=True, slots=True)
class KeepShare:
    """Keeps a share of all traces, chosen by a salted hash of the trace id.

    Collectors with one salt choose the same traces; another salt chooses independently.

    Raises:
        ConfigError: the share is not in [0, 1].
    """

    share: float
    salt: str = ""
    name: str = "probabilistic"

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise ConfigError(f"tail sampling share {self.share} is not in [0, 1]")

    def keeps(self, spans: Spans, *, now: TimeNs) -> bool:  # noqa: ARG002
        """True when the hash, of 64 bits, is below share * 2**64."""
        label = f"{self.salt}/{spans[0].trace_id:032x}".encode()
        word = int.from_bytes(blake2b(label, digest_size=8).digest(), "little")
        return word < round(self.share * 2**64)


@dataclass(frozen=True, slots=True)
class HasAttribute:
    """Keeps a trace when a span, or its resource, has one of the values under ``key``.

    Values are equal only within a type: 1 is not True. With ``is_inverted`` it keeps the traces
    that have none of the values.
    """

    key: str
    values: tuple[AttributeValue, ...]
    is_inverted: bool = False
    name: str = "attribute"

    def keeps(self, spans: Spans, *, now: TimeNs) -> bool:  # noqa: ARG002
        """True when a value is found, or when none is, if inverted."""
        wanted = {(type(value), value) for value in self.values}
        found = any(
            (type(value), value) in wanted
            for span in spans
            for attributes in (span.attributes, span.resource.attributes)
            if (value := attributes.get(self.key)) is not None
        )
        return found is not self.is_inverted


class RateBelow:
    """Keeps traces as long as their spans fit into ``spans_per_second`` of the present second.

    A trace that does not fit is not kept and takes nothing, so a smaller one may still fit.

    Raises:
        ConfigError: the rate is below 1.
    """

    __slots__ = ("_kept", "_second", "_spans_per_second", "name")

    def __init__(self, spans_per_second: int, name: str = "rate_limiting") -> None:
        if spans_per_second < 1:
            raise ConfigError(f"a rate of {spans_per_second} spans per second keeps nothing")
        self.name = name
        self._spans_per_second = spans_per_second
        self._second = -1
        self._kept = 0

    def keeps(self, spans: Spans, *, now: TimeNs) -> bool:
        """True when the trace fits, which takes its room."""
        if now // NS_PER_S != self._second:
            self._second, self._kept = now // NS_PER_S, 0
        if self._kept + len(spans) > self._spans_per_second:
            return False
        self._kept += len(spans)
        return True
