"""Judges every expectation of a scenario on a finished run."""

from collections.abc import Sequence
from typing import assert_never

from models.records.record import ExpectationResult, RunRecord
from scenarios.expectations.bookkeeping import judge_cost, judge_job, judge_promql
from scenarios.expectations.experiments import judge_experiment
from scenarios.expectations.incidents import judge_incident
from scenarios.expectations.requests import judge_requests
from scenarios.expectations.spec import (
    AlertFiresWithin,
    AlertNeverFires,
    CompletedRatioAbove,
    CostBelow,
    ErrorRatioAbove,
    ErrorRatioBelow,
    Expectation,
    ExperimentHolds,
    FailoverWithin,
    JobRuns,
    LatencyBelow,
    PagedWithin,
    PromqlHolds,
    RecoveryWithin,
    ThroughputAbove,
)
from sim.blueprint import Blueprint


def judge(
    expectations: Sequence[Expectation], record: RunRecord, blueprint: Blueprint
) -> tuple[ExpectationResult, ...]:
    """One result per expectation, in the order of the file."""
    return tuple(_judge_one(expectation, record, blueprint) for expectation in expectations)


def _judge_one(
    expectation: Expectation, record: RunRecord, blueprint: Blueprint
) -> ExpectationResult:
    match expectation:
        case (
            LatencyBelow()
            | ErrorRatioBelow()
            | ErrorRatioAbove()
            | CompletedRatioAbove()
            | ThroughputAbove()
        ):
            return judge_requests(expectation, record)
        case (
            AlertFiresWithin()
            | AlertNeverFires()
            | FailoverWithin()
            | RecoveryWithin()
            | PagedWithin()
        ):
            return judge_incident(expectation, record)
        case JobRuns():
            return judge_job(expectation, record, blueprint)
        case CostBelow():
            return judge_cost(expectation, record, blueprint)
        case PromqlHolds():
            return judge_promql(expectation, record, blueprint)
        case ExperimentHolds():
            return judge_experiment(expectation, record)
        case _:
            assert_never(expectation)
