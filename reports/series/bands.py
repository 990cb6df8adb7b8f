"""Stretches of time that charts mark: faults, alerts pending and firing, and pages sent."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.base.time import TimeNs
from models.planning.incident import fault_spans
from models.records.events import EventKind
from models.records.record import RunRecord
from reports.fault_words import fault_title
from reports.quantities import TIMES

Stretch = tuple[TimeNs, TimeNs]


@dataclass(frozen=True, slots=True)
class Band:
    """A named stretch [start, end) of one kind: fault, pending or firing."""

    kind: str
    label: str
    start_ns: TimeNs
    end_ns: TimeNs


@dataclass(frozen=True, slots=True)
class Mark:
    """A single instant: a notification that left for a receiver."""

    label: str
    status: str
    time_ns: TimeNs


def fault_bands(record: RunRecord) -> tuple[Band, ...]:
    """One band per fault; one without an end lasts to the end of the run."""
    return tuple(
        Band(
            "fault", fault_title(span, record.manifest), span.start_ns, _until(span.end_ns, record)
        )
        for span in fault_spans(record.events)
    )


def alert_bands(record: RunRecord) -> tuple[Band, ...]:
    """When each alert was pending and when it fired, in order of their starts.

    The label sets of one alert are taken together: it fires while any of them fires, and is
    pending while any is pending and none fires.
    """
    label_sets: dict[str, set[str]] = defaultdict(set)
    of_alert: dict[str, dict[str, list[Stretch]]] = defaultdict(lambda: defaultdict(list))
    for alert, labels, state, stretch in _alert_stretches(record):
        label_sets[alert].add(labels)
        of_alert[alert][state].append(stretch)
    bands = []
    for alert, states in of_alert.items():
        sets = label_sets[alert]
        name = alert_label(alert, min(sets)) if len(sets) == 1 else f"{alert} {TIMES}{len(sets)}"
        firing = union(states["firing"])
        pending = without(union(states["pending"]), firing)
        bands += [Band("pending", name, low, high) for low, high in pending]
        bands += [Band("firing", name, low, high) for low, high in firing]
    return tuple(sorted(bands, key=lambda band: (band.start_ns, band.label)))


def union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The instants that any stretch covers, as stretches that do not touch."""
    merged: list[Stretch] = []
    for low, high in sorted(stretches):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def without(stretches: Iterable[Stretch], holes: Iterable[Stretch]) -> list[Stretch]:
    """The parts of ``stretches`` outside all ``holes``; empty parts are left out."""
    left = list(stretches)
    for hole_low, hole_high in holes:
        left = [
            part
            for low, high in left
            for part in ((low, min(high, hole_low)), (max(low, hole_high), high))
            if part[0] < part[1]
        ]
    return left


def _alert_stretches(record: RunRecord) -> Iterator[tuple[str, str, str, Stretch]]:
    open_since: dict[tuple[str, str], tuple[str, TimeNs]] = {}
    for time_ns, alert, state, labels in zip(
        record.alerts["time_ns"].tolist(),
        record.alerts.text("alert"),
        record.alerts.text("state"),
        record.alerts.text("labels"),
        strict=True,
    ):
        previous = open_since.pop((alert, labels), None)
        if previous is not None:
            yield alert, labels, previous[0], (previous[1], time_ns)
        if state in {"pending", "firing"}:
            open_since[alert, labels] = (state, time_ns)
    for (alert, labels), (state, since) in open_since.items():
        yield alert, labels, state, (since, record.manifest.end_ns)


def page_marks(record: RunRecord) -> tuple[Mark, ...]:
    """Every notification that was sent, firing or resolved."""
    rows = zip(
        record.events["time_ns"].tolist(),
        record.events.text("kind"),
        record.events.text("subject"),
        record.events.text("detail"),
        strict=True,
    )
    return tuple(
        Mark(subject, str(json.loads(detail).get("status", "firing")), time_ns)
        for time_ns, kind, subject, detail in rows
        if kind == EventKind.PAGE_SENT
    )


def alert_label(alert: str, labels: str) -> str:
    """Name of an alert with the labels that tell its instances apart: ``Errors{service=a}``."""
    extra = {
        name: value
        for name, value in json.loads(labels or "{}").items()
        if name not in {"alertname", "severity"}
    }
    inside = ", ".join(f"{name}={value}" for name, value in sorted(extra.items()))
    return f"{alert}{{{inside}}}" if inside else alert


def _until(end_ns: TimeNs | None, record: RunRecord) -> TimeNs:
    return record.manifest.end_ns if end_ns is None else end_ns
