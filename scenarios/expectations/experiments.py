"""Judging an experiment: steady before, aborted or not, successful, steady afterwards."""

import json
from typing import Any

from models.base.units import format_ratio
from models.records.events import EventKind
from models.records.record import ExpectationResult, RunRecord
from scenarios.expectations.spec import ExperimentHolds, ExperimentPart
from scenarios.expectations.window import RUN, bounded

_NO_END = "the run ended before the experiment"


def judge_experiment(expectation: ExperimentHolds, record: RunRecord) -> ExpectationResult:
    """Judge one part of the experiment by the events it has left."""
    match expectation.part:
        case ExperimentPart.STEADY_BEFORE:
            return _steady(expectation, record, EventKind.EXPERIMENT_BEGAN)
        case ExperimentPart.STEADY_AFTER:
            return _steady(expectation, record, EventKind.EXPERIMENT_ENDED)
        case ExperimentPart.ABORT:
            return _aborted(expectation, record)
        case ExperimentPart.GOAL:
            return _reached(expectation, record)


def _steady(expectation: ExperimentHolds, record: RunRecord, kind: EventKind) -> ExpectationResult:
    found = _events(record, kind)
    if not found:
        return _result(expectation, holds=False, target="steady", observed=_NO_END)
    at, _, detail = found[0]
    unmet = ", ".join(detail["unmet"])
    return _result(
        expectation,
        holds=not unmet,
        target="steady",
        observed=f"not: {unmet}" if unmet else "steady",
        at=at,
    )


def _aborted(expectation: ExperimentHolds, record: RunRecord) -> ExpectationResult:
    found = _events(record, EventKind.EXPERIMENT_ABORTED)
    is_meant = bool(expectation.wanted)
    target = "aborted" if is_meant else "not aborted"
    if not found:
        return _result(expectation, holds=not is_meant, target=target, observed="not aborted")
    at, condition, detail = found[0]
    observed = f"aborted: {condition} ({detail['value']})"
    return _result(expectation, holds=is_meant, target=target, observed=observed, at=at)


def _reached(expectation: ExperimentHolds, record: RunRecord) -> ExpectationResult:
    target = f"in {format_ratio(expectation.wanted)} of samples"
    for _, goal, detail in _events(record, EventKind.EXPERIMENT_GOAL):
        if goal == expectation.goal and detail["share"] is not None:
            share = detail["share"]
            return _result(
                expectation,
                holds=share >= expectation.wanted,
                target=target,
                observed=f"in {100 * share:.3g} %",
            )
    return _result(expectation, holds=False, target=target, observed="no sample was taken")


def _events(record: RunRecord, kind: EventKind) -> list[tuple[int, str, dict[str, Any]]]:
    events = record.events
    rows = zip(
        events["time_ns"].tolist(),
        events.text("kind"),
        events.text("subject"),
        events.text("detail"),
        strict=True,
    )
    return [(at, subject, json.loads(detail)) for at, name, subject, detail in rows if name == kind]


def _result(
    expectation: ExperimentHolds, *, holds: bool, target: str, observed: str, at: int | None = None
) -> ExpectationResult:
    return bounded(
        expectation.text,
        holds=holds,
        target=target,
        observed=observed,
        during=RUN,
        first_violation_ns=at,
    )
