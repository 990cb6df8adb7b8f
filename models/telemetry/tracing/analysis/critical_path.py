"""The critical path: which work, if it were shorter, would have made the whole trace shorter.

From the end of a span back to its start: the child that finished last before the present
instant is what the span waited for. The time after that child's end is the span's own; before
the child's start the walk goes on with the children that had finished by then. Children that
were still running when a later one began did not hold it up, so they are not on the path. Gaps
between children are the span's own time.

The segments tile the span from start to end, so their lengths add up to its duration.

Source: Zhang et al. 2022, "CRISP: Critical Path Analysis of Large-Scale Microservice
Architectures" (USENIX ATC), last-finishing child; children are cut to their parent's time, as
the Jaeger UI does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.base.time import DurationNs, TimeNs
from models.telemetry.tracing.analysis.assembly import Trace
from models.telemetry.tracing.spans.span import Span


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch [start, end) of the critical path, spent by one span itself."""

    span: Span
    start_ns: TimeNs
    end_ns: TimeNs

    @property
    def duration_ns(self) -> DurationNs:
        """Its length."""
        return self.end_ns - self.start_ns


def critical_path(trace: Trace, top: Span | None = None) -> tuple[Segment, ...]:
    """Segments of the path through ``top`` (by default the trace's first root), in order of time.

    Segments of no length are left out. O(n log n) in the number of spans under ``top``.
    """
    span = trace.top if top is None else top
    backwards: list[Segment] = []
    frames = [(span, span.start_ns, span.end_ns, _within(trace, span, span.start_ns, span.end_ns))]
    while frames:
        span, start_ns, cursor_ns, children = frames.pop()
        while children and children[-1][1] > cursor_ns:
            children.pop()
        low_ns, high_ns, child = children.pop() if children else (start_ns, start_ns, None)
        if cursor_ns > high_ns:
            backwards.append(Segment(span, high_ns, cursor_ns))
        if child is not None:
            frames.append((span, start_ns, low_ns, children))
            frames.append((child, low_ns, high_ns, _within(trace, child, low_ns, high_ns)))
    return tuple(reversed(backwards))


def time_by_service(segments: Iterable[Segment]) -> dict[str, DurationNs]:
    """How long the path stays in each service, in the order of its first visit."""
    times: dict[str, DurationNs] = {}
    for segment in segments:
        service = segment.span.service
        times[service] = times.get(service, 0) + segment.duration_ns
    return times


def self_times(trace: Trace) -> Iterator[tuple[Span, DurationNs]]:
    """Each span with the time in which none of its children ran, in order of the spans."""
    for span in trace.spans:
        covered, reached_ns = 0, span.start_ns
        for child in trace.called_by(span):
            low_ns, high_ns = max(child.start_ns, reached_ns), min(child.end_ns, span.end_ns)
            if high_ns > low_ns:
                covered += high_ns - low_ns
                reached_ns = high_ns
        yield span, span.duration_ns - covered


def self_time_by_service(trace: Trace) -> dict[str, DurationNs]:
    """Self time summed per service; parallel work counts once for each span that did it."""
    times: dict[str, DurationNs] = {}
    for span, own_ns in self_times(trace):
        times[span.service] = times.get(span.service, 0) + own_ns
    return times


def _within(
    trace: Trace, span: Span, start_ns: TimeNs, end_ns: TimeNs
) -> list[tuple[TimeNs, TimeNs, Span]]:
    """Children cut to [start, end], in order of their ends; of equal ends the longest is last."""
    cut = [
        (max(child.start_ns, start_ns), min(child.end_ns, end_ns), child)
        for child in trace.called_by(span)
    ]
    lasting = (piece for piece in cut if piece[1] > piece[0])
    return sorted(lasting, key=lambda piece: (piece[1], -piece[0], -piece[2].span_id))
