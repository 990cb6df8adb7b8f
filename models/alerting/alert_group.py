"""Alerts that are notified together, and when: the timer of one aggregation group.

A new group waits ``group_wait`` for company, unless an alert in it started longer ago than that;
from then on it is flushed every ``group_interval``, re-armed before each flush.

Source: semantics 4.3; alertmanager dispatch/dispatch.go, types/types.go (Merge).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from models.alerting.alert import Alert
from models.alerting.config import NotifierConfig
from models.base.time import TimeNs
from models.telemetry.labels import LabelSet


@dataclass(frozen=True, slots=True)
class HeldAlert:
    """An alert with a definite end. ``by_timeout``: the end is only the resolve timeout."""

    labels: LabelSet
    starts_at_ns: TimeNs
    ends_at_ns: TimeNs
    annotations: tuple[tuple[str, str], ...]
    by_timeout: bool

    def is_resolved(self, *, now: TimeNs) -> bool:
        """True when the alert has ended at ``now`` (an end exactly now counts)."""
        return self.ends_at_ns <= now


@dataclass(frozen=True, slots=True)
class Flush:
    """A group's alerts at one instant, each sorted by labels."""

    firing: tuple[HeldAlert, ...]
    resolved: tuple[HeldAlert, ...]


def held(alert: Alert, config: NotifierConfig, *, now: TimeNs) -> HeldAlert:
    """Give a received alert a definite end."""
    ends_at = alert.ends_at_ns
    return HeldAlert(
        alert.labels,
        alert.starts_at_ns,
        now + config.resolve_timeout_ns if ends_at is None else ends_at,
        alert.annotations,
        by_timeout=ends_at is None,
    )


def merged(old: HeldAlert, new: HeldAlert, *, now: TimeNs) -> HeldAlert:
    """What is known after ``new`` arrives about the alert known as ``old``.

    Activities that overlap become one, from the earliest start, with the newest annotations: a
    resolution ends it (the later of two), otherwise the later end counts, except that an end
    by timeout never outlasts what a sender says. Without overlap the new activity replaces it.
    """
    ends_inside = old.starts_at_ns < new.ends_at_ns < old.ends_at_ns
    starts_inside = old.starts_at_ns < new.starts_at_ns < old.ends_at_ns
    if not (ends_inside or starts_inside):
        return new
    ends_at = new.ends_at_ns
    if new.is_resolved(now=now):
        if old.is_resolved(now=now):
            ends_at = max(ends_at, old.ends_at_ns)
    elif not old.by_timeout:
        ends_at = max(ends_at, old.ends_at_ns)
    starts_at = min(old.starts_at_ns, new.starts_at_ns)
    return replace(new, starts_at_ns=starts_at, ends_at_ns=ends_at)


class AlertGroup:
    """The alerts of one group and the instant of its next flush."""

    def __init__(self, config: NotifierConfig, *, now: TimeNs) -> None:
        self._config = config
        self._alerts: dict[LabelSet, HeldAlert] = {}
        self._has_flushed = False
        self.flush_at_ns = now + config.group_wait_ns

    def __contains__(self, labels: LabelSet) -> bool:
        """True when the group holds the alert with these labels."""
        return labels in self._alerts

    def __len__(self) -> int:
        """Number of alerts, firing and resolved."""
        return len(self._alerts)

    def insert(self, alert: HeldAlert, *, now: TimeNs) -> None:
        """Add an alert, or merge it with the one that has the same labels.

        An alert that started longer than ``group_wait`` ago has the first flush done at once.
        """
        old = self._alerts.get(alert.labels)
        kept = alert if old is None else merged(old, alert, now=now)
        self._alerts[alert.labels] = kept
        if not self._has_flushed and kept.starts_at_ns + self._config.group_wait_ns < now:
            self.flush_at_ns = now

    def flush(self, *, now: TimeNs) -> Flush:
        """Re-arm the timer and take what the group holds at ``now``."""
        self.flush_at_ns = now + self._config.group_interval_ns
        self._has_flushed = True
        alerts = sorted(self._alerts.values(), key=lambda alert: alert.labels)
        return Flush(
            tuple(alert for alert in alerts if not alert.is_resolved(now=now)),
            tuple(alert for alert in alerts if alert.is_resolved(now=now)),
        )

    def discard(self, resolved: Iterable[HeldAlert]) -> None:
        """Drop resolved alerts after their flush succeeded, except those changed meanwhile."""
        for alert in resolved:
            if self._alerts.get(alert.labels) == alert:
                del self._alerts[alert.labels]
