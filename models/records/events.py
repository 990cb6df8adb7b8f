"""The kinds of event a run can leave, one name each, and how their details are written."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

JsonValue: TypeAlias = str | int | float | bool | list[str] | None


class EventKind(StrEnum):
    """What happened. The comment says who the subject is and what the detail holds."""

    FAULT_STARTED = "fault_started"  # the fault's label; index, kind, targets (names), where
    FAULT_ENDED = "fault_ended"  # same
    INSTANCE_CRASHED = "instance_crashed"  # instance; cause
    INSTANCE_RESTARTED = "instance_restarted"  # instance; incarnation
    INSTANCE_REGISTERED = "instance_registered"  # instance; incarnation
    LEASE_EXPIRED = "lease_expired"  # instance; incarnation
    HEALTH_LOST = "health_lost"  # instance; message (of the last probe)
    HEALTH_REGAINED = "health_regained"  # instance; message
    VIEW_DROPPED = "view_dropped"  # instance; caller
    VIEW_ADDED = "view_added"  # instance; caller
    BREAKER_OPENED = "breaker_opened"  # "caller -> instance"; failure_ratio
    BREAKER_HALF_OPENED = "breaker_half_opened"  # "caller -> instance"
    BREAKER_CLOSED = "breaker_closed"  # "caller -> instance"
    MEMBER_EJECTED = "member_ejected"  # "caller -> instance"
    MEMBER_READMITTED = "member_readmitted"  # "caller -> instance"
    PAGE_SENT = "page_sent"  # receiver; alerts, status, group
    PAGE_FAILED = "page_failed"  # receiver; reason
    PAGE_MUTED = "page_muted"  # receiver; alerts, labels, group, reason, cause
    LOCK_ACQUIRED = "lock_acquired"  # lock; owner, token
    LOCK_LOST = "lock_lost"  # lock; owner, token
    JOB_STARTED = "job_started"  # job; scheduled_ns, scheduler, executor, token, attempt
    JOB_ENDED = "job_ended"  # job; scheduled_ns, status
    JOB_SKIPPED = "job_skipped"  # job; scheduled_ns, reason
    EXPERIMENT_BEGAN = "experiment_began"  # "experiment"; steady, unmet (probes with values)
    EXPERIMENT_ABORTED = "experiment_aborted"  # the safety condition; value
    EXPERIMENT_GOAL = "experiment_goal"  # the success criterion; share (of samples)
    EXPERIMENT_ENDED = "experiment_ended"  # "experiment"; status, deviated, unmet
    BUDGET_EXHAUSTED = "budget_exhausted"  # which budget; limit
    PRIMARY_PROMOTED = "primary_promoted"  # instance; database, term, lost (confirmed writes)
    CONFIG_PUBLISHED = "config_published"  # control plane; version, change
    CONFIG_APPLIED = "config_applied"  # proxy; version
    CONFIG_REFUSED = "config_refused"  # proxy; version, reason
    CONFIG_CONVERGED = "config_converged"  # control plane; version, took_ns, proxies
    NOTE = "note"  # written by user plug-ins


def event_detail(values: Mapping[str, JsonValue]) -> str:
    """Canonical JSON of an event's detail: sorted keys, no spaces."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
