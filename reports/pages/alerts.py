"""The alert page: who was told what, how late, and what the alerts got wrong."""

from dataclasses import dataclass

from models.base.time import NS_PER_DAY, DurationNs
from models.planning.alert_history import Episode
from models.planning.paging import AlertDelays, FaultAlerts, Paging, paging
from models.records.manifest import Manifest
from models.records.record import RunRecord
from reports.fault_words import fault_title
from reports.quantities import count_text, span_text

_HIDDEN = frozenset({"alertname"})
LABELS_SHOWN = 4
STRIP_WIDTH = 240
"""Width in CSS pixels of the strip that shows an alert from the fault to its end."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert about one fault; the strip's positions are pixels of ``STRIP_WIDTH``."""

    name: str
    labels: str
    delays: AlertDelays
    began_x: float
    fired_x: float | None
    told_x: float | None
    over_x: float


@dataclass(frozen=True, slots=True)
class FaultView:
    """One fault with its alerts; ``end_x`` is where the fault ends on the strips."""

    title: str
    alerts: FaultAlerts
    rows: tuple[AlertRow, ...]
    scale_ns: DurationNs
    end_x: float

    @property
    def verdict(self) -> str:
        """Whether somebody was told, and when."""
        told = [row.delays.notify_ns for row in self.rows if row.delays.notify_ns is not None]
        if told:
            return f"somebody was told after {span_text(min(told))}"
        fired = [row for row in self.rows if row.delays.fire_ns is not None]
        return "alerts fired, but nobody was told" if fired else "nobody was told"


@dataclass(frozen=True, slots=True)
class AlertsView:
    """Everything the template shows."""

    paging: Paging
    faults: tuple[FaultView, ...]

    @property
    def sentence(self) -> str:
        """The page in one line."""
        told = len(self.faults) - self.paging.missed
        if not self.faults:
            return "No fault struck, so every alert that fired was a false one."
        wrong = count_text(len(self.paging.false_alerts))
        return (
            f"{told} of {len(self.faults)} faults reached somebody;"
            f" {wrong} of {count_text(self.paging.fired)} alerts that fired were false."
        )


def alerts_view(record: RunRecord) -> AlertsView:
    """The alert page of a run."""
    answer = paging(record)
    manifest = record.manifest
    return AlertsView(answer, tuple(_fault(one, manifest) for one in answer.faults))


def window_words(window_ns: DurationNs) -> str:
    """The window of an objective: in days if it is some."""
    days, rest = divmod(window_ns, NS_PER_DAY)
    if rest:
        return span_text(window_ns)
    return f"{days} days" if days > 1 else "one day"


def label_words(episode: Episode) -> str:
    """The labels that tell one alert from its siblings, a few of them."""
    pairs = [f"{name}={value}" for name, value in episode.labels if name not in _HIDDEN]
    more = len(pairs) - LABELS_SHOWN
    return ", ".join(pairs[:LABELS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _fault(one: FaultAlerts, manifest: Manifest) -> FaultView:
    start_ns = one.fault.start_ns
    end_ns = manifest.end_ns if one.fault.end_ns is None else one.fault.end_ns
    ends = [row.resolve_ns for row in one.alerts if row.resolve_ns is not None]
    is_open = any(row.resolve_ns is None for row in one.alerts)
    scale_ns = max(end_ns - start_ns, *ends, manifest.end_ns - start_ns if is_open else 0, 1)

    def x(delay_ns: DurationNs) -> float:
        return round(STRIP_WIDTH * delay_ns / scale_ns, 1)

    rows = [
        AlertRow(
            name=row.episode.alert,
            labels=label_words(row.episode),
            delays=row,
            began_x=x(row.detect_ns),
            fired_x=None if row.fire_ns is None else x(row.fire_ns),
            told_x=None if row.notify_ns is None else x(row.notify_ns),
            over_x=x(scale_ns if row.resolve_ns is None else row.resolve_ns),
        )
        for row in one.alerts
    ]
    rows.sort(key=lambda row: (row.delays.fire_ns is None, row.delays.detect_ns))
    return FaultView(
        fault_title(one.fault, manifest), one, tuple(rows), scale_ns, x(end_ns - start_ns)
    )
