"""What a receiver has been told, and whether it has to be told something now.

An entry is written only after a notification was delivered, so one that failed is not mistaken
for old news. Alerts are told apart by their full label sets, never by rule name.

Source: semantics 4.4; alertmanager notify/dedup_stage.go, nflog.
"""

from dataclasses import dataclass

from models.base.time import DurationNs, TimeNs
from models.telemetry.labels import LabelSet


@dataclass(frozen=True, slots=True)
class LogEntry:
    """The last notification of one group: who fired, who had resolved, when it was delivered."""

    firing: frozenset[LabelSet]
    resolved: frozenset[LabelSet]
    time_ns: TimeNs


class NotificationLog:
    """Last notification of each group. It may outlive the notifier that writes it."""

    def __init__(self) -> None:
        self._entries: dict[LabelSet, LogEntry] = {}

    def __len__(self) -> int:
        """Number of groups with an entry."""
        return len(self._entries)

    def entry(self, group: LabelSet) -> LogEntry | None:
        """The last notification of a group, None when there was none."""
        return self._entries.get(group)

    def record(self, group: LabelSet, entry: LogEntry) -> None:
        """Replace the entry of a group."""
        self._entries[group] = entry

    def forget(self, group: LabelSet) -> None:
        """Drop the entry of a group that has ended, if there is one."""
        self._entries.pop(group, None)


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
