"""Would anybody have been paged? The alerts of a run against the faults it was given.

The plan of faults is the truth. An alert that fires is *right* when it began between the start of
a fault and ``AFTERMATH_NS`` after its end, and then it is about the last fault that had started;
otherwise it was *false*. A fault is *missed* when no page about it came to anybody.

The error budget is what the objective of the scenario allows in its window at the mean load of
the run; a fault burned as much of it as requests went wrong from its start up to the next one's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_MINUTE, DurationNs, TimeNs
from models.planning.alert_history import (
    Episode,
    HeldBack,
    Page,
    episodes_of,
    held_back,
    pages_of,
)
from models.planning.incident import FaultSpan, Incident, incidents
from models.records.record import RunRecord

AFTERMATH_NS = 5 * NS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class AlertDelays:
    """One alert about one fault; durations count from the start of the fault.

    ``resolved_ns`` is the end of the alert, None while it still fires at the end of the run.
    """

    episode: Episode
    detect_ns: DurationNs
    fire_ns: DurationNs | None
    notify_ns: DurationNs | None
    resolve_ns: DurationNs | None


@dataclass(frozen=True, slots=True)
class FaultAlerts:
    """A fault, what it did to users, and the alerts about it, earliest first."""

    incident: Incident
    alerts: tuple[AlertDelays, ...]
    budget_burned: float | None

    @property
    def fault(self) -> FaultSpan:
        """The fault."""
        return self.incident.fault

    @property
    def is_missed(self) -> bool:
        """True when nobody was told."""
        return all(alert.notify_ns is None for alert in self.alerts)


@dataclass(frozen=True, slots=True)
class ReceiverPages:
    """What came to one receiver by one of its integrations, such as ``pagerduty[0]``."""

    receiver: str
    integration: str
    firing: int
    resolved: int
    failed: int
    first_ns: TimeNs | None


@dataclass(frozen=True, slots=True)
class Paging:
    """The whole answer. ``is_watched`` is False for a run without any alerting at all."""

    is_watched: bool
    faults: tuple[FaultAlerts, ...]
    false_alerts: tuple[Episode, ...]
    receivers: tuple[ReceiverPages, ...]
    held_back: tuple[HeldBack, ...]
    fired: int
    flaps: int

    @property
    def missed(self) -> int:
        """How many faults nobody was told of."""
        return sum(one.is_missed for one in self.faults)


def paging(record: RunRecord) -> Paging:
    """Judge the alerts of a run."""
    episodes = episodes_of(record)
    fired = [episode for episode in episodes if episode.fired_ns is not None]
    found = incidents(record)
    about = [_cause(episode, found) for episode in episodes]
    pages = pages_of(record.events)
    return Paging(
        is_watched=bool(episodes or pages) or _has_targets(record),
        faults=tuple(
            FaultAlerts(
                incident,
                tuple(
                    _delays(episode, incident.fault.start_ns)
                    for episode, cause in zip(episodes, about, strict=True)
                    if cause == place
                ),
                _burned(record, incident),
            )
            for place, incident in enumerate(found)
        ),
        false_alerts=tuple(
            episode
            for episode, cause in zip(episodes, about, strict=True)
            if cause is None and episode.fired_ns is not None
        ),
        receivers=_receivers(pages),
        held_back=held_back(record.events),
        fired=len(fired),
        flaps=sum(episode.has_flapped for episode in fired),
    )


def _has_targets(record: RunRecord) -> bool:
    return any(series.name == "up" for series in record.manifest.series)


def _cause(episode: Episode, found: Sequence[Incident]) -> int | None:
    """The last fault to have started whose aftermath the alert began in."""
    cause = None
    for place, incident in enumerate(found):
        fault = incident.fault
        is_after = episode.began_ns >= fault.start_ns
        if is_after and (fault.end_ns is None or episode.began_ns <= fault.end_ns + AFTERMATH_NS):
            cause = place
    return cause


def _delays(episode: Episode, start_ns: TimeNs) -> AlertDelays:
    def since(time_ns: TimeNs | None) -> DurationNs | None:
        return None if time_ns is None else time_ns - start_ns

    return AlertDelays(
        episode=episode,
        detect_ns=episode.began_ns - start_ns,
        fire_ns=since(episode.fired_ns),
        notify_ns=since(episode.told_ns),
        resolve_ns=since(episode.over_ns),
    )


def _burned(record: RunRecord, incident: Incident) -> float | None:
    """Share of the budget, None in a run without requests; above 1 the budget is gone."""
    requests = record.requests
    if not len(requests) or not record.manifest.end_ns:
        return None
    arrival = requests["arrival_ns"].astype(np.int64)
    inside = (arrival >= incident.fault.start_ns) & (arrival < incident.horizon_ns)
    outcome = requests["outcome"]
    is_bad = (outcome != RequestOutcome.COMPLETED) & (outcome != RequestOutcome.IN_FLIGHT)
    objective = record.objective
    offered = len(requests) / record.manifest.end_ns * objective.window_ns
    return int((is_bad & inside).sum()) / (offered * objective.budget_ratio)


def _receivers(pages: Sequence[Page]) -> tuple[ReceiverPages, ...]:
    rows = []
    for way in dict.fromkeys((page.receiver, page.integration) for page in pages):
        own = [page for page in pages if (page.receiver, page.integration) == way]
        came = [page for page in own if not page.failed]
        firing = [page for page in came if page.is_firing]
        rows.append(
            ReceiverPages(
                receiver=way[0],
                integration=way[1],
                firing=len(firing),
                resolved=len(came) - len(firing),
                failed=len(own) - len(came),
                first_ns=firing[0].time_ns if firing else None,
            )
        )
    return tuple(rows)
