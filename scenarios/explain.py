"""Why did this request end as it did? Its attempts, decisions and waits, in order."""

from collections.abc import Iterator

import numpy as np

from models.base.errors import SpecError
from models.base.outcome import Decision, Outcome, RequestOutcome
from models.base.time import NS_PER_MS, NS_PER_S, TimeNs, format_duration
from models.records.record import RunRecord
from models.records.schema import NO_INDEX, NO_PARENT, TRY_BITS

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
}
_DECIDED = {
    Decision.NONE: "",
    Decision.RETRIED: "; retried",
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
        raise SpecError(f"no request {number}; the run has 0 to {len(record.requests) - 1}")
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
    return "\n".join([head, *_attempts(record, number, arrival), *_faults(record, row)])


def failed_requests(record: RunRecord, limit: int) -> list[int]:
    """Numbers of the first requests that did not complete, in order of arrival."""
    bad = record.requests["outcome"] != RequestOutcome.COMPLETED
    return sorted(record.requests["id"][bad].tolist())[:limit]


def _attempts(record: RunRecord, number: int, arrival: TimeNs) -> Iterator[str]:
    table = record.attempts
    rows = np.flatnonzero(table["request"] == number)
    rows = rows[np.argsort(table["id"][rows])]
    children: dict[int, list[int]] = {}
    for row in rows.tolist():
        children.setdefault(int(table["parent"][row]), []).append(row)

    def story(parent: int, depth: int) -> Iterator[str]:
        for row in children.get(parent, []):
            yield _line(record, row, arrival, depth)
            yield from story(int(table["id"][row]), depth + 1)

    return story(NO_PARENT, 0)


def _line(record: RunRecord, row: int, arrival: TimeNs, depth: int) -> str:
    table, manifest = record.attempts, record.manifest
    node = manifest.call_nodes[int(table["node"][row])]
    target = int(table["target"][row])
    where = "nobody" if target == NO_INDEX else manifest.instances[target].name
    coded = int(table["try_decision"][row])
    began = (int(table["start_ns"][row]) - arrival) / NS_PER_MS
    lasted = int(table["duration_ns"][row]) / NS_PER_MS
    waited = int(table["wait_us"][row]) / 1000
    caller = manifest.instances[int(table["caller"][row])].name
    queue = f", {waited:.3f} ms of it queued" if waited else ""
    return (
        f"  +{began:10.3f} ms  {'  ' * depth}{caller} -> {where} {node.endpoint}"
        f" (try {coded & (1 << TRY_BITS) - 1}): {_ENDED[Outcome(int(table['outcome'][row]))]}"
        f" after {lasted:.3f} ms{queue}{_DECIDED[Decision(coded >> TRY_BITS)]}"
    )


def _faults(record: RunRecord, row: int) -> Iterator[str]:
    """Faults that were on while the request was under way."""
    begins = int(record.requests["arrival_ns"][row])
    ends = begins + int(record.requests["duration_ns"][row])
    active: dict[str, int] = {}
    events = record.events
    for at, kind, subject in zip(
        events["time_ns"].tolist(), events.text("kind"), events.text("subject"), strict=True
    ):
        if at > ends:
            break
        if kind == "fault_started":
            active[subject] = at
        elif kind == "fault_ended" and at < begins:
            active.pop(subject, None)
    for fault, since in active.items():
        yield f"  meanwhile: {fault}, since {_clock(record, since)}"


def _clock(record: RunRecord, at: TimeNs) -> str:
    origin = next((p.start_ns for p in record.manifest.phases if p.name == "measure"), 0)
    sign = "-" if at < origin else "+"
    whole, rest = divmod(abs(at - origin), NS_PER_S)
    return f"measure {sign}{format_duration(whole * NS_PER_S)} {rest // NS_PER_MS:03d} ms"
