"""Chapter for failover questions: how fast each fault was noticed, routed around and over.

The spread of endpoint views is the part of a failover nobody sees on a dashboard: every caller
learns of a lost instance at its own time, and users feel the slowest one.
"""

from collections import defaultdict
from dataclasses import dataclass

from models.base.time import DurationNs
from models.planning.incident import Incident, incidents
from models.records.manifest import Manifest
from models.records.record import RunRecord
from reports.fault_words import fault_deed, fault_title
from reports.quantities import latency_text
from reports.series.windows import nearest_rank

PLOT_WIDTH = 640
"""Width of the spread plot in CSS pixels, for delays from 0 to the last one."""


@dataclass(frozen=True, slots=True)
class Spread:
    """When callers of one service stopped listing its lost instances, from the fault's start."""

    service: str
    drops: int
    first_ns: DurationNs
    median_ns: DurationNs
    last_ns: DurationNs
    positions: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FaultStory:
    """One fault with its view spread. ``scale_ns`` is the delay at the right edge of the plot."""

    title: str
    deed: str
    incident: Incident
    spreads: tuple[Spread, ...]
    scale_ns: DurationNs

    @property
    def ticks(self) -> tuple[tuple[float, DurationNs], ...]:
        """Grid lines of the plot: position in pixels and the delay there."""
        return tuple((PLOT_WIDTH * k / 4, self.scale_ns * k // 4) for k in range(5))

    @property
    def detect_text(self) -> str:
        """What was waited for, or that it never came."""
        if self.incident.detect_ns is None:
            return "nobody was notified"
        return "until the first notification left"

    @property
    def failover_text(self) -> str:
        """What the number of drops says about the failover."""
        drops, expected = len(self.incident.drops), self.incident.callers_expected
        if not self.incident.fault.targets:
            return "the fault has no target instance"
        if not drops:
            return "no caller dropped a target"
        if self.incident.is_dropped_everywhere:
            return f"{drops} of {expected or drops} endpoint view entries dropped"
        last = latency_text(self.incident.last_drop_ns)
        return f"only {drops} of {expected} endpoint view entries dropped, the last after {last}"

    @property
    def recovery_text(self) -> str:
        """What happened to the error ratio, beside the time to recover."""
        if not self.incident.is_visible and self.incident.recover_ns is None:
            return "no request shows it"
        if not self.incident.is_visible:
            return "the error ratio never left its usual band"
        if self.incident.recover_ns is None:
            return "not before the next fault or the end of the run"
        return "until the error ratio stayed in its usual band"


def fault_stories(record: RunRecord) -> tuple[FaultStory, ...]:
    """One story per fault that struck, in order."""
    service_of = {instance.name: instance.service for instance in record.manifest.instances}
    return tuple(_story(incident, service_of, record.manifest) for incident in incidents(record))


def _story(incident: Incident, service_of: dict[str, str], manifest: Manifest) -> FaultStory:
    delays: dict[str, list[DurationNs]] = defaultdict(list)
    for drop in incident.drops:
        delays[service_of.get(drop.target, drop.target)].append(drop.after_ns)
    scale_ns = _round_up(max((max(found) for found in delays.values()), default=0))
    spreads = [
        Spread(
            service=service,
            drops=len(found),
            first_ns=min(found),
            median_ns=nearest_rank(found, 50),
            last_ns=max(found),
            positions=tuple(round(PLOT_WIDTH * d / scale_ns, 1) for d in sorted(found)),
        )
        for service, found in delays.items()
    ]
    spreads.sort(key=lambda spread: (-spread.last_ns, spread.service))
    return FaultStory(
        title=fault_title(incident.fault, manifest),
        deed=fault_deed(incident.fault, manifest),
        incident=incident,
        spreads=tuple(spreads),
        scale_ns=scale_ns,
    )


def _round_up(delay_ns: DurationNs) -> DurationNs:
    step = 1
    while True:
        for factor in (1, 2, 4, 8):
            if delay_ns <= step * factor:
                return step * factor
        step *= 10
