"""The face of head samplers, and those that need no thought.

A sampler is asked once for each span when it begins. Traces stay whole only if every service of
a trace comes to the same answer: wrap whatever decides at the root in
:class:`~models.telemetry.tracing.sampling.parent_based.ParentBased`.

Source: OpenTelemetry specification, trace/sdk.md "Sampler"; semantics 14.1.
"""

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Protocol

from models.base.time import TimeNs
from models.telemetry.tracing.context.identity import SpanContext
from models.telemetry.tracing.context.tracestate import TraceState
from models.telemetry.tracing.spans.attributes import Attributes, no_attributes
from models.telemetry.tracing.spans.span import Link, SpanKind


class SamplingDecision(IntEnum):
    """Forget the span; record it for local eyes only; record it and send it on."""

    DROP = 0
    RECORD_ONLY = 1
    RECORD_AND_SAMPLE = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that is about to begin. ``parent`` is None for the first of a trace."""

    trace_id: int
    name: str
    parent: SpanContext | None = None
    kind: SpanKind = SpanKind.INTERNAL
    attributes: Attributes = field(default_factory=no_attributes)
    links: tuple[Link, ...] = ()

    @property
    def trace_state(self) -> TraceState:
        """The parent's trace state; empty at a root."""
        return () if self.parent is None else self.parent.trace_state


@dataclass(frozen=True, slots=True)
class SamplingResult:
    """A decision, the trace state to send along, and attributes to add to the span."""

    decision: SamplingDecision
    trace_state: TraceState = ()
    attributes: Attributes = field(default_factory=no_attributes)


class Sampler(Protocol):
    """Decides about spans as they begin. ``now`` is monotonic ns of the node that asks."""

    @property
    def description(self) -> str:
        """Name and settings, as other SDKs write them."""

    def should_sample(self, candidate: Candidate, *, now: TimeNs) -> SamplingResult:
        """Decide about one span."""


class AlwaysOn:
    """Keeps everything."""

    __slots__ = ()

    @property
    def description(self) -> str:
        """``AlwaysOnSampler``."""
        return "AlwaysOnSampler"

    def should_sample(self, candidate: Candidate, *, now: TimeNs) -> SamplingResult:  # noqa: ARG002
        """RECORD_AND_SAMPLE."""
        return SamplingResult(SamplingDecision.RECORD_AND_SAMPLE, candidate.trace_state)


class AlwaysOff:
    """Keeps nothing."""

    __slots__ = ()

    @property
    def description(self) -> str:
        """``AlwaysOffSampler``."""
        return "AlwaysOffSampler"

    def should_sample(self, candidate: Candidate, *, now: TimeNs) -> SamplingResult:  # noqa: ARG002
        """DROP."""
        return SamplingResult(SamplingDecision.DROP, candidate.trace_state)


class AlwaysRecord:
    """Follows another sampler, but records what that one drops: for metrics from all spans."""

    __slots__ = ("_root",)

    def __init__(self, root: Sampler) -> None:
        self._root = root

    @property
    def description(self) -> str:
        """Names the sampler that it follows."""
        return f"AlwaysRecord{{{self._root.description}}}"

    def should_sample(self, candidate: Candidate, *, now: TimeNs) -> SamplingResult:
        """The other's answer, with RECORD_ONLY in place of DROP."""
        result = self._root.should_sample(candidate, now=now)
        if result.decision is SamplingDecision.DROP:
            return replace(result, decision=SamplingDecision.RECORD_ONLY)
        return result
