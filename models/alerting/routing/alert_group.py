"""Alerts that are notified together, and when: the timer of one aggregation group.

A new group waits ``group_wait`` for company, unless an alert in it started longer ago than that;
from then on it is flushed every ``group_interval``, re-armed before each flush.

Source: semantics 4.3; alertmanager dispatch/dispatch.go.
"""

from collections.abc import Iterable

from models.alerting.routing.held_alert import HeldAlert
from models.alerting.routing.route import Route
from models.base.time import TimeNs
from models.telemetry.labels import LabelSet


class AlertGroup:
    """The alerts of one group and the instant of its next flush."""

    __slots__ = ("_alerts", "_has_flushed", "flush_at_ns", "labels", "route")

    def __init__(self, route: Route, labels: LabelSet, *, now: TimeNs) -> None:
        self.route = route
        self.labels = labels
        self._alerts: dict[LabelSet, HeldAlert] = {}
        self._has_flushed = False
        self.flush_at_ns = now + route.group_wait_ns

    def __contains__(self, labels: LabelSet) -> bool:
        """True when the group holds the alert with these labels."""
        return labels in self._alerts

    def __len__(self) -> int:
        """Number of alerts, firing and resolved."""
        return len(self._alerts)

    def insert(self, alert: HeldAlert, *, now: TimeNs) -> None:
        """Add an alert, or put what is known now in the place of what was.

        An alert that started longer than ``group_wait`` ago has the first flush done at once.
        """
        self._alerts[alert.labels] = alert
        if not self._has_flushed and alert.starts_at_ns + self.route.group_wait_ns < now:
            self.flush_at_ns = now

    def flush(self, *, now: TimeNs) -> tuple[HeldAlert, ...]:
        """Re-arm the timer and take what the group holds at ``now``, sorted by labels."""
        self.flush_at_ns = now + self.route.group_interval_ns
        self._has_flushed = True
        return tuple(sorted(self._alerts.values(), key=lambda alert: alert.labels))

    def discard(self, resolved: Iterable[HeldAlert]) -> None:
        """Drop resolved alerts after their flush succeeded, except those changed meanwhile."""
        for alert in resolved:
            if self._alerts.get(alert.labels) == alert:
                del self._alerts[alert.labels]
