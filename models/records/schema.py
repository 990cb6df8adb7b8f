"""The tables of a run: the contract between the recorder and everyone who reads a run.

Instants are virtual nanoseconds since the run began (warm-up starts at 0). Indices point into
the lists of the manifest. A column's order here is its order in the digest.
"""

from models.records.table import Column, Schema

NO_INDEX = 0xFFFF
"""Value of a ``u2`` index column that points nowhere (an attempt that reached no target)."""
NO_PARENT = 0xFFFF_FFFF
"""Value of ``attempts.parent`` for an attempt made by a load source."""

REQUESTS = Schema(
    "requests",
    (
        Column("id", "u4", "request number, in order of arrival, from 0"),
        Column("source", "u2", "index into manifest.sources"),
        Column("node", "u2", "root of its call tree: index into manifest.call_nodes"),
        Column("arrival_ns", "i8", "when the user sent it"),
        Column("duration_ns", "i8", "until its outcome; until the end of the run if in flight"),
        Column("outcome", "u1", "RequestOutcome"),
        Column("last_outcome", "u1", "Outcome of its last attempt"),
        Column("tries", "u1", "attempts made by the source, at least 1 unless in flight"),
    ),
)

ATTEMPTS = Schema(
    "attempts",
    (
        Column("id", "u4", "attempt number, in order of start, from 0"),
        Column("request", "u4", "requests.id it belongs to"),
        Column("parent", "u4", "attempts.id of the work that called, or NO_PARENT"),
        Column("node", "u2", "position in the call tree: index into manifest.call_nodes"),
        Column("caller", "u2", "calling instance: index into manifest.instances"),
        Column("target", "u2", "called instance: index into manifest.instances, or NO_INDEX"),
        Column("outcome", "u1", "Outcome as the caller saw it"),
        Column("try_decision", "u1", "try number from 1 (low bits), retry Decision (high bits)"),
        Column("start_ns", "i8", "when the caller sent it"),
        Column("duration_ns", "i8", "until the caller knew its outcome"),
        Column("wait_us", "u4", "time in the target's queue, whole microseconds"),
    ),
)

SAMPLES = Schema(
    "samples",
    (
        Column("series", "u4", "index into manifest.series"),
        Column("time_ns", "i8", "when it was measured"),
        Column("value", "f8", "NaN marks a series that went stale"),
    ),
)

EVENTS = Schema(
    "events",
    (
        Column("time_ns", "i8", "true virtual time"),
        Column("kind", "text", "what happened, see EventKind"),
        Column("subject", "text", "to whom: an instance, a fault, a lock, a receiver"),
        Column("detail", "text", "a JSON object with sorted keys, '{}' when there is no more"),
    ),
)

ALERTS = Schema(
    "alerts",
    (
        Column("time_ns", "i8", "instant of the evaluation"),
        Column("alert", "text", "name of the rule"),
        Column("state", "text", "the state moved to: pending, firing, resolved or inactive"),
        Column("labels", "text", "JSON object of the full label set, sorted"),
        Column("value", "f8", "value of the expression"),
    ),
)

LOGS = Schema(
    "logs",
    (
        Column("time_ns", "i8", "true virtual time"),
        Column("node", "text", "who wrote it"),
        Column("level", "text", "info, warning or error"),
        Column("message", "text", "one line"),
    ),
)

JOBS = Schema(
    "jobs",
    (
        Column("job", "text", "name of the cron job"),
        Column("scheduled_ns", "i8", "the instant its schedule names"),
        Column("started_ns", "i8", "when this execution began"),
        Column("ended_ns", "i8", "when it ended; -1 while running"),
        Column("attempt", "u2", "1 for the first try"),
        Column("scheduler", "text", "node that started it"),
        Column("executor", "text", "executor that ran it"),
        Column("token", "u4", "fencing token under which it ran"),
        Column(
            "status", "text", "how the try ended, see TaskStatus; running at the end of the run"
        ),
    ),
)

COSTS = Schema(
    "costs",
    (
        Column("service", "text", "who pays; '' for what is shared"),
        Column("item", "text", "what is paid for: machine time or traffic"),
        Column("quantity", "f8", "how much, in `unit`"),
        Column("unit", "text", "h, GB"),
        Column("usd", "f8", "cost over the measured window"),
    ),
)

ALL_SCHEMAS = (REQUESTS, ATTEMPTS, SAMPLES, EVENTS, ALERTS, LOGS, JOBS, COSTS)
