"""From a heap of spans to traces: who called whom, and what is missing.

Spans come in any order, some twice, some never. A span whose parent did not come in is an
*orphan*: it stands at the top beside the roots, and the trace is not whole.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.base.time import DurationNs, TimeNs
from models.telemetry.tracing.spans.span import NO_SPAN, Span


@dataclass(frozen=True, slots=True)
class Trace:
    """The spans of one trace as a forest, in order of their starts.

    ``children`` maps a span id to the spans that name it as their parent. Roots have no parent;
    orphans name one that is not here, or would be their own ancestors.
    """

    trace_id: int
    spans: tuple[Span, ...]
    roots: tuple[Span, ...]
    orphans: tuple[Span, ...]
    children: Mapping[int, tuple[Span, ...]]

    @property
    def is_whole(self) -> bool:
        """True with exactly one root and no orphan."""
        return len(self.roots) == 1 and not self.orphans

    @property
    def top(self) -> Span:
        """The first root, or without any root the first orphan."""
        return (*self.roots, *self.orphans)[0]

    @property
    def start_ns(self) -> TimeNs:
        """Earliest start."""
        return self.spans[0].start_ns

    @property
    def end_ns(self) -> TimeNs:
        """Latest end."""
        return max(span.end_ns for span in self.spans)

    @property
    def duration_ns(self) -> DurationNs:
        """From the earliest start to the latest end."""
        return self.end_ns - self.start_ns

    @property
    def services(self) -> tuple[str, ...]:
        """Services in the order in which they first appear."""
        return tuple(dict.fromkeys(span.service for span in self.spans))

    @property
    def has_error(self) -> bool:
        """True when any span ended with an error."""
        return any(span.is_error for span in self.spans)

    def called_by(self, span: Span) -> tuple[Span, ...]:
        """The children of a span, in order of their starts."""
        return self.children.get(span.span_id, ())

    def walk(self) -> Iterator[tuple[Span, int]]:
        """Every span once with its depth from 0, callees under their callers."""
        pending = [(span, 0) for span in reversed((*self.roots, *self.orphans))]
        while pending:
            span, depth = pending.pop()
            yield span, depth
            pending += [(child, depth + 1) for child in reversed(self.called_by(span))]


def assemble(spans: Iterable[Span]) -> tuple[Trace, ...]:
    """Group spans by trace, in order of the traces' earliest starts, ties by trace id."""
    grouped: dict[int, list[Span]] = {}
    for span in spans:
        grouped.setdefault(span.trace_id, []).append(span)
    traces = (assemble_one(group) for group in grouped.values())
    return tuple(sorted(traces, key=lambda trace: (trace.start_ns, trace.trace_id)))


def assemble_one(spans: Iterable[Span]) -> Trace:
    """Build the trace of spans that share a trace id; at least one.

    A span id that came twice counts once: the later end is taken.
    """
    by_id: dict[int, Span] = {}
    for span in spans:
        known = by_id.get(span.span_id)
        if known is None or span.end_ns > known.end_ns:
            by_id[span.span_id] = span
    ordered = sorted(by_id.values(), key=lambda span: (span.start_ns, span.span_id))
    cut = _first_of_cycles(ordered, by_id)
    children: dict[int, list[Span]] = {}
    roots, orphans = [], []
    for span in ordered:
        if span.parent_id == NO_SPAN:
            roots.append(span)
        elif span.parent_id not in by_id or span.span_id in cut:
            orphans.append(span)
        else:
            children.setdefault(span.parent_id, []).append(span)
    return Trace(
        trace_id=ordered[0].trace_id,
        spans=tuple(ordered),
        roots=tuple(roots),
        orphans=tuple(orphans),
        children=MappingProxyType({parent: tuple(found) for parent, found in children.items()}),
    )


def _first_of_cycles(ordered: list[Span], by_id: Mapping[int, Span]) -> frozenset[int]:
    """For each ring of spans that name each other as parents, the one that started first."""
    settled: set[int] = set()
    cut: set[int] = set()
    for span in ordered:
        path: dict[int, Span] = {}
        current: Span | None = span
        while (
            current is not None and current.span_id not in settled and current.span_id not in path
        ):
            path[current.span_id] = current
            current = by_id.get(current.parent_id)
        if current is not None and current.span_id in path:
            ids = list(path)
            ring = [path[number] for number in ids[ids.index(current.span_id) :]]
            cut.add(min(ring, key=lambda member: (member.start_ns, member.span_id)).span_id)
        settled.update(path)
    return frozenset(cut)
