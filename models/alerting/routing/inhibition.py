"""Alerts that keep others quiet while they fire.

Source: semantics 4.5; alertmanager inhibit/inhibit.go.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from models.alerting.routing.matcher import Matcher, all_match
from models.base.time import TimeNs
from models.telemetry.labels import LabelSet


class Activity(Protocol):
    """An alert that is known, firing or resolved."""

    @property
    def labels(self) -> LabelSet:
        """The full label set."""

    def is_resolved(self, *, now: TimeNs) -> bool:
        """True when the alert has ended at ``now``."""


@dataclass(frozen=True, slots=True)
class InhibitRule:
    """While a source fires, targets with the same values of the ``equal`` labels are muted."""

    source_matchers: tuple[Matcher, ...]
    target_matchers: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()
    name: str = ""

    def mutes(self, labels: LabelSet, alerts: Iterable[Activity], *, now: TimeNs) -> bool:
        """True when one of ``alerts`` mutes the alert with these labels."""
        return self.source_of(labels, alerts, now=now) is not None

    def source_of(
        self, labels: LabelSet, alerts: Iterable[Activity], *, now: TimeNs
    ) -> LabelSet | None:
        """Labels of the first of ``alerts`` that mutes the alert with these labels.

        A label that is missing counts as empty, so one missing on both sides is equal. An alert
        that is source and target at once is not muted by another that is both.
        """
        if not all_match(self.target_matchers, labels):
            return None
        is_source_too = all_match(self.source_matchers, labels)
        key = self.key(labels)
        for alert in alerts:
            if (
                not alert.is_resolved(now=now)
                and all_match(self.source_matchers, alert.labels)
                and self.key(alert.labels) == key
                and not (is_source_too and all_match(self.target_matchers, alert.labels))
            ):
                return alert.labels
        return None

    def key(self, labels: LabelSet) -> tuple[str, ...]:
        """Values of the labels that have to be equal."""
        values = dict(labels)
        return tuple(values.get(name, "") for name in self.equal)
