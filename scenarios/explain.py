"""Why did this request end as it did? Its attempts, decisions and waits, in order."""

from collections.abc import Iterator

import numpy as np

from models.base.errors import SpecError
from models.base.outcome import TRY_BITS, Decision, Outcome, RequestOutcome
from models.base.time import NS_PER_MS, NS_PER_S, TimeNs, format_duration
from models.planning.incident import fault_spans
from models.records.record import RunRecord
from models.records.schema import NO_INDEX, NO_PARENT

US_PER_MS = 1000
_ENDED = {
    Outcome.OK: "ok",
    Outcome.ERROR: "answered with an error",
    Outcome.TIMEOUT: "timed out",
    Outcome.QUEUE_FULL: "refused: queue full",
    Outcome.REFUSED: "refused: nobody listens",
    Outcome.RESET: "connection reset: the process died",
    Outcome.BREAKER_OPEN: "not sent: breaker open",
    Outcome.NO_ENDPOINT: "not sent: no endpoint in view",
    Outcome.CALLER_GONE: "given up: the caller is gone",
    Outcome.IN_FLIGHT: "still under way at the end of the run",
    Outcome.SHED: "refused: shed under load",
    Outcome.LIMITED: "turned away by a limit",
    Outcome.BAD_REQUEST: "refused by the gateway: not a request it understands",
    Outcome.NO_ROUTE: "refused by the gateway: no route takes it",
    Outcome.UNAUTHENTICATED: "refused by the gateway: nobody knows who sent it",
    Outcome.FORBIDDEN: "refused by the gateway: its sender may not",
    Outcome.FALLBACK: "answered by a fallback",
    Outcome.EXPIRED: "dropped from the queue: nobody waits for it any more",
    Outcome.NO_CONNECTION: "not sent: no connection was free",
}
_DECIDED = {
    Decision.NONE: "",
    Decision.RETRIED: "; to be retried",
    Decision.EXHAUSTED: "; no tries left",
    Decision.BUDGET_DENIED: "; the retry budget is spent",
    Decision.NOT_RETRYABLE: "; not worth a retry",
}


def explain_request(record: RunRecord, number: int) -> str:
    """The story of one request, a line per attempt, callees indented under their callers.

    Raises:
        SpecError: the run has no request of that number.
    """
    rows = np.flatnonzero(record.requests["id"] == number)
    if not len(rows):
        raise SpecError(f"no request {number}; {_numbers_there_are(record)}")
    row = int(rows[0])
    requests, manifest = record.requests, record.manifest
    node = manifest.call_nodes[int(requests["node"][row])]
    arrival = int(requests["arrival_ns"][row])
    outcome = RequestOutcome(int(requests["outcome"][row])).name.lower().replace("_", " ")
    lasted = int(requests["duration_ns"][row]) / NS_PER_MS
    head = (
        f"request {number}: {node.source} -> {node.service}.{node.endpoint},"
        f" sent at {_clock(record, arrival)}: {outcome} after {lasted:.3f} ms"
    )
    story = _Story(record, number, arrival)
    return "\n".join([head, *story.lines(), *_faults(record, row)])


def failed_requests(record: RunRecord, limit: int) -> list[int]:
    """Numbers of the first requests that did not complete, in order of arrival."""
    bad = record.requests["outcome"] != RequestOutcome.COMPLETED
    return sorted(record.requests["id"][bad].tolist())[:limit]


def _numbers_there_are(record: RunRecord) -> str:
    count = len(record.requests)
    return f"the run has 0 to {count - 1}" if count else "the run has none"


class _Story:
    """The attempts of one request, as a tree of who called on whose behalf."""

    def __init__(self, record: RunRecord, number: int, arrival: TimeNs) -> None:
        self._record = record
        self._table = record.attempts
        self._arrival = arrival
        rows = np.flatnonzero(self._table["request"] == number)
        rows = rows[np.argsort(self._table["id"][rows])]
        self._children: dict[int, list[int]] = {}
        self._tries: dict[tuple[int, int, int], int] = {}
        for row in rows.tolist():
            self._children.setdefault(int(self._table["parent"][row]), []).append(row)
            self._tries[self._place(row, self._try_number(row))] = row

    def lines(self) -> Iterator[str]:
        """One line an attempt, in order of start, callees under their callers."""
        return self._under(NO_PARENT, 0)

    def _under(self, parent: int, depth: int) -> Iterator[str]:
        for row in self._children.get(parent, []):
            yield self._line(row, depth)
            yield from self._under(int(self._table["id"][row]), depth + 1)

    def _line(self, row: int, depth: int) -> str:
        table, manifest = self._table, self._record.manifest
        node = manifest.call_nodes[int(table["node"][row])]
        target = int(table["target"][row])
        where = "nobody" if target == NO_INDEX else manifest.instances[target].name
        began = (int(table["start_ns"][row]) - self._arrival) / NS_PER_MS
        lasted = int(table["duration_ns"][row]) / NS_PER_MS
        waited = int(table["wait_us"][row]) / US_PER_MS
        caller = manifest.instances[int(table["caller"][row])].name
        queue = f", {waited:.3f} ms of it queued" if waited else ""
        after = "" if target == NO_INDEX else f" after {lasted:.3f} ms{queue}"
        return (
            f"  +{began:10.3f} ms  {'  ' * depth}{caller} -> {where} {node.endpoint}"
            f" (try {self._try_number(row)}): {_ENDED[Outcome(int(table['outcome'][row]))]}"
            f"{after}{self._decision(row)}"
        )

    def _decision(self, row: int) -> str:
        decision = Decision(int(self._table["try_decision"][row]) >> TRY_BITS)
        following = self._tries.get(self._place(row, self._try_number(row) + 1))
        if decision is Decision.RETRIED and following is not None:
            ended = int(self._table["start_ns"][row]) + int(self._table["duration_ns"][row])
            pause = (int(self._table["start_ns"][following]) - ended) / NS_PER_MS
            return f"; retried after a pause of {pause:.3f} ms"
        return _DECIDED[decision]

    def _place(self, row: int, try_number: int) -> tuple[int, int, int]:
        """Which call of which work it is, and which try of it."""
        return int(self._table["parent"][row]), int(self._table["node"][row]), try_number

    def _try_number(self, row: int) -> int:
        return int(self._table["try_decision"][row]) & ((1 << TRY_BITS) - 1)


def _faults(record: RunRecord, row: int) -> Iterator[str]:
    """Faults that were on while the request was under way; a fault is over at its end."""
    begins = int(record.requests["arrival_ns"][row])
    ends = begins + int(record.requests["duration_ns"][row])
    for span in fault_spans(record.events):
        if span.start_ns <= ends and (span.end_ns is None or span.end_ns > begins):
            yield f"  meanwhile: {span.label}, since {_clock(record, span.start_ns)}"


def _clock(record: RunRecord, at: TimeNs) -> str:
    origin = next((p.start_ns for p in record.manifest.phases if p.name == "measure"), 0)
    sign = "-" if at < origin else "+"
    whole, rest = divmod(abs(at - origin), NS_PER_S)
    return f"measure {sign}{format_duration(whole * NS_PER_S)} {rest // NS_PER_MS:03d} ms"
