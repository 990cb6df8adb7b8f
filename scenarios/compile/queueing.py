"""Queues and shedding from their written form; settings of another discipline are refused."""

from models.service.queueing import (
    Discipline,
    QueueSpec,
    SheddingSpec,
    StandingQueue,
    StandingQueueSpec,
    TurnOver,
)
from scenarios.compile.findings import Findings
from scenarios.compile.laws import distribution_of
from scenarios.document.queueing import QueueDoc, ShedDoc, StandingDoc
from scenarios.source.marks import KeyPath

_BELONGS_TO = {
    "turn_over": Discipline.ADAPTIVE_LIFO,
    "preempt": Discipline.PRIORITY,
    "weights": Discipline.ROUND_ROBIN,
}


def queue_of(service: str, doc: QueueDoc, findings: Findings) -> QueueSpec:
    """The order of a service's queues."""
    path: KeyPath = ("services", service, "queue")
    discipline = Discipline(doc.discipline)
    for field, owner in _BELONGS_TO.items():
        if getattr(doc, field) and discipline is not owner:
            findings.at_key(
                (*path, field),
                f"{field} belongs to discipline {owner.value}, and this is {discipline.value}",
            )
    return QueueSpec(
        discipline=discipline,
        turn_over=_turn_over(path, doc, findings),
        preempts=doc.preempt,
        tenant_weights=tuple(
            sorted((int(tenant), turns) for tenant, turns in (doc.weights or {}).items())
        ),
        patience=None if doc.patience is None else distribution_of(doc.patience),
    )


def _turn_over(path: KeyPath, doc: QueueDoc, findings: Findings) -> TurnOver:
    turn = doc.turn_over
    if turn is None:
        return TurnOver()
    place = (*path, "turn_over")
    if not turn.at and not turn.standing:
        findings.at_key(place, "needs a length to turn over at, or a time of standing")
    if turn.at and turn.back >= turn.at:
        findings.at_value((*place, "back"), f"must be below at, which is {turn.at}")
    return TurnOver(turn.at, turn.standing, turn.back)


def shedding_of(service: str, doc: ShedDoc | None, findings: Findings) -> SheddingSpec:
    """What a service's instances drop."""
    if doc is None:
        return SheddingSpec()
    path: KeyPath = ("services", service, "shed")
    if doc.codel is not None and doc.controlled_delay is not None:
        findings.at_key(
            (*path, "controlled_delay"), "has no place beside codel: both bound the same wait"
        )
    shares = None
    if doc.priority is not None:
        written = doc.priority
        shares = (
            written.sheddable,
            written.sheddable_plus,
            written.critical,
            written.critical_plus,
        )
        if list(shares) != sorted(shares):
            findings.at_key((*path, "priority"), "a class must not have less than one below it")
    return SheddingSpec(
        drops_expired=doc.deadline is not None,
        drops_hopeless=doc.deadline == "hopeless",
        standing=_standing(path, doc, findings),
        priority_shares=shares,
    )


def _standing(path: KeyPath, doc: ShedDoc, findings: Findings) -> StandingQueueSpec | None:
    laws: tuple[tuple[StandingQueue, StandingDoc | None], ...] = (
        (StandingQueue.CODEL, doc.codel),
        (StandingQueue.CONTROLLED_DELAY, doc.controlled_delay),
    )
    for law, written in laws:
        if written is None:
            continue
        for field in ("target", "interval"):
            if getattr(written, field) < 1:
                findings.at_value((*path, law.value, field), "must be longer than 0")
        return StandingQueueSpec(law, written.target, written.interval)
    return None
