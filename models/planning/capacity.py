"""How much load a platform holds: one row per load step, the knee, and what was full there.

A *step* is a stretch of the measured phase with one configured rate, all sources together.
Requests belong to the step in which they arrived. A step *holds* when both are true:

- at least ``GOODPUT_RATIO_MIN`` of its requests completed (goodput / offered), and
- its p99 is at or under the objective, where one is given.

The *knee* is the first step, in order of time, that does not hold. The *capacity* is the
highest rate among the steps that held. A step in which nothing arrived says nothing either way.

The *saturated resource* is the busiest service at the knee. A caller holds its slot while it
waits, so the callers of a full service look full too: among the services whose utilisation is
within ``NEARLY_AS_BUSY`` of the highest, it is the one that calls none of the others, directly
or through further services; among several such the busiest.

Left out: time to settle after a change of rate. A queue left over by one step delays the first
requests of the next, so steps should be long against the longest queue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.base.errors import ConfigError
from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_S, DurationNs, TimeNs
from models.records.manifest import EdgeInfo, Manifest
from models.records.record import RunRecord
from models.records.table import Table

GOODPUT_RATIO_MIN = 0.99
"""Share of a step's requests that must complete for the step to hold."""
NEARLY_AS_BUSY = 0.05
"""Difference in utilisation below which two services count as equally full."""
BUSY_SLOTS = "world_busy_slots"
"""Sampled series, labelled by ``service``: slots in use, all instances together."""


@dataclass(frozen=True, slots=True)
class Utilisation:
    """Share of a service's configured slots in use, on average over a step."""

    service: str
    busy_ratio: float


@dataclass(frozen=True, slots=True)
class LoadStep:
    """What became of one step of load, over [start_ns, end_ns).

    ``rate_per_s`` is the configured rate, ``offered`` and ``completed`` are counts.
    ``p99_ns`` is nearest rank over completed requests, None when none completed.
    ``utilisation`` leaves out services that were not sampled in the step.
    """

    start_ns: TimeNs
    end_ns: TimeNs
    rate_per_s: float
    offered: int
    completed: int
    p99_ns: DurationNs | None
    utilisation: tuple[Utilisation, ...]

    @property
    def offered_per_s(self) -> float:
        """Requests that arrived per second."""
        return self.offered * NS_PER_S / (self.end_ns - self.start_ns)

    @property
    def goodput_per_s(self) -> float:
        """Requests that arrived in the step and completed, per second."""
        return self.completed * NS_PER_S / (self.end_ns - self.start_ns)

    @property
    def goodput_ratio(self) -> float | None:
        """Completed over offered, in [0, 1]; None when nothing arrived."""
        return self.completed / self.offered if self.offered else None

    def holds(self, objective_ns: DurationNs | None = None) -> bool | None:
        """Tell whether the step held (see the module); None when nothing arrived."""
        if self.goodput_ratio is None:
            return None
        if self.goodput_ratio < GOODPUT_RATIO_MIN or self.p99_ns is None:
            return False
        return objective_ns is None or self.p99_ns <= objective_ns


@dataclass(frozen=True, slots=True)
class CapacityAssessment:
    """The steps of a run judged against one latency objective.

    ``knee`` is None when every step held, ``highest_held`` when none did, ``saturated`` when
    there is no knee or nothing was sampled at it.
    """

    steps: tuple[LoadStep, ...]
    objective_ns: DurationNs | None
    knee: LoadStep | None
    saturated: Utilisation | None
    highest_held: LoadStep | None


def assess_capacity(
    record: RunRecord, *, objective_ns: DurationNs | None = None
) -> CapacityAssessment:
    """Find the knee, the saturated resource and the highest load that held in a run.

    Raises:
        ConfigError: the objective is not a positive duration.
    """
    if objective_ns is not None and objective_ns <= 0:
        raise ConfigError(f"a latency objective must be positive, not {objective_ns} ns")
    steps = load_steps(record)
    knee = next((step for step in steps if step.holds(objective_ns) is False), None)
    held = [step for step in steps if step.holds(objective_ns)]
    return CapacityAssessment(
        steps=steps,
        objective_ns=objective_ns,
        knee=knee,
        saturated=saturated_resource(knee.utilisation, record.manifest.edges) if knee else None,
        highest_held=max(held, key=lambda step: step.rate_per_s, default=None),
    )


def load_steps(record: RunRecord) -> tuple[LoadStep, ...]:
    """Cut the measured phase where the configured rate changes, and measure every piece."""
    manifest = record.manifest
    starts, rates = _rate_changes(manifest)
    ends = [*starts[1:], manifest.phase("measure").end_ns]
    arrival_ns = record.requests["arrival_ns"].astype(np.int64)
    duration_ns = record.requests["duration_ns"].astype(np.int64)
    completed = record.requests["outcome"] == RequestOutcome.COMPLETED
    steps = []
    for start_ns, end_ns, rate in zip(starts, ends, rates, strict=True):
        arrived = (arrival_ns >= start_ns) & (arrival_ns < end_ns)
        durations = duration_ns[arrived & completed]
        steps.append(
            LoadStep(
                start_ns=start_ns,
                end_ns=end_ns,
                rate_per_s=rate,
                offered=int(np.count_nonzero(arrived)),
                completed=len(durations),
                p99_ns=_p99(durations),
                utilisation=_utilisation(manifest, record.samples, start_ns, end_ns),
            )
        )
    return tuple(steps)


def saturated_resource(
    utilisation: Iterable[Utilisation], edges: Iterable[EdgeInfo]
) -> Utilisation | None:
    """Pick the fullest service that is not merely waiting for another full one.

    None when there is no utilisation at all. When full services call each other in a circle the
    busiest is picked, and of equals the first given.
    """
    ranked = sorted(utilisation, key=lambda entry: -entry.busy_ratio)
    if not ranked:
        return None
    full = [e for e in ranked if e.busy_ratio >= ranked[0].busy_ratio - NEARLY_AS_BUSY]
    names = {entry.service for entry in full}
    callees: dict[str, list[str]] = {}
    for edge in edges:
        callees.setdefault(edge.caller, []).append(edge.callee)
    deepest = [e for e in full if not names & (_reached(e.service, callees) - {e.service})]
    return (deepest or full)[0]


def _reached(service: str, callees: Mapping[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = list(callees.get(service, ()))
    while ahead:
        callee = ahead.pop()
        if callee not in seen:
            seen.add(callee)
            ahead.extend(callees.get(callee, ()))
    return seen


def _rate_changes(manifest: Manifest) -> tuple[list[TimeNs], list[float]]:
    """Instants at which the total rate changes within the measured phase, and the rates."""
    measure = manifest.phase("measure")
    cuts = {piece.start_ns for piece in manifest.load}
    inside = sorted(cut for cut in cuts if measure.start_ns < cut < measure.end_ns)
    starts, rates = [measure.start_ns], [_total_rate(manifest, measure.start_ns)]
    for cut in inside:
        rate = _total_rate(manifest, cut)
        if rate != rates[-1]:
            starts.append(cut)
            rates.append(rate)
    return starts, rates


def _total_rate(manifest: Manifest, at_ns: TimeNs) -> float:
    current: dict[str, tuple[TimeNs, float]] = {}
    for piece in manifest.load:
        begun = current.get(piece.source, (-1, 0.0))[0]
        if begun < piece.start_ns <= at_ns:
            current[piece.source] = (piece.start_ns, piece.rate_per_s)
    return sum(rate for _, rate in current.values())


def _p99(durations_ns: npt.NDArray[np.int64]) -> DurationNs | None:
    if not len(durations_ns):
        return None
    rank = (len(durations_ns) * 99 + 99) // 100
    return int(np.partition(durations_ns, rank - 1)[rank - 1])


def _utilisation(
    manifest: Manifest, samples: Table, start_ns: TimeNs, end_ns: TimeNs
) -> tuple[Utilisation, ...]:
    time_ns = samples["time_ns"].astype(np.int64)
    inside = (time_ns >= start_ns) & (time_ns < end_ns)
    series = samples["series"].astype(np.int64)[inside]
    values = samples["value"].astype(np.float64)[inside]
    found = []
    for service in manifest.services:
        busy = values[np.isin(series, _busy_series(manifest, service.name))]
        busy = busy[~np.isnan(busy)]
        slots = service.slots * service.instance_count
        if len(busy) and slots:
            found.append(Utilisation(service.name, float(busy.sum()) / len(busy) / slots))
    return tuple(found)


def _busy_series(manifest: Manifest, service: str) -> list[int]:
    wanted = (("service", service),)
    return [
        index
        for index, series in enumerate(manifest.series)
        if series.name == BUSY_SLOTS and series.labels == wanted
    ]
