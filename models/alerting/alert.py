"""An alert as it travels from a rule to the Alertmanager."""

from dataclasses import dataclass

from models.base.time import TimeNs
from models.telemetry.labels import LabelSet

ALERT_NAME = "alertname"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, identified by its full label set (``alertname`` among the labels).

    It is firing until ``ends_at_ns`` and resolved from that instant on. ``ends_at_ns`` None
    means that the sender did not say; the Alertmanager then assumes its resolve timeout.
    """

    labels: LabelSet
    starts_at_ns: TimeNs
    ends_at_ns: TimeNs | None = None
    annotations: tuple[tuple[str, str], ...] = ()

    def is_resolved(self, *, now: TimeNs) -> bool:
        """True when the alert has ended at ``now`` (an end exactly now counts)."""
        return self.ends_at_ns is not None and self.ends_at_ns <= now
