"""The recorder: one packed row per attempt and request, one wordy row per event.

It sees true virtual time and changes nothing. Numeric rows are packed as they happen (40 bytes
an attempt) and viewed as columns at the end without another copy.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from struct import Struct

from models.base.outcome import TRY_BITS, Decision, Outcome, RequestOutcome, request_outcome
from models.base.time import NS_PER_US, TimeNs
from models.records.events import EventKind, JsonValue, event_detail
from models.records.manifest import SeriesInfo
from models.records.schema import (
    ALERTS,
    ATTEMPTS,
    EVENTS,
    JOBS,
    LOGS,
    NO_INDEX,
    NO_PARENT,
    REQUESTS,
    SAMPLES,
)
from models.records.table import Cell, Table, table_from_packed, table_from_rows
from sim.kernel.environment import Kernel
from sim.nodes.attempt import Attempt, Request
from sim.nodes.channel import Target

_WAIT_US_MAX = 0xFFFF_FFFF
_REQUEST_OUTCOMES = tuple(request_outcome(outcome) for outcome in Outcome)
_pack_attempt = Struct("<IIIHHHBBqqI").pack
_pack_request = Struct("<IHHqqBBB").pack
_pack_sample = Struct("<Iqd").pack

Labels = tuple[tuple[str, str], ...]


class Recorder:
    """Collects the tables of one run, and hands out the numbers that identify their rows."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._attempts = bytearray()
        self._requests = bytearray()
        self._samples = bytearray()
        self._events: list[tuple[Cell, ...]] = []
        self._alerts: list[tuple[Cell, ...]] = []
        self._logs: list[tuple[Cell, ...]] = []
        self._jobs: list[tuple[Cell, ...]] = []
        self._series: dict[tuple[str, Labels], int] = {}
        self.attempt_ids: Iterator[int] = count()
        self.request_ids: Iterator[int] = count()
        self.instance_names: tuple[str, ...] = ()
        self.is_closed = False

    def record_attempt(self, attempt: Attempt, outcome: Outcome, decision: Decision) -> None:
        """Write down an attempt at the moment its caller knows how it ended."""
        parent, target, start_ns = attempt.parent, attempt.target, attempt.start_ns
        now, wait_us, tries = self._kernel.now, 0, attempt.try_number
        if attempt.wait_ns:
            wait_us = _wait_us(attempt.wait_ns, now)
        if decision:
            tries |= decision << TRY_BITS
        self._attempts += _pack_attempt(
            attempt.id,
            attempt.request.id,
            NO_PARENT if parent is None else parent.id & NO_PARENT,
            attempt.node.index,
            attempt.channel.caller_index,
            NO_INDEX if target is None else target.member,
            outcome,
            tries,
            start_ns,
            now - start_ns,
            wait_us,
        )

    def record_request(self, last: Attempt, outcome: Outcome) -> None:
        """Write down a request's one outcome."""
        request = last.request
        self._requests += _pack_request(
            request.id,
            request.source,
            request.node.index,
            request.arrival_ns,
            self._kernel.now - request.arrival_ns,
            _REQUEST_OUTCOMES[outcome],
            outcome,
            last.try_number,
        )

    def record_open_request(self, request: Request) -> None:
        """Write down a request that the end of the run has overtaken."""
        self._requests += _pack_request(
            request.id,
            request.source,
            request.node.index,
            request.arrival_ns,
            self._kernel.now - request.arrival_ns,
            RequestOutcome.IN_FLIGHT,
            Outcome.IN_FLIGHT,
            0,
        )

    def breaker_moved(self, target: Target) -> None:
        """Write down that a breaker changed its state."""
        breaker = target.breaker
        if breaker is not None:
            kind = {
                "open": EventKind.BREAKER_OPENED,
                "half_open": EventKind.BREAKER_HALF_OPENED,
                "closed": EventKind.BREAKER_CLOSED,
            }[breaker.state.value]
            self.event(kind, target.label)

    def member_judged(self, target: Target, *, is_out: bool) -> None:
        """Write down that a caller ejected a member as an outlier, or let it in again."""
        self.event(
            EventKind.MEMBER_EJECTED if is_out else EventKind.MEMBER_READMITTED, target.label
        )

    def event(
        self, kind: EventKind, subject: str, detail: Mapping[str, JsonValue] | None = None
    ) -> None:
        """Write down that something happened now."""
        if not self.is_closed:
            self._events.append((self._kernel.now, kind.value, subject, event_detail(detail or {})))

    def sample(self, name: str, labels: Labels, value: float) -> None:
        """Write down one measured value, now. ``labels`` are sorted pairs."""
        if self.is_closed:
            return
        key = (name, labels)
        number = self._series.get(key)
        if number is None:
            number = self._series[key] = len(self._series)
        self._samples += _pack_sample(number, self._kernel.now, value)

    def alert(self, name: str, state: str, labels: Labels, value: float) -> None:
        """Write down that an alert changed its state, now."""
        if not self.is_closed:
            self._alerts.append((self._kernel.now, name, state, event_detail(dict(labels)), value))

    def log(self, node: str, level: str, message: str) -> None:
        """Write down one line of a node's log, now."""
        if not self.is_closed:
            self._logs.append((self._kernel.now, node, level, message))

    def job(self, *row: Cell) -> None:
        """Write down one execution of a job; columns as in the JOBS schema."""
        if not self.is_closed:
            self._jobs.append(row)

    def series(self) -> tuple[SeriesInfo, ...]:
        """Every series sampled so far, in the order of its number."""
        return tuple(SeriesInfo(name, labels) for name, labels in self._series)

    @property
    def now(self) -> TimeNs:
        """True virtual time."""
        return self._kernel.now

    def close(self) -> tuple[Table, ...]:
        """All tables but the costs: requests, attempts, samples, events, alerts, logs, jobs.

        What happens afterwards, while work drains, is no longer part of the record.
        """
        tables = (
            table_from_packed(REQUESTS, self._requests),
            table_from_packed(ATTEMPTS, self._attempts),
            table_from_packed(SAMPLES, self._samples),
            table_from_rows(EVENTS, self._events),
            table_from_rows(ALERTS, self._alerts),
            table_from_rows(LOGS, self._logs),
            table_from_rows(JOBS, self._jobs),
        )
        self._attempts, self._requests, self._samples = bytearray(), bytearray(), bytearray()
        self.is_closed = True
        return tables


def _wait_us(wait_ns: int, now: TimeNs) -> int:
    """Whole microseconds in the queue: of a wait that is over, or of one that goes on."""
    waited_ns = wait_ns if wait_ns > 0 else wait_ns + 1 + now
    return min(waited_ns // NS_PER_US, _WAIT_US_MAX)
