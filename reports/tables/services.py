"""One row per service: what it served, how well, how busy it was.

Figures are over the phase measure, by start of the attempt. An attempt is one call of a
service as its caller saw it, so latency contains the wait in the queue and the network.
"""

from dataclasses import dataclass

import numpy as np

from models.base.outcome import TRY_BITS, Decision, Outcome
from models.records.record import RunRecord
from reports.series.sampled import sampled
from reports.series.windows import grouped_percentiles

_NOT_SERVED = (Outcome.OK, Outcome.IN_FLIGHT)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """Attempts of one service in the measured window; latencies in ns over its good answers.

    ``error_ratio`` counts attempts that ended badly among those that ended;
    ``utilisation_ratio`` is busy slots over all slots, None when it was not sampled.
    """

    service: str
    instances: int
    attempts: int
    error_ratio: float | None
    retries: int
    p50_ns: float | None
    p99_ns: float | None
    utilisation_ratio: float | None
    queue_max: int | None


def service_rows(record: RunRecord) -> tuple[ServiceRow, ...]:
    """Rows in the order of the scenario's services."""
    manifest = record.manifest
    names = [service.name for service in manifest.services]
    index = {name: i for i, name in enumerate(names)}
    of_node = np.array([index.get(n.service, len(names)) for n in manifest.call_nodes], dtype=int)
    low, high = measured(record)
    table = record.attempts
    start_ns = table["start_ns"].astype(np.int64)
    inside = (start_ns >= low) & (start_ns < high)
    service = of_node[table["node"][inside]] if len(of_node) else np.zeros(0, dtype=int)
    outcome = table["outcome"][inside]
    count = len(names) + 1
    good = outcome == Outcome.OK
    latencies = grouped_percentiles(
        service[good], table["duration_ns"][inside][good].astype(np.int64), count, (50, 99)
    )
    attempts = np.bincount(service, minlength=count)
    bad = np.bincount(service[~np.isin(outcome, _NOT_SERVED)], minlength=count)
    ended = np.bincount(service[outcome != Outcome.IN_FLIGHT], minlength=count)
    decision = table["try_decision"][inside].astype(np.int64) >> TRY_BITS
    retries = np.bincount(service[decision == Decision.RETRIED], minlength=count)
    busy, queue = _utilisation(record, low, high), _longest(record, low, high)
    return tuple(
        ServiceRow(
            service=info.name,
            instances=info.instance_count,
            attempts=int(attempts[i]),
            error_ratio=int(bad[i]) / int(ended[i]) if ended[i] else None,
            retries=int(retries[i]),
            p50_ns=_known(latencies[50][i]),
            p99_ns=_known(latencies[99][i]),
            utilisation_ratio=busy.get(info.name),
            queue_max=queue.get(info.name),
        )
        for i, info in enumerate(manifest.services)
    )


def measured(record: RunRecord) -> tuple[int, int]:
    """Bounds of the phase measure, or of the whole run when there is none."""
    for phase in record.manifest.phases:
        if phase.name == "measure":
            return phase.start_ns, phase.end_ns
    return 0, record.manifest.end_ns


def _utilisation(record: RunRecord, low: int, high: int) -> dict[str, float]:
    slots = {s.name: s.slots * s.instance_count for s in record.manifest.services}
    found = {}
    for one in sampled(record, "world_busy_slots"):
        name = one.label("service")
        values = one.values[(one.times_ns >= low) & (one.times_ns < high)]
        if len(values) and slots.get(name):
            found[name] = float(values.mean()) / slots[name]
    return found


def _longest(record: RunRecord, low: int, high: int) -> dict[str, int]:
    found = {}
    for one in sampled(record, "world_queue_length"):
        values = one.values[(one.times_ns >= low) & (one.times_ns < high)]
        if len(values):
            found[one.label("service")] = int(values.max())
    return found


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
