"""Alertmanager: groups alerts along its routes, decides what is news to whom, and keeps trying.

The caller carries each :class:`Send` to its receiver and answers with :meth:`Dispatcher.sent` or
:meth:`Dispatcher.failed`; only ``sent`` counts as told. A group has one flush under way: the next
waits until every integration of the receiver has the message, or for the flush's deadline, so one
that never answers holds up its group no longer than that, and other groups not at all.

Differs from Alertmanager where that tells a receiver of a resolution it cannot place: an alert
that comes and goes between two notifications is not mentioned, and a resolution is told once
even if it is reported again. As in Alertmanager, a message whose answer is lost counts as failed,
and the end of an alert that is kept quiet at that flush is never told.

Source: semantics 4.1, 4.3, 4.4; alertmanager dispatch/dispatch.go, notify/notify.go.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from models.alerting.alert import Alert
from models.alerting.routing.alert_group import AlertGroup
from models.alerting.routing.delivery import (
    FLUSH_DEADLINE_NS_MIN,
    Delivery,
    FlushUnderWay,
    Send,
)
from models.alerting.routing.held_alert import HeldAlert, held, merged
from models.alerting.routing.inhibition_index import InhibitionIndex
from models.alerting.routing.muting import Muted, MuteReason, Muting
from models.alerting.routing.notification_log import (
    LogEntry,
    LogKey,
    NotificationLog,
    needs_notification,
)
from models.alerting.routing.route import Route, route_tree
from models.alerting.routing.settings import AlertmanagerConfig, Integration
from models.alerting.routing.silence import Silences
from models.base.time import NS_PER_MINUTE, TimeNs
from models.telemetry.labels import LabelSet, series_text

SWEEP_NS = 30 * NS_PER_MINUTE
"""How often resolved alerts are forgotten that no group holds."""

GroupKey: TypeAlias = tuple[tuple[int, ...], LabelSet]


class _Entry:
    """A group, its flush under way, and the alerts that were kept quiet at the last one."""

    __slots__ = ("flush", "group", "quiet")

    def __init__(self, group: AlertGroup) -> None:
        self.group = group
        self.flush: FlushUnderWay | None = None
        self.quiet: dict[LabelSet, MuteReason] = {}

    def next_deadline(self) -> TimeNs:
        return self.group.flush_at_ns if self.flush is None else self.flush.next_deadline()


class Dispatcher:
    """Decides who is told what and when.

    ``now`` and the instants of alerts count from the Unix epoch. A log given by the caller
    survives the dispatcher, so that a restarted one neither repeats itself nor forgets to
    resolve. Nothing is flushed before ``start_ns``: whoever sends alerts has until then to send
    those that it still knows to be firing.

    Raises:
        ConfigError: as :meth:`AlertmanagerConfig.check`.
    """

    def __init__(
        self,
        config: AlertmanagerConfig,
        *,
        log: NotificationLog | None = None,
        silences: Silences | None = None,
        start_ns: TimeNs | None = None,
    ) -> None:
        config.check()
        self._root = route_tree(config.route)
        self._receivers = {one.name: one.integrations for one in config.receivers}
        self._resolve_timeout_ns = config.resolve_timeout_ns
        self._muting = Muting(config, Silences() if silences is None else silences)
        self._log = NotificationLog() if log is None else log
        self._start_ns = start_ns
        self._alerts: dict[LabelSet, HeldAlert] = {}
        self._sources = InhibitionIndex(config.inhibit_rules)
        self._groups: dict[GroupKey, _Entry] = {}
        self._sends = 0
        self._swept_ns: TimeNs | None = None

    def receive(self, alerts: Iterable[Alert], *, now: TimeNs) -> tuple[str, ...]:
        """Take alerts from a rule. Returns one complaint for each that was refused.

        Refused are alerts without labels and alerts that end before they start. The resolution
        of an alert that nobody was told about, and that is not waiting, is ignored.
        """
        complaints = []
        for alert in alerts:
            complaint = _complaint(alert)
            if complaint is None:
                self._take(alert, now)
            else:
                complaints.append(complaint)
        return tuple(complaints)

    def next_deadline(self) -> TimeNs | None:
        """Instant of the next flush, retry or deadline; None when no group exists."""
        earliest = min((entry.next_deadline() for entry in self._groups.values()), default=None)
        if earliest is None or self._start_ns is None:
            return earliest
        return max(earliest, self._start_ns)

    def tick(self, *, now: TimeNs) -> tuple[Send | Muted, ...]:
        """Flush and retry what is due; groups in the order in which they were formed.

        An alert that fires and is kept quiet is reported once, and again when the reason for it
        changes or after it was not kept quiet at a flush.
        """
        if self._start_ns is not None and now < self._start_ns:
            return ()
        self._sweep(now)
        actions: list[Send | Muted] = []
        for key in list(self._groups):
            actions += self._advance(key, now)
        return tuple(actions)

    def sent(self, send_id: int, *, now: TimeNs) -> bool:
        """The receiver has the message. False when the answer comes too late to matter."""
        found = self._awaiting(send_id)
        if found is None:
            return False
        key, flush, delivery = found
        route = self._groups[key].group.route
        self._log.record(
            delivery.key,
            replace(delivery.news, time_ns=now),
            repeat_interval_ns=route.repeat_interval_ns,
        )
        del flush.deliveries[delivery.send.integration]
        if not flush.deliveries:
            self._groups[key].flush = None
            self._finish(key, flush.resolved)
        return True

    def failed(self, send_id: int, *, now: TimeNs) -> bool:
        """The receiver does not have the message. False when the answer comes too late."""
        found = self._awaiting(send_id)
        if found is None:
            return False
        _, flush, delivery = found
        delivery.failed(flush.deadline_ns, now=now)
        return True

    def snapshot(self) -> tuple[tuple[GroupKey, int, TimeNs], ...]:
        """Each group with its number of alerts and its next deadline."""
        return tuple(
            (key, len(entry.group), entry.next_deadline()) for key, entry in self._groups.items()
        )

    def _take(self, alert: Alert, now: TimeNs) -> None:
        new = held(alert, resolve_timeout_ns=self._resolve_timeout_ns, now=now)
        old = self._alerts.get(alert.labels)
        kept = new if old is None else merged(old, new, now=now)
        self._alerts[alert.labels] = kept
        self._sources.put(kept)
        for route in self._root.matching(alert.labels):
            self._insert(kept, route, now)

    def _insert(self, alert: HeldAlert, route: Route, now: TimeNs) -> None:
        labels = route.group_of(alert.labels)
        entry = self._groups.get((route.path, labels))
        if alert.is_resolved(now=now) and not self._is_known(alert.labels, route, labels, entry):
            return
        if entry is None:
            entry = _Entry(AlertGroup(route, labels, now=now))
            self._groups[route.path, labels] = entry
        entry.group.insert(alert, now=now)

    def _is_known(
        self, alert: LabelSet, route: Route, group: LabelSet, entry: _Entry | None
    ) -> bool:
        if entry is not None and alert in entry.group:
            return True
        told = (
            self._log.entry(_log_key(route, group, integration))
            for integration in self._receivers[route.receiver]
        )
        return any(one is not None and alert in one.unresolved for one in told)

    def _advance(self, key: GroupKey, now: TimeNs) -> list[Send | Muted]:
        entry = self._groups[key]
        flush = entry.flush
        if flush is not None:
            if now < flush.deadline_ns:
                return [one.tried_again(self._next_id()) for one in flush.due(now=now)]
            entry.flush = None
        return self._flush(key, now) if now >= entry.group.flush_at_ns else []

    def _flush(self, key: GroupKey, now: TimeNs) -> list[Send | Muted]:
        entry = self._groups[key]
        route = entry.group.route
        alerts = entry.group.flush(now=now)
        resolved = tuple(alert for alert in alerts if alert.is_resolved(now=now))
        heard, muted = self._heard(entry, alerts, now)
        deliveries = {}
        for integration in self._receivers[route.receiver] if heard else ():
            delivery = self._news(entry.group, integration, heard, now)
            if delivery is not None:
                deliveries[integration.name] = delivery
        if not deliveries:
            self._finish(key, resolved)
            return [*muted]
        deadline = now + max(route.group_interval_ns, FLUSH_DEADLINE_NS_MIN)
        entry.flush = FlushUnderWay(deliveries, resolved, deadline)
        return [*muted, *(one.send for one in deliveries.values())]

    def _heard(
        self, entry: _Entry, alerts: tuple[HeldAlert, ...], now: TimeNs
    ) -> tuple[tuple[HeldAlert, ...], list[Muted]]:
        """The alerts that nothing keeps quiet, and what is new about the others."""
        group = entry.group
        heard: list[HeldAlert] = []
        muted: list[Muted] = []
        quiet: dict[LabelSet, MuteReason] = {}
        for alert in alerts:
            why = self._muting.reason(alert.labels, group.route, self._sources, now=now)
            if why is None:
                heard.append(alert)
                continue
            reason, cause = why
            if alert.is_resolved(now=now):
                continue
            quiet[alert.labels] = reason
            if entry.quiet.get(alert.labels) is not reason:
                muted.append(Muted(group.route.receiver, group.labels, alert.labels, reason, cause))
        entry.quiet = quiet
        return tuple(heard), muted

    def _news(
        self,
        group: AlertGroup,
        integration: Integration,
        alerts: tuple[HeldAlert, ...],
        now: TimeNs,
    ) -> Delivery | None:
        route = group.route
        key = _log_key(route, group.labels, integration)
        last = self._log.entry(key)
        known = frozenset[LabelSet]() if last is None else last.unresolved
        firing = frozenset(one.labels for one in alerts if not one.is_resolved(now=now))
        ended = frozenset(one.labels for one in alerts if one.is_resolved(now=now)) & known
        is_due = needs_notification(
            last,
            firing=firing,
            resolved=ended,
            send_resolved=integration.send_resolved,
            repeat_interval_ns=route.repeat_interval_ns,
            now=now,
        )
        if not is_due:
            return None
        news = LogEntry(firing, ended, now, (known | firing) - ended)
        told = firing | ended if integration.send_resolved else firing
        if not told:
            self._log.record(key, news, repeat_interval_ns=route.repeat_interval_ns)
            return None
        messages = tuple(one.message(now=now) for one in alerts if one.labels in told)
        send = Send(
            self._next_id(),
            route.receiver,
            integration.name,
            group.labels,
            tuple(one for one in messages if one.ends_at_ns is None),
            tuple(one for one in messages if one.ends_at_ns is not None),
            attempt=1,
        )
        return Delivery(key, send, news)

    def _finish(self, key: GroupKey, resolved: tuple[HeldAlert, ...]) -> None:
        group = self._groups[key].group
        group.discard(resolved)
        if not group:
            del self._groups[key]

    def _awaiting(self, send_id: int) -> tuple[GroupKey, FlushUnderWay, Delivery] | None:
        for key, entry in self._groups.items():
            if entry.flush is None:
                continue
            for delivery in entry.flush.deliveries.values():
                if delivery.send.send_id == send_id:
                    return None if delivery.is_answered else (key, entry.flush, delivery)
        return None

    def _sweep(self, now: TimeNs) -> None:
        if self._swept_ns is None:
            self._swept_ns = now
        if now < self._swept_ns + SWEEP_NS:
            return
        self._swept_ns = now
        over = [
            labels
            for labels, alert in self._alerts.items()
            if alert.is_resolved(now=now)
            and not any(labels in entry.group for entry in self._groups.values())
        ]
        for labels in over:
            del self._alerts[labels]
            self._sources.drop(labels)

    def _next_id(self) -> int:
        self._sends += 1
        return self._sends


def _log_key(route: Route, group: LabelSet, integration: Integration) -> LogKey:
    return route.path, group, route.receiver, integration.name


def _complaint(alert: Alert) -> str | None:
    if not alert.labels:
        return "an alert has no labels"
    if alert.ends_at_ns is not None and alert.ends_at_ns < alert.starts_at_ns:
        return f"alert {series_text(alert.labels)} ends before it starts"
    return None
