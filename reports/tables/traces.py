"""The requests worth opening: the slowest that completed and the first that did not.

Rows of a table may stand in any order; numbers follow arrivals and starts, so they decide.
Each request comes with its attempts in order, placed on the request's own time axis: a waterfall.
"""

from dataclasses import dataclass

import numpy as np

from models.base.outcome import TRY_BITS, Outcome, RequestOutcome
from models.base.time import DurationNs, TimeNs
from models.records.record import RunRecord
from models.records.schema import NO_INDEX, NO_PARENT

SAMPLES_MAX = 8
"""How many requests of each sort are shown."""
SPANS_MAX = 60
"""How many attempts of one request are shown; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Span:
    """One attempt: when it began after the request's arrival, how long, how deep, how it ended."""

    name: str
    target: str
    depth: int
    try_number: int
    after_ns: DurationNs
    duration_ns: DurationNs
    wait_ns: DurationNs
    outcome: str

    @property
    def is_good(self) -> bool:
        """True when the caller got an answer it could use."""
        return self.outcome == "ok"


@dataclass(frozen=True, slots=True)
class Trace:
    """One request and its attempts. ``hidden`` counts attempts beyond ``SPANS_MAX``."""

    request: int
    source: str
    endpoint: str
    arrival_ns: TimeNs
    duration_ns: DurationNs
    outcome: str
    last_outcome: str
    tries: int
    spans: tuple[Span, ...]
    hidden: int


def slowest(record: RunRecord) -> tuple[Trace, ...]:
    """The completed requests that took longest, slowest first, ties by arrival."""
    table = record.requests
    rows = np.flatnonzero(table["outcome"] == RequestOutcome.COMPLETED)
    order = np.lexsort((table["id"][rows], -table["duration_ns"][rows].astype(np.int64)))
    return tuple(_trace(record, row) for row in rows[order[:SAMPLES_MAX]].tolist())


def failed(record: RunRecord) -> tuple[Trace, ...]:
    """The first requests, by arrival, that ended in anything but completion."""
    outcome, number = record.requests["outcome"], record.requests["id"]
    rows = np.flatnonzero(
        (outcome != RequestOutcome.COMPLETED) & (outcome != RequestOutcome.IN_FLIGHT)
    )
    return tuple(
        _trace(record, row) for row in rows[np.argsort(number[rows])][:SAMPLES_MAX].tolist()
    )


def _traces(
    record: RunRecord, rows: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> tuple[Trace, ...]:
    return tuple(_trace(record, int(row)) for row in rows.tolist())


def _trace(record: RunRecord, row: int) -> Trace:
    table, manifest = record.requests, record.manifest
    number, arrival_ns = int(table["id"][row]), int(table["arrival_ns"][row])
    spans = _spans(record, number, arrival_ns)
    return Trace(
        request=number,
        source=manifest.sources[int(table["source"][row])],
        endpoint=manifest.call_nodes[int(table["node"][row])].endpoint,
        arrival_ns=arrival_ns,
        duration_ns=int(table["duration_ns"][row]),
        outcome=_word(RequestOutcome(int(table["outcome"][row]))),
        last_outcome=_word(Outcome(int(table["last_outcome"][row]))),
        tries=int(table["tries"][row]),
        spans=spans[:SPANS_MAX],
        hidden=max(0, len(spans) - SPANS_MAX),
    )


def _spans(record: RunRecord, request: int, arrival_ns: TimeNs) -> tuple[Span, ...]:
    table, manifest = record.attempts, record.manifest
    rows = np.flatnonzero(table["request"] == request)
    rows = rows[np.argsort(table["id"][rows])]
    columns = {name: table[name][rows].tolist() for name in table.numbers}
    depth: dict[int, int] = {NO_PARENT: -1}
    spans = []
    for i, attempt in enumerate(columns["id"]):
        level = depth.get(columns["parent"][i], -1) + 1
        depth[attempt] = level
        node, target = manifest.call_nodes[columns["node"][i]], columns["target"][i]
        spans.append(
            Span(
                name=f"{node.service} {node.endpoint}",
                target="" if target == NO_INDEX else manifest.instances[target].name,
                depth=level,
                try_number=columns["try_decision"][i] & ((1 << TRY_BITS) - 1),
                after_ns=columns["start_ns"][i] - arrival_ns,
                duration_ns=columns["duration_ns"][i],
                wait_ns=columns["wait_us"][i] * 1000,
                outcome=_word(Outcome(columns["outcome"][i])),
            )
        )
    return tuple(spans)


def _word(outcome: Outcome | RequestOutcome) -> str:
    return outcome.name.lower().replace("_", " ")
