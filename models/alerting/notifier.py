"""Groups alerts, decides what is news, and keeps trying until the receiver has it.

The caller carries each :class:`Send` to the receiver and answers with :meth:`Notifier.sent` or
:meth:`Notifier.failed`; only ``sent`` counts as told. A failed send is repeated after 0.5 s, then
1.5 times longer each time up to 60 s, until the flush's deadline (the group interval, at least
10 s). A group has one flush under way: the next waits for it, or for its deadline, so a receiver
that never answers holds up its group no longer than that, and other groups not at all.

Differs from Alertmanager where that tells a receiver of a resolution it cannot place: an alert
that comes and goes between two notifications is not mentioned, and a resolution is told once
even if it is reported again. As in Alertmanager, a message whose answer is lost counts as failed.
Retries have no jitter. Left out: routing trees, inhibition, silences,
several receivers.

Source: semantics 4.1, 4.3, 4.4; alertmanager dispatch/dispatch.go, notify/notify.go.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from models.alerting.alert import Alert
from models.alerting.alert_group import AlertGroup, HeldAlert, held
from models.alerting.config import NotifierConfig
from models.alerting.notification_log import LogEntry, NotificationLog, needs_notification
from models.base.errors import ConfigError
from models.base.time import NS_PER_MS, NS_PER_S, DurationNs, TimeNs
from models.telemetry.labels import LabelSet, series_text

ALL_LABELS = "..."
RETRY_FIRST_NS = 500 * NS_PER_MS
RETRY_NS_MAX = 60 * NS_PER_S
FLUSH_DEADLINE_NS_MIN = 10 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Send:
    """One try to tell the receiver about a group.

    Firing alerts have no end; resolved ones carry theirs. ``attempt`` counts from 1 within a
    flush; every attempt has an id of its own, so a late answer to an earlier one has no effect.
    """

    send_id: int
    receiver: str
    group: LabelSet
    firing: tuple[Alert, ...]
    resolved: tuple[Alert, ...]
    attempt: int


@dataclass(slots=True)
class _Pending:
    """A flush that waits for its receiver."""

    send: Send
    news: LogEntry
    resolved: tuple[HeldAlert, ...]
    deadline_ns: TimeNs
    delay_ns: DurationNs = RETRY_FIRST_NS
    retry_at_ns: TimeNs | None = None
    is_answered: bool = False


@dataclass(slots=True)
class _Entry:
    group: AlertGroup
    pending: _Pending | None = None


class Notifier:
    """Decides who is told what and when, for one receiver.

    ``now`` and the instants of alerts are on one clock. A log given by the caller survives the
    notifier, so that a restarted one neither repeats itself nor forgets to resolve.

    Raises:
        ConfigError: an interval is zero or negative, or ``group_wait`` is negative.
    """

    def __init__(self, config: NotifierConfig, *, log: NotificationLog | None = None) -> None:
        _check(config)
        self._config = config
        self._log = NotificationLog() if log is None else log
        self._groups: dict[LabelSet, _Entry] = {}
        self._sends = 0

    def receive(self, alerts: Iterable[Alert], *, now: TimeNs) -> tuple[str, ...]:
        """Take alerts from a rule. Returns one complaint for each that was refused.

        Refused are alerts without labels and alerts that end before they start. The resolution
        of an alert that nobody was told about, and that is not waiting, is ignored.
        """
        complaints = []
        for alert in alerts:
            complaint = _complaint(alert)
            if complaint is not None:
                complaints.append(complaint)
                continue
            self._insert(alert, now)
        return tuple(complaints)

    def next_deadline(self) -> TimeNs | None:
        """Instant of the next flush, retry or deadline; None when no group exists."""
        return min((_next_deadline(entry) for entry in self._groups.values()), default=None)

    def tick(self, *, now: TimeNs) -> tuple[Send, ...]:
        """Flush and retry what is due; groups in the order in which they were formed."""
        sends = []
        for key in list(self._groups):
            send = self._advance(key, now)
            if send is not None:
                sends.append(send)
        return tuple(sends)

    def sent(self, send_id: int, *, now: TimeNs) -> bool:
        """The receiver has the message. False when the answer comes too late to matter."""
        found = self._awaiting(send_id)
        if found is None:
            return False
        key, pending = found
        self._groups[key].pending = None
        self._log.record(key, replace(pending.news, time_ns=now))
        self._finish(key, pending.resolved)
        return True

    def failed(self, send_id: int, *, now: TimeNs) -> bool:
        """The receiver does not have the message. False when the answer comes too late."""
        found = self._awaiting(send_id)
        if found is None:
            return False
        _, pending = found
        pending.is_answered = True
        if now + pending.delay_ns < pending.deadline_ns:
            pending.retry_at_ns = now + pending.delay_ns
            pending.delay_ns = min(RETRY_NS_MAX, pending.delay_ns * 3 // 2)
        return True

    def snapshot(self) -> tuple[tuple[LabelSet, int, TimeNs], ...]:
        """Each group with its number of alerts and its next deadline."""
        return tuple(
            (key, len(entry.group), _next_deadline(entry)) for key, entry in self._groups.items()
        )

    def _insert(self, alert: Alert, now: TimeNs) -> None:
        key = self._group_key(alert.labels)
        entry = self._groups.get(key)
        if alert.is_resolved(now=now) and not self._is_known(alert.labels, key, entry):
            return
        if entry is None:
            entry = self._groups[key] = _Entry(AlertGroup(self._config, now=now))
        entry.group.insert(held(alert, self._config, now=now), now=now)

    def _is_known(self, labels: LabelSet, key: LabelSet, entry: _Entry | None) -> bool:
        told = self._log.entry(key)
        is_told = told is not None and labels in told.firing
        return is_told or (entry is not None and labels in entry.group)

    def _group_key(self, labels: LabelSet) -> LabelSet:
        group_by = self._config.group_by
        if ALL_LABELS in group_by:
            return labels
        return tuple((name, value) for name, value in labels if name in group_by)

    def _advance(self, key: LabelSet, now: TimeNs) -> Send | None:
        entry = self._groups[key]
        pending = entry.pending
        if pending is not None:
            if now < pending.deadline_ns:
                return self._retry(pending, now)
            entry.pending = None
        return self._flush(key, now) if now >= entry.group.flush_at_ns else None

    def _retry(self, pending: _Pending, now: TimeNs) -> Send | None:
        if pending.retry_at_ns is None or now < pending.retry_at_ns:
            return None
        pending.retry_at_ns = None
        pending.is_answered = False
        attempt = pending.send.attempt + 1
        pending.send = replace(pending.send, send_id=self._next_id(), attempt=attempt)
        return pending.send

    def _flush(self, key: LabelSet, now: TimeNs) -> Send | None:
        config, entry = self._config, self._groups[key]
        flush = entry.group.flush(now=now)
        last = self._log.entry(key)
        told = frozenset[LabelSet]() if last is None else last.firing
        news = LogEntry(
            frozenset(alert.labels for alert in flush.firing),
            frozenset(alert.labels for alert in flush.resolved if alert.labels in told),
            now,
        )
        is_due = needs_notification(
            last,
            firing=news.firing,
            resolved=news.resolved,
            send_resolved=config.send_resolved,
            repeat_interval_ns=config.repeat_interval_ns,
            now=now,
        )
        if is_due and (flush.firing or config.send_resolved):
            firing = tuple(_message(alert, ends_at_ns=None) for alert in flush.firing)
            resolved = tuple(
                _message(alert, ends_at_ns=alert.ends_at_ns)
                for alert in flush.resolved
                if config.send_resolved and alert.labels in news.resolved
            )
            send = Send(self._next_id(), config.receiver, key, firing, resolved, attempt=1)
            deadline = now + max(config.group_interval_ns, FLUSH_DEADLINE_NS_MIN)
            entry.pending = _Pending(send, news, flush.resolved, deadline)
            return send
        self._finish(key, flush.resolved)
        return None

    def _finish(self, key: LabelSet, resolved: tuple[HeldAlert, ...]) -> None:
        group = self._groups[key].group
        group.discard(resolved)
        if not group:
            del self._groups[key]
            self._log.forget(key)

    def _awaiting(self, send_id: int) -> tuple[LabelSet, _Pending] | None:
        for key, entry in self._groups.items():
            pending = entry.pending
            if pending is not None and pending.send.send_id == send_id:
                return None if pending.is_answered else (key, pending)
        return None

    def _next_id(self) -> int:
        self._sends += 1
        return self._sends


def _next_deadline(entry: _Entry) -> TimeNs:
    pending = entry.pending
    if pending is None:
        return entry.group.flush_at_ns
    return pending.deadline_ns if pending.retry_at_ns is None else pending.retry_at_ns


def _message(alert: HeldAlert, *, ends_at_ns: TimeNs | None) -> Alert:
    return Alert(alert.labels, alert.starts_at_ns, ends_at_ns, alert.annotations)


def _complaint(alert: Alert) -> str | None:
    if not alert.labels:
        return "an alert has no labels"
    if alert.ends_at_ns is not None and alert.ends_at_ns < alert.starts_at_ns:
        return f"alert {series_text(alert.labels)} ends before it starts"
    return None


def _check(config: NotifierConfig) -> None:
    if config.group_wait_ns < 0:
        raise ConfigError("group_wait cannot be negative")
    intervals = (config.group_interval_ns, config.repeat_interval_ns, config.resolve_timeout_ns)
    if min(intervals) <= 0:
        raise ConfigError("group_interval, repeat_interval and resolve_timeout must be positive")
