"""Laws that every run must obey, whatever was broken in it. Judged from outside the world."""

from collections.abc import Iterable, Mapping

import numpy as np

from models.base.errors import InvariantViolation
from models.base.outcome import Outcome, RequestOutcome
from models.base.time import TimeNs, format_duration
from models.records.record import Counts
from models.records.schema import NO_PARENT
from models.records.table import Table
from models.storage.message_queue import MessageQueue
from sim.kernel.environment import Entry
from sim.nodes.attempt import Attempt
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
        InvariantViolation: one is missing or counted twice, an attempt belongs to no request or
            to another one than the work that called it, or a request did not end as its tries.
    """
    _each_once("request", requests, offered)
    _each_once("attempt", attempts, sent)
    if len(attempts) and int(attempts["request"].max()) >= offered:
        raise InvariantViolation("an attempt belongs to a request that was never offered")
    _descent(attempts)
    _ends_as_its_tries(requests, attempts, offered)


def _descent(attempts: Table) -> None:
    numbers, parents, requests = attempts["id"], attempts["parent"], attempts["request"]
    has_parent = parents != NO_PARENT
    if np.any(has_parent & (parents >= numbers)):
        raise InvariantViolation("an attempt is older than the work that called it")
    request_of = np.empty(len(attempts), dtype=requests.dtype)
    request_of[numbers] = requests
    if np.any(request_of[parents[has_parent]] != requests[has_parent]):
        raise InvariantViolation("an attempt serves another request than the work that called it")


def _ends_as_its_tries(requests: Table, attempts: Table, offered: int) -> None:
    """A request is completed iff one try of its source succeeded, and then exactly one did.

    Those that a fallback answered have none.
    """
    succeeded = (attempts["parent"] == NO_PARENT) & (attempts["outcome"] == Outcome.OK)
    successes = np.bincount(attempts["request"][succeeded], minlength=offered)
    completed = np.zeros(offered, dtype=np.int64)
    is_answered = requests["outcome"] == RequestOutcome.COMPLETED
    completed[requests["id"]] = is_answered & (requests["last_outcome"] != Outcome.FALLBACK)
    if not np.array_equal(successes, completed):
        wrong = int(np.argmax(successes != completed))
        raise InvariantViolation(
            f"request {wrong} has {successes[wrong]} successful tries and counts as"
            f" {'completed' if completed[wrong] else 'not completed'}"
        )


def _each_once(what: str, table: Table, expected: int) -> None:
    ids = table["id"]
    if len(ids) != expected:
        raise InvariantViolation(f"{expected} {what}s began but {len(ids)} were recorded")
    if len(ids) and int(ids.max()) >= expected:
        raise InvariantViolation(f"{what} {int(ids.max())} was recorded but never began")
    seen = np.zeros(expected, dtype=bool)
    seen[ids] = True
    if not seen.all():
        raise InvariantViolation(f"{what} {int(np.argmin(seen))} was never recorded")


def check_messages(queues: Mapping[str, MessageQueue]) -> None:
    """Every message published was consumed, is dead, has expired, was lost, or is still kept.

    Raises:
        InvariantViolation: one is missing, or counted twice.
    """
    for name, queue in queues.items():
        counts = queue.counts
        ended = counts.consumed + counts.dead + counts.expired + counts.lost
        if counts.published != ended + queue.waiting + queue.in_flight:
            raise InvariantViolation(
                f"queue {name} was given {counts.published} messages; {ended} ended,"
                f" {queue.waiting} wait and {queue.in_flight} are with consumers"
            )


def check_slots(instances: Iterable[Instance], now: TimeNs) -> None:
    """Every busy slot belongs to a job, and nobody waits while a slot is free.

    Raises:
        InvariantViolation: a slot is held by nobody, or lies idle.
    """
    for instance in instances:
        busy = instance.slots - instance.free_slots
        if busy != instance.busy_slots:
            raise InvariantViolation(
                f"{instance.name} holds {busy} slots for {instance.busy_slots} jobs"
                f" at {format_duration(now)}"
            )
        if instance.waiting and instance.free_slots > 0:
            raise InvariantViolation(
                f"{instance.name} has {instance.free_slots} free slots while"
                f" {instance.waiting} wait, at {format_duration(now)}"
            )


def check_drained(instances: Iterable[Instance], agenda: Iterable[Entry], now: TimeNs) -> None:
    """Once load has stopped, no slot is held but by work that still has something to wait for.

    That is an entry of the agenda (its own work, or a retry of a call it made), a call under way,
    or what another request fetches for a cache. Long work and calls without a time-out whose
    answer was lost may take for ever; that is the platform's affair, and no broken law.

    Raises:
        InvariantViolation: some job will never end although nothing keeps it.
    """
    expected: set[int] = set()
    for entry in agenda:
        if isinstance(entry[-1], Attempt):
            expected |= _kept_by(entry[-1])
    for instance in instances:
        expected.update(instance.progressing())
        for channel in instance.channels.values():
            expected.update(channel.kept_jobs())
            for attempt in channel.lane.outstanding():
                expected |= _kept_by(attempt)
    for instance in instances:
        forgotten = instance.jobs.keys() - expected - set(instance.held_for_others)
        if forgotten:
            raise InvariantViolation(
                f"{instance.name} holds {len(forgotten)} slots for work that nothing will end,"
                f" at {format_duration(now)}"
            )


def _kept_by(attempt: Attempt) -> set[int]:
    """Numbers of the work that an attempt's entry or call keeps waiting: itself, its parent."""
    parent = attempt.parent
    return {attempt.id} if parent is None else {attempt.id, parent.id}
