"""The batching reporter: spans go out in batches, off the path of the requests.

A span is queued and the request goes on; when the queue is full the span is dropped and counted,
never waited for. One export is under way at a time. A batch whose export fails or takes too long
is lost and counted: retrying is the exporter's business.

Source: OpenTelemetry specification, trace/sdk.md "Batching processor", with its defaults.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.telemetry.tracing.spans.span import Span


@dataclass(frozen=True, slots=True)
class ReporterConfig:
    """Bounds of a reporter; the defaults are OpenTelemetry's.

    ``queue_max`` counts spans that wait, beside those of the batch under way. A batch leaves when
    ``batch_max`` spans wait, or ``schedule_delay_ns`` after the first of them came.
    """

    queue_max: int = 2048
    batch_max: int = 512
    schedule_delay_ns: DurationNs = 5 * NS_PER_S
    export_timeout_ns: DurationNs = 30 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Export:
    """Send these spans; answer with ``exported`` or ``failed`` under this number."""

    export_id: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Abandon:
    """The export took too long: stop it; its spans are lost."""

    export_id: int


@dataclass(frozen=True, slots=True)
class Flushed:
    """Everything that was queued when the flush was asked for has been dealt with."""

    flush_id: int


ReporterAction: TypeAlias = Export | Abandon | Flushed


class ReporterState(Enum):
    """Taking spans; draining its queue before the end; over."""

    OPEN = "open"
    DRAINING = "draining"
    CLOSED = "closed"


class ReporterSignal(Enum):
    """What makes a reporter change its state."""

    SHUT_DOWN = "shut_down"
    DRAINED = "drained"


TRANSITIONS: Mapping[tuple[ReporterState, ReporterSignal], ReporterState] = MappingProxyType(
    {
        (ReporterState.OPEN, ReporterSignal.SHUT_DOWN): ReporterState.DRAINING,
        (ReporterState.DRAINING, ReporterSignal.DRAINED): ReporterState.CLOSED,
    }
)
"""What is not listed changes nothing: a second shut-down is no error."""


@dataclass(frozen=True, slots=True)
class ReporterSnapshot:
    """A reporter for reports.

    offered = dropped + queued + in_export + exported + failed. ``failed`` includes batches that
    took too long.
    """

    state: ReporterState
    offered: int
    dropped: int
    queued: int
    in_export: int
    exported: int
    failed: int
    batches: int


class BatchReporter:
    """Collects finished spans of sampled traces and decides when which of them leave.

    ``now`` is monotonic ns. Actions come from :meth:`tick` only.

    Raises:
        ConfigError: a bound below 1, or a batch larger than the queue.
    """

    __slots__ = (
        "_batch", "_batches", "_config", "_dropped", "_due_ns", "_export_ends_ns", "_exported",
        "_failed", "_flushes", "_flushes_asked", "_offered", "_queue", "_state", "_taken",
    )  # fmt: skip

    def __init__(self, config: ReporterConfig | None = None) -> None:
        self._config = ReporterConfig() if config is None else config
        _check(self._config)
        self._queue: deque[Span] = deque()
        self._batch = 0
        self._export_ends_ns: TimeNs | None = None
        self._due_ns: TimeNs | None = None
        self._flushes: deque[tuple[int, int, TimeNs]] = deque()
        self._flushes_asked = 0
        self._state = ReporterState.OPEN
        self._offered = self._dropped = self._taken = 0
        self._exported = self._failed = self._batches = 0

    @property
    def state(self) -> ReporterState:
        """Whether it takes spans, drains, or is over."""
        return self._state

    def offer(self, span: Span, *, now: TimeNs) -> bool:
        """Queue a finished span. False if it was dropped: queue full, or shut down.

        A span that is recorded but not sampled is none of the reporter's business: it is
        ignored, not counted, and the answer is False. Hot path.
        """
        if not span.context.is_sampled:
            return False
        self._offered += 1
        queue = self._queue
        if self._state is not ReporterState.OPEN or len(queue) >= self._config.queue_max:
            self._dropped += 1
            return False
        queue.append(span)
        if self._due_ns is None:
            self._due_ns = now + self._config.schedule_delay_ns
        if len(queue) == self._config.batch_max:
            self._due_ns = min(self._due_ns, now)
        return True

    def flush(self, *, now: TimeNs) -> int:
        """Ask for everything queued to leave at once; the number that ``Flushed`` will carry."""
        self._flushes_asked += 1
        self._flushes.append((self._flushes_asked, self._taken + len(self._queue), now))
        return self._flushes_asked

    def shut_down(self, *, now: TimeNs) -> int:
        """Take no more spans, flush, and be over; the number that ``Flushed`` will carry."""
        self._signal(ReporterSignal.SHUT_DOWN)
        return self.flush(now=now)

    def exported(self, export_id: int, *, now: TimeNs) -> bool:
        """The batch has arrived. False when the answer comes too late to count."""
        return self._answered(export_id, now, is_success=True)

    def failed(self, export_id: int, *, now: TimeNs) -> bool:
        """The batch is lost. False when the answer comes too late to count."""
        return self._answered(export_id, now, is_success=False)

    def next_deadline(self) -> TimeNs | None:
        """When an export times out, or else when the next batch or flush is due."""
        if self._export_ends_ns is not None:
            return self._export_ends_ns
        asked = (flush[2] for flush in self._flushes)
        return min((due for due in (*asked, self._due_ns) if due is not None), default=None)

    def tick(self, *, now: TimeNs) -> tuple[ReporterAction, ...]:
        """Give up an export that took too long, tell of flushes that are done, send a batch."""
        actions: list[ReporterAction] = []
        if self._export_ends_ns is not None and now >= self._export_ends_ns:
            actions.append(Abandon(self._batches))
            self._answered(self._batches, now, is_success=False)
        if self._export_ends_ns is None:
            actions += self._flushes_done()
            if self._is_due(now):
                actions.append(self._send(now))
        return tuple(actions)

    def snapshot(self) -> ReporterSnapshot:
        """Counts over its whole life. Changes nothing."""
        return ReporterSnapshot(
            state=self._state,
            offered=self._offered,
            dropped=self._dropped,
            queued=len(self._queue),
            in_export=self._batch,
            exported=self._exported,
            failed=self._failed,
            batches=self._batches,
        )

    def _is_due(self, now: TimeNs) -> bool:
        if not self._queue:
            return False
        return bool(self._flushes) or (self._due_ns is not None and now >= self._due_ns)

    def _send(self, now: TimeNs) -> Export:
        count = min(len(self._queue), self._config.batch_max)
        spans = tuple(self._queue.popleft() for _ in range(count))
        self._taken += count
        self._batch = count
        self._batches += 1
        self._due_ns = None
        self._export_ends_ns = now + self._config.export_timeout_ns
        return Export(self._batches, spans)

    def _answered(self, export_id: int, now: TimeNs, *, is_success: bool) -> bool:
        if self._export_ends_ns is None or export_id != self._batches:
            return False
        if is_success:
            self._exported += self._batch
        else:
            self._failed += self._batch
        self._batch = 0
        self._export_ends_ns = None
        self._rearm(now)
        return True

    def _rearm(self, now: TimeNs) -> None:
        """After an export: a full batch is due at once, what it left behind after the delay."""
        waiting = len(self._queue)
        if waiting >= self._config.batch_max:
            self._due_ns = now
        elif waiting and self._due_ns is None:
            self._due_ns = now + self._config.schedule_delay_ns

    def _flushes_done(self) -> list[ReporterAction]:
        done: list[ReporterAction] = []
        while self._flushes and self._flushes[0][1] <= self._taken:
            done.append(Flushed(self._flushes.popleft()[0]))
        if not self._flushes and not self._queue:
            self._signal(ReporterSignal.DRAINED)
        return done

    def _signal(self, signal: ReporterSignal) -> None:
        self._state = TRANSITIONS.get((self._state, signal), self._state)


def _check(config: ReporterConfig) -> None:
    for name in ("queue_max", "batch_max", "schedule_delay_ns", "export_timeout_ns"):
        if getattr(config, name) < 1:
            raise ConfigError(f"reporter: {name} must be at least 1")
    if config.batch_max > config.queue_max:
        raise ConfigError("reporter: batch_max cannot exceed queue_max")
