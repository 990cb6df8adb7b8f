"""What an Alertmanager knows of one alert.

Source: semantics 4.3; alertmanager types/types.go (Merge).
"""

from dataclasses import dataclass, replace

from models.alerting.alert import Alert
from models.base.time import DurationNs, TimeNs
from models.telemetry.labels import LabelSet


@dataclass(frozen=True, slots=True)
class HeldAlert:
    """An alert with a definite end. ``by_timeout``: the end is only the resolve timeout."""

    labels: LabelSet
    starts_at_ns: TimeNs
    ends_at_ns: TimeNs
    annotations: tuple[tuple[str, str], ...] = ()
    by_timeout: bool = False

    def is_resolved(self, *, now: TimeNs) -> bool:
        """True when the alert has ended at ``now`` (an end exactly now counts)."""
        return self.ends_at_ns <= now

    def message(self, *, now: TimeNs) -> Alert:
        """The alert as a receiver is told of it: without an end while it fires."""
        ends_at = self.ends_at_ns if self.is_resolved(now=now) else None
        return Alert(self.labels, self.starts_at_ns, ends_at, self.annotations)


def held(alert: Alert, *, resolve_timeout_ns: DurationNs, now: TimeNs) -> HeldAlert:
    """Give a received alert a definite end."""
    ends_at = alert.ends_at_ns
    return HeldAlert(
        alert.labels,
        alert.starts_at_ns,
        now + resolve_timeout_ns if ends_at is None else ends_at,
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
