"""Laws that every run must obey, whatever was broken in it. Judged from outside the world."""

from collections.abc import Iterable

import numpy as np

from models.base.errors import InvariantViolation
from models.base.outcome import RequestOutcome
from models.base.time import TimeNs, format_duration
from models.records.record import Counts
from models.records.schema import NO_PARENT
from models.records.table import Table
from sim.nodes.instance import Instance


def count_requests(requests: Table) -> Counts:
    """How many requests ended in which way."""
    by_outcome = np.bincount(
        requests["outcome"].astype(np.int64), minlength=len(RequestOutcome)
    ).tolist()
    return Counts(
        offered=len(requests),
        completed=by_outcome[RequestOutcome.COMPLETED],
        failed=by_outcome[RequestOutcome.FAILED],
        rejected=by_outcome[RequestOutcome.REJECTED],
        timed_out=by_outcome[RequestOutcome.TIMED_OUT],
        in_flight=by_outcome[RequestOutcome.IN_FLIGHT],
    )


def check_conservation(requests: Table, attempts: Table, offered: int, sent: int) -> None:
    """Every request offered and every attempt sent is in the record exactly once.

    Raises:
        InvariantViolation: one is missing or counted twice, or an attempt belongs to no request.
    """
    _each_once("request", requests, offered)
    _each_once("attempt", attempts, sent)
    if len(attempts) and int(attempts["request"].max()) >= offered:
        raise InvariantViolation("an attempt belongs to a request that was never offered")
    parents = attempts["parent"]
    if np.any((parents != NO_PARENT) & (parents >= attempts["id"])):
        raise InvariantViolation("an attempt is older than the work that called it")


def _each_once(what: str, table: Table, expected: int) -> None:
    ids = table["id"]
    if len(ids) != expected:
        raise InvariantViolation(f"{expected} {what}s began but {len(ids)} were recorded")
    seen = np.zeros(expected, dtype=bool)
    seen[ids] = True
    if not seen.all():
        raise InvariantViolation(f"{what} {int(np.argmin(seen))} was recorded twice or never")


def check_slots(instances: Iterable[Instance], now: TimeNs) -> None:
    """Every busy slot belongs to a job, and no queue is longer than it says.

    Raises:
        InvariantViolation: a slot is held by nobody, or a count is off.
    """
    for instance in instances:
        busy = instance.slots - instance.free_slots
        if busy != len(instance.jobs):
            raise InvariantViolation(
                f"{instance.name} holds {busy} slots for {len(instance.jobs)} jobs"
                f" at {format_duration(now)}"
            )
        if instance.waiting != len(instance.queued()):
            raise InvariantViolation(
                f"{instance.name} counts {instance.waiting} waiting but"
                f" {len(instance.queued())} are, at {format_duration(now)}"
            )


def check_drained(instances: Iterable[Instance], now: TimeNs) -> None:
    """Once load has stopped and everything had time to end, no slot is held.

    Raises:
        InvariantViolation: some job will never end.
    """
    for instance in instances:
        if instance.jobs:
            raise InvariantViolation(
                f"{instance.name} still holds {len(instance.jobs)} slots"
                f" at {format_duration(now)} although load stopped long ago"
            )
