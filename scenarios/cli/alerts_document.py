"""The alert page for machines: what `run --json` says of alerts."""

from dataclasses import asdict

from models.planning.alert_history import Episode
from models.planning.paging import FaultAlerts, paging
from models.records.record import RunRecord


def alerts_document(record: RunRecord) -> dict[str, object]:
    """Durations and instants in nanoseconds, null where it did not come to that."""
    answer = paging(record)
    return {
        "fired": answer.fired,
        "flaps": answer.flaps,
        "missed_faults": answer.missed,
        "objective": asdict(record.objective),
        "faults": [_fault(one) for one in answer.faults],
        "false_alerts": [_episode(episode) for episode in answer.false_alerts],
        "receivers": [asdict(row) for row in answer.receivers],
        "held_back": [asdict(row) for row in answer.held_back],
    }


def _fault(one: FaultAlerts) -> dict[str, object]:
    return {
        "fault": one.fault.label,
        "index": one.fault.index,
        "start_ns": one.fault.start_ns,
        "is_missed": one.is_missed,
        "budget_burned_ratio": one.budget_burned,
        "alerts": [
            {
                **_episode(row.episode),
                "detect_ns": row.detect_ns,
                "fire_ns": row.fire_ns,
                "notify_ns": row.notify_ns,
                "resolve_ns": row.resolve_ns,
            }
            for row in one.alerts
        ],
    }


def _episode(episode: Episode) -> dict[str, object]:
    return {
        "alert": episode.alert,
        "labels": dict(episode.labels),
        "began_ns": episode.began_ns,
        "fired_ns": episode.fired_ns,
        "receivers": list(episode.receivers),
        "has_flapped": episode.has_flapped,
    }
