"""What a receiver has been told, and whether it has to be told something now.

An entry is written only after a notification was delivered, so one that failed is not mistaken
for old news. Alerts are told apart by their full label sets, never by rule name.

Source: semantics 4.1, 4.4; alertmanager notify/dedup_stage.go, nflog.
"""

from dataclasses import dataclass
from typing import TypeAlias

from models.base.time import NS_PER_HOUR, NS_PER_MINUTE, DurationNs, TimeNs
from models.telemetry.labels import LabelSet

RETENTION_NS = 120 * NS_PER_HOUR
SWEEP_NS = 15 * NS_PER_MINUTE

LogKey: TypeAlias = tuple[tuple[int, ...], LabelSet, str, str]
"""Path of the route, labels of the group, receiver, integration."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """The last notification of one group by one integration: who fired, who had resolved, when.

    ``unresolved`` are all alerts that the receiver takes to be firing: told so, now or earlier,
    and not told resolved since.
    """

    firing: frozenset[LabelSet]
    resolved: frozenset[LabelSet]
    time_ns: TimeNs
    unresolved: frozenset[LabelSet] = frozenset()


class NotificationLog:
    """Last notification by each integration. It may outlive the dispatcher that writes it.

    Entries are swept away at the first write a quarter of an hour after the last sweep, when they
    are older than 120 h or, if that is less, twice their repeat interval.
    """

    def __init__(self) -> None:
        self._entries: dict[LogKey, tuple[LogEntry, TimeNs]] = {}
        self._swept_ns: TimeNs | None = None

    def __len__(self) -> int:
        """Number of entries."""
        return len(self._entries)

    def entry(self, key: LogKey) -> LogEntry | None:
        """The last notification, None when there was none or it is forgotten."""
        found = self._entries.get(key)
        return None if found is None else found[0]

    def record(self, key: LogKey, entry: LogEntry, *, repeat_interval_ns: DurationNs) -> None:
        """Replace an entry by one that was delivered at its time."""
        now = entry.time_ns
        self._entries[key] = (entry, now + min(RETENTION_NS, 2 * repeat_interval_ns))
        if self._swept_ns is None:
            self._swept_ns = now
        elif now >= self._swept_ns + SWEEP_NS:
            self._swept_ns = now
            self._entries = {known: kept for known, kept in self._entries.items() if now <= kept[1]}


def needs_notification(
    entry: LogEntry | None,
    *,
    firing: frozenset[LabelSet],
    resolved: frozenset[LabelSet],
    send_resolved: bool,
    repeat_interval_ns: DurationNs,
    now: TimeNs,
) -> bool:
    """Decide whether the alerts of a group are news to its receiver.

    News are: the first firing alert, any firing alert that was not in the last notification, the
    end of the last firing one (also without ``send_resolved``, so that the log is cleared), with
    ``send_resolved`` any resolution not yet told, and anything once the last notification is
    older than the repeat interval (exactly as old is not).
    """
    if entry is None:
        return bool(firing)
    if not firing <= entry.firing:
        return True
    if not firing:
        return bool(entry.firing)
    if send_resolved and not resolved <= entry.resolved:
        return True
    return entry.time_ns < now - repeat_interval_ns
