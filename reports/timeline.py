"""The incident told in words: what happened when, from the events and alerts of a run.

Events that come in crowds (leases, endpoint views, breakers, one alert for many instances) are
told once per crowd: a line with the first instant, the length and the number. A crowd ends when
the next fault starts or ends, so that "expired" after an outage and after the next one are two
lines.
"""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.base.time import TimeNs
from models.planning.incident import fault_spans, incidents
from models.records.events import EventKind
from models.records.record import RunRecord
from reports.fault_words import fault_deed, fault_title
from reports.quantities import latency_text, moment_text
from reports.series.bands import alert_label

_CROWDS = {
    EventKind.INSTANCE_CRASHED: ("crash", "instance", "crashed"),
    EventKind.LEASE_EXPIRED: ("lease", "lease", "expired at the registry"),
    EventKind.HEALTH_LOST: ("health", "instance", "failed health checks"),
    EventKind.HEALTH_REGAINED: ("health", "instance", "passed health checks again"),
    EventKind.PRIMARY_PROMOTED: ("promotion", "replica", "promoted to primary"),
    EventKind.VIEW_DROPPED: ("view", "entry", "dropped from callers' endpoint views"),
    EventKind.BREAKER_OPENED: ("breaker", "breaker", "opened"),
    EventKind.BREAKER_CLOSED: ("breaker", "breaker", "closed again"),
    EventKind.MEMBER_EJECTED: ("ejection", "entry", "ejected as outliers by callers"),
    EventKind.MEMBER_READMITTED: ("readmission", "entry", "let in again by callers"),
    EventKind.INSTANCE_RESTARTED: ("restart", "instance", "restarted"),
    EventKind.CONFIG_APPLIED: ("mesh", "proxy", "took up a configuration"),
    EventKind.CONFIG_REFUSED: ("mesh", "proxy", "refused a configuration"),
    EventKind.VIEW_ADDED: ("view", "entry", "added to callers' endpoint views"),
}
_PLURALS = {"entry": "entries", "proxy": "proxies"}
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline. ``last_ns`` differs from ``time_ns`` for a crowd of events."""

    time_ns: TimeNs
    last_ns: TimeNs
    kind: str
    text: str

    def when(self, origin_ns: TimeNs) -> str:
        """Instant of the first event, relative to the start of measure."""
        return moment_text(self.time_ns, origin_ns)

    @property
    def lasted(self) -> str:
        """``over 1.8 s`` for a crowd, otherwise an empty string."""
        length_ns = self.last_ns - self.time_ns
        return f"over {latency_text(length_ns)}" if length_ns else ""


@dataclass(frozen=True, slots=True)
class _Event:
    time_ns: TimeNs
    kind: str
    subject: str
    detail: dict[str, object]


def timeline(record: RunRecord) -> tuple[Moment, ...]:
    """All moments worth a line, in order of time."""
    events = tuple(_events(record))
    cuts = _turning_points(events)
    moments = [
        *_faults(record),
        *_single(events),
        *_crowded(events, [0, *cuts, record.manifest.end_ns + 1]),
        *_alerts(record, cuts),
        *_impact(record),
    ]
    return tuple(sorted(moments, key=lambda moment: moment.time_ns))


def _events(record: RunRecord) -> Iterator[_Event]:
    table = record.events
    for time_ns, kind, subject, detail in zip(
        table["time_ns"].tolist(),
        table.text("kind"),
        table.text("subject"),
        table.text("detail"),
        strict=True,
    ):
        yield _Event(time_ns, kind, subject, json.loads(detail))


def _faults(record: RunRecord) -> Iterator[Moment]:
    manifest = record.manifest
    for span in fault_spans(record.events):
        title, deed = fault_title(span, manifest), fault_deed(span, manifest)
        aside = span.label if title == deed else deed
        yield Moment(span.start_ns, span.start_ns, "fault", f"Fault starts: {title} ({aside})")
        if span.end_ns is not None:
            yield Moment(span.end_ns, span.end_ns, "fault", f"Fault ends: {title}")


def _single(events: Sequence[_Event]) -> Iterator[Moment]:
    for event in events:
        told = _told(event)
        if told is not None:
            yield Moment(event.time_ns, event.time_ns, *told)


def _told(event: _Event) -> tuple[str, str] | None:
    detail = event.detail
    match event.kind:
        case EventKind.PAGE_SENT:
            alerts = ", ".join(_texts(detail.get("alerts")))
            status = detail.get("status", "firing")
            told = "page", f"Notification sent to {event.subject}: {alerts} {status}"
        case EventKind.PAGE_FAILED:
            told = "page", f"Notification to {event.subject} failed: {_said(detail, 'reason')}"
        case EventKind.PAGE_MUTED:
            alerts, why = ", ".join(_texts(detail.get("alerts"))), _said(detail, "reason")
            told = "page", f"{event.subject} not notified of {alerts}: {why}"
            if cause := _said(detail, "cause"):
                told = "page", f"{told[1]} ({cause})"
        case EventKind.LOCK_ACQUIRED:
            owner, token = _said(detail, "owner"), _said(detail, "token")
            told = "lock", f"{owner} acquired the lock {event.subject} with token {token}"
        case EventKind.LOCK_LOST:
            told = "lock", f"{_said(detail, 'owner')} lost the lock {event.subject}"
        case EventKind.JOB_SKIPPED:
            told = "job", f"Job {event.subject} skipped: {_said(detail, 'reason')}"
        case EventKind.BUDGET_EXHAUSTED:
            told = "stop", f"Run stopped: budget of {event.subject} exhausted"
        case EventKind.NOTE:
            told = "note", event.subject
        case _:
            return _of_mesh(event) or _of_experiment(event)
    return told


def _of_experiment(event: _Event) -> tuple[str, str] | None:
    detail = event.detail
    match event.kind:
        case EventKind.EXPERIMENT_BEGAN if detail.get("steady"):
            text = "begins: the steady state holds"
        case EventKind.EXPERIMENT_BEGAN:
            text = f"called off, not steady: {_listed(detail)}"
        case EventKind.EXPERIMENT_ABORTED:
            text = f"aborted, all faults ended: {event.subject} ({_said(detail, 'value')})"
        case EventKind.EXPERIMENT_ENDED:
            state = f"not steady: {_listed(detail)}" if detail.get("unmet") else "steady"
            text = f"{_said(detail, 'status')}, at the end {state}"
        case _:
            return None
    return "experiment", f"Experiment {text}"


def _listed(detail: dict[str, object]) -> str:
    return ", ".join(_texts(detail.get("unmet")))


def _of_mesh(event: _Event) -> tuple[str, str] | None:
    detail = event.detail
    version = _said(detail, "version")
    if event.kind == EventKind.CONFIG_PUBLISHED:
        name = detail.get("change") or "after a restart"
        return "mesh", f"Configuration {version} published ({name})"
    if event.kind == EventKind.CONFIG_CONVERGED:
        return "mesh", f"Configuration {version} runs at all {_said(detail, 'proxies')} proxies"
    return None


def _said(detail: dict[str, object], key: str) -> str:
    return str(detail.get(key, "not recorded"))


def _turning_points(events: Sequence[_Event]) -> list[TimeNs]:
    turning = {EventKind.FAULT_STARTED, EventKind.FAULT_ENDED}
    return sorted({event.time_ns for event in events if event.kind in turning})


def _crowded(events: Sequence[_Event], bounds: Sequence[TimeNs]) -> Iterator[Moment]:
    of_kind: dict[str, list[_Event]] = defaultdict(list)
    for event in events:
        of_kind[event.kind].append(event)
    for low, high in pairwise(bounds):
        for kind, (word, noun, deed) in _CROWDS.items():
            crowd = [event for event in of_kind[kind] if low <= event.time_ns < high]
            if crowd:
                text = _crowd_text(noun, deed, crowd)
                yield Moment(crowd[0].time_ns, crowd[-1].time_ns, word, text)


def _crowd_text(noun: str, deed: str, crowd: Sequence[_Event]) -> str:
    subjects = tuple(dict.fromkeys(event.subject for event in crowd))
    count = len(crowd)
    nouns = noun if count == 1 else _PLURALS.get(noun, f"{noun}s")
    return f"{count} {nouns} {deed}: {named(subjects)}"


def named(names: Sequence[str], shown: int = _NAMES_SHOWN) -> str:
    """Up to ``shown`` names, then how many more: ``a, b, c and 7 more``."""
    if len(names) <= shown + 1:
        return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    return f"{', '.join(names[:shown])} and {len(names) - shown} more"


def _alerts(record: RunRecord, cuts: Sequence[TimeNs]) -> Iterator[Moment]:
    words = {"pending": "is pending", "firing": "fires", "resolved": "is resolved"}
    moves: dict[tuple[int, str, str], list[tuple[TimeNs, str]]] = defaultdict(list)
    for time_ns, alert, state, labels in zip(
        record.alerts["time_ns"].tolist(),
        record.alerts.text("alert"),
        record.alerts.text("state"),
        record.alerts.text("labels"),
        strict=True,
    ):
        if state in words:
            moves[bisect_right(cuts, time_ns), alert, state].append((time_ns, labels))
    for (_, alert, state), crowd in moves.items():
        label_sets = {text for _, text in crowd}
        if len(label_sets) == 1:
            for time_ns, text in crowd:
                told = f"{alert_label(alert, text)} {words[state]}"
                yield Moment(time_ns, time_ns, "alert", told)
        else:
            told = f"{alert} {words[state]} for {len(label_sets)} label sets"
            yield Moment(crowd[0][0], crowd[-1][0], "alert", told)


def _impact(record: RunRecord) -> Iterator[Moment]:
    for incident in incidents(record):
        start_ns = incident.fault.start_ns
        if incident.first_symptom_ns is not None:
            at = start_ns + incident.first_symptom_ns
            yield Moment(at, at, "impact", "Users notice: error ratio leaves its usual band")
            if incident.recover_ns is not None:
                at = start_ns + incident.recover_ns
                yield Moment(at, at, "impact", "Users are served as before the fault")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
