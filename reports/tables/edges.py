"""One row per edge (caller -> service): calls, failures, retries, and the policies on the way.

Figures are over the phase measure. Calls within one edge from different places of the call
tree are added up.
"""

from dataclasses import dataclass

import numpy as np

from models.base.outcome import TRY_BITS, Decision, Outcome
from models.base.time import DurationNs
from models.records.events import EventKind
from models.records.manifest import EdgeInfo
from models.records.record import RunRecord
from reports.series.windows import grouped_percentiles
from reports.tables.services import measured


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """Attempts over one edge. ``calls`` counts first tries, ``attempts`` all of them.

    ``amplification_ratio`` is attempts over calls, None without calls.
    """

    caller: str
    callee: str
    balancer: str
    timeout_ns: DurationNs
    retries_allowed: int
    attempts: int
    calls: int
    error_ratio: float | None
    budget_denied: int
    p99_ns: float | None
    breaker_openings: int

    @property
    def amplification_ratio(self) -> float | None:
        """Attempts per call; 1 without retries."""
        return self.attempts / self.calls if self.calls else None


@dataclass(frozen=True, slots=True)
class _Sums:
    attempts: list[int]
    calls: list[int]
    ended: list[int]
    bad: list[int]
    denied: list[int]
    p99_ns: list[float]


def edge_rows(record: RunRecord) -> tuple[EdgeRow, ...]:
    """Rows in the order of the scenario's edges."""
    edges = record.manifest.edges
    sums = _sums(record)
    openings = _breaker_openings(record)
    return tuple(
        EdgeRow(
            caller=edge.caller,
            callee=edge.callee,
            balancer=edge.balancer.replace("_", " "),
            timeout_ns=edge.timeout_ns,
            retries_allowed=edge.retries,
            attempts=sums.attempts[i],
            calls=sums.calls[i],
            error_ratio=sums.bad[i] / sums.ended[i] if sums.ended[i] else None,
            budget_denied=sums.denied[i],
            p99_ns=None if np.isnan(sums.p99_ns[i]) else sums.p99_ns[i],
            breaker_openings=openings.get((edge.caller, edge.callee), 0),
        )
        for i, edge in enumerate(edges)
    )


def _sums(record: RunRecord) -> _Sums:
    count = len(record.manifest.edges) + 1
    low, high = measured(record)
    table = record.attempts
    start_ns = table["start_ns"].astype(np.int64)
    inside = (start_ns >= low) & (start_ns < high)
    edge = _edge_of_node(record)[table["node"][inside].astype(np.int64)]
    outcome = table["outcome"][inside]
    packed = table["try_decision"][inside].astype(np.int64)
    first = packed & ((1 << TRY_BITS) - 1) == 1
    ended = outcome != Outcome.IN_FLIGHT
    good = outcome == Outcome.OK
    durations = table["duration_ns"][inside].astype(np.int64)[good]
    return _Sums(
        attempts=np.bincount(edge, minlength=count).tolist(),
        calls=np.bincount(edge[first], minlength=count).tolist(),
        ended=np.bincount(edge[ended], minlength=count).tolist(),
        bad=np.bincount(edge[ended & ~good], minlength=count).tolist(),
        denied=np.bincount(
            edge[packed >> TRY_BITS == Decision.BUDGET_DENIED], minlength=count
        ).tolist(),
        p99_ns=grouped_percentiles(edge[good], durations, count, (99,))[99].tolist(),
    )


def _edge_of_node(record: RunRecord) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    edges = record.manifest.edges
    index = {(edge.caller, edge.callee): i for i, edge in enumerate(edges)}
    nodes = record.manifest.call_nodes
    return np.array([index.get((n.caller, n.service), len(edges)) for n in nodes], dtype=np.int64)


def _breaker_openings(record: RunRecord) -> dict[tuple[str, str], int]:
    service_of = {instance.name: instance.service for instance in record.manifest.instances}
    found: dict[tuple[str, str], int] = {}
    for kind, subject in zip(
        record.events.text("kind"), record.events.text("subject"), strict=True
    ):
        if kind == EventKind.BREAKER_OPENED:
            caller, _, target = subject.partition(" -> ")
            key = (service_of.get(caller, caller), service_of.get(target, target))
            found[key] = found.get(key, 0) + 1
    return found


def edge_name(edge: EdgeInfo | EdgeRow) -> str:
    """How an edge is written everywhere: ``caller -> service``."""
    return f"{edge.caller} -> {edge.callee}"
