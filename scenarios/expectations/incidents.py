"""Judging what followed a fault: failover, recovery, alerts and pages."""

import json
from typing import assert_never

from models.base.time import NS_PER_S, DurationNs, TimeNs, format_duration
from models.planning.incident import Incident, incidents
from models.records.events import EventKind
from models.records.record import ExpectationResult, RunRecord
from scenarios.expectations.spec import (
    AlertFiresWithin,
    AlertNeverFires,
    FailoverWithin,
    FaultRef,
    PagedWithin,
    RecoveryWithin,
)
from scenarios.expectations.window import bounded, share_left, window_of

IncidentExpectation = (
    AlertFiresWithin | AlertNeverFires | FailoverWithin | RecoveryWithin | PagedWithin
)


def judge_incident(expectation: IncidentExpectation, record: RunRecord) -> ExpectationResult:
    """Judge one expectation about a fault's consequences."""
    match expectation:
        case FailoverWithin(text, fault, within_ns):
            incident = _incident(record, fault)
            after = None if incident is None else incident.failover_ns
            return _within(record, text, fault, within_ns, after)
        case RecoveryWithin(text, fault, within_ns):
            incident = _incident(record, fault)
            after = None if incident is None else incident.recover_ns
            return _within(record, text, fault, within_ns, after)
        case PagedWithin(text, fault, receiver, within_ns):
            start = _start_of(record, fault)
            after = None if start is None else _first_page(record, receiver, start)
            return _within(record, text, fault, within_ns, after)
        case AlertFiresWithin(text, alert, within_ns, fault):
            start = _start_of(record, fault)
            after = None if start is None else _first_firing(record, alert, start)
            return _within(record, text, fault, within_ns, after)
        case AlertNeverFires():
            return _never(expectation, record)
        case _:
            assert_never(expectation)


def _incident(record: RunRecord, fault: FaultRef) -> Incident | None:
    for incident in incidents(record):
        if incident.fault.index == fault.index:
            return incident
    return None


def _start_of(record: RunRecord, fault: FaultRef | None) -> TimeNs | None:
    if fault is None:
        return record.manifest.phase("measure").start_ns
    incident = _incident(record, fault)
    return None if incident is None else incident.fault.start_ns


def _first_firing(record: RunRecord, alert: str, start: TimeNs) -> DurationNs | None:
    alerts = record.alerts
    for at, name, state in zip(
        alerts["time_ns"].tolist(), alerts.text("alert"), alerts.text("state"), strict=True
    ):
        if at >= start and name == alert and state == "firing":
            return int(at - start)
    return None


def _first_page(record: RunRecord, receiver: str | None, start: TimeNs) -> DurationNs | None:
    events = record.events
    rows = zip(
        events["time_ns"].tolist(),
        events.text("kind"),
        events.text("subject"),
        events.text("detail"),
        strict=True,
    )
    for at, kind, subject, detail in rows:
        if at < start or kind != EventKind.PAGE_SENT or receiver not in (None, subject):
            continue
        if json.loads(detail)["status"] == "firing":
            return int(at - start)
    return None


def _within(
    record: RunRecord,
    text: str,
    fault: FaultRef | None,
    within_ns: DurationNs,
    after_ns: DurationNs | None,
) -> ExpectationResult:
    """Judge a delay after a fault; one that never came does not hold."""
    start = _start_of(record, fault)
    return bounded(
        text,
        holds=after_ns is not None and after_ns <= within_ns,
        target=f"<= {format_duration(within_ns)}",
        observed="never" if after_ns is None else f"{after_ns / NS_PER_S:.2f} s",
        margin=None if after_ns is None else share_left(after_ns, within_ns),
        first_violation_ns=None if start is None else start + within_ns,
        during="after " + (fault.label if fault is not None else "the start of measure"),
    )


def _never(expectation: AlertNeverFires, record: RunRecord) -> ExpectationResult:
    """No instance of the alert is firing at any instant of the window."""
    window = window_of(record.manifest, expectation.during)
    alerts, firing = record.alerts, set[str]()
    first: TimeNs | None = None
    rows = zip(
        alerts["time_ns"].tolist(),
        alerts.text("alert"),
        alerts.text("state"),
        alerts.text("labels"),
        strict=True,
    )
    for at, name, state, labels in rows:
        if name != expectation.alert or at >= window.end_ns:
            continue
        if firing and at > window.start_ns and first is None:
            first = window.start_ns
        if state == "firing":
            firing.add(labels)
            if at >= window.start_ns and first is None:
                first = at
        elif state in ("resolved", "inactive"):
            firing.discard(labels)
    if firing and first is None:
        first = window.start_ns
    return bounded(
        expectation.text,
        holds=first is None,
        target="never fires",
        observed="never fired" if first is None else f"fired at {first / NS_PER_S:.1f} s",
        first_violation_ns=first,
        during=expectation.during,
    )
