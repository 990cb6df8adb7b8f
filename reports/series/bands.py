"""Stretches of time that charts mark: faults, alerts pending and firing, and pages sent."""

import json
from dataclasses import dataclass

from models.base.time import TimeNs
from models.planning.incident import fault_spans
from models.records.events import EventKind
from models.records.record import RunRecord
from reports.fault_words import fault_title


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
    """Pending and firing stretches of each alert and label set, in order of their starts."""
    end_ns = record.manifest.end_ns
    open_since: dict[tuple[str, str], tuple[str, TimeNs]] = {}
    bands = []
    for time_ns, alert, state, labels in zip(
        record.alerts["time_ns"].tolist(),
        record.alerts.text("alert"),
        record.alerts.text("state"),
        record.alerts.text("labels"),
        strict=True,
    ):
        key = (alert, labels)
        previous = open_since.pop(key, None)
        if previous is not None and previous[0] in {"pending", "firing"}:
            bands.append(Band(previous[0], alert_label(alert, labels), previous[1], time_ns))
        open_since[key] = (state, time_ns)
    bands.extend(
        Band(state, alert_label(*key), since, end_ns)
        for key, (state, since) in open_since.items()
        if state in {"pending", "firing"}
    )
    return tuple(sorted(bands, key=lambda band: (band.start_ns, band.label)))


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
