"""Library scenario jobs/nightly-invoice: what it shows, and that it can fail."""

import json
from pathlib import Path

import pytest

import scenarios
from models.base.time import NS_PER_S, TimeNs
from models.records.events import EventKind
from models.records.record import RunRecord
from scenarios.session import Scenario

FILE = Path(scenarios.__file__).parent / "library" / "jobs" / "nightly-invoice.yaml"
TICK = 15 * 60 * NS_PER_S
TTL = 15 * NS_PER_S


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load(FILE)


@pytest.fixture(scope="module")
def record(scenario: Scenario) -> RunRecord:
    return scenario.run().record


def moments(record: RunRecord, kind: EventKind) -> list[tuple[TimeNs, dict[str, object]]]:
    return [
        (int(time_ns), json.loads(str(detail)))
        for time_ns, found, _, detail in record.events.rows()
        if found == kind
    ]


def test_every_expectation_holds(record: RunRecord) -> None:
    assert record.expectations
    assert all(found.holds for found in record.expectations)


def test_the_scheduler_dies_while_it_leads_and_its_run_is_under_way(record: RunRecord) -> None:
    ((dies_ns, _),) = moments(record, EventKind.FAULT_STARTED)
    first, second = moments(record, EventKind.LOCK_ACQUIRED)
    assert (first[1]["owner"], second[1]["owner"]) == ("scheduler-1", "scheduler-2")
    assert first[0] < dies_ns < second[0]
    ((_, started),) = moments(record, EventKind.JOB_STARTED)
    assert started["scheduler"] == "scheduler-1"
    (row,) = record.jobs.rows()
    assert row[1] == TICK
    assert int(row[2]) < dies_ns < int(row[3])


def test_the_other_leads_once_the_lease_of_the_dead_one_is_over(record: RunRecord) -> None:
    ((dies_ns, _),) = moments(record, EventKind.FAULT_STARTED)
    _, (leads_ns, _) = moments(record, EventKind.LOCK_ACQUIRED)
    ((lost_ns, _),) = moments(record, EventKind.LOCK_LOST)
    assert dies_ns < lost_ns < leads_ns < dies_ns + TTL + 2 * NS_PER_S + NS_PER_S // 10


@pytest.mark.parametrize("at", ["9m59s", "10m", "10m200ms", "10m405ms", "10m15s"])
@pytest.mark.parametrize("shuffle_ties", [False, True])
def test_it_runs_once_whenever_the_leader_dies(
    scenario: Scenario, at: str, shuffle_ties: bool
) -> None:
    run = scenario.with_values({"faults[0].at": at}).run(shuffle_ties=shuffle_ties)
    assert run.passed, run.verdict_table()


def test_it_runs_again_elsewhere_when_its_executor_dies(scenario: Scenario) -> None:
    run = scenario.with_values({"faults[0].instance_crash.instance": "executor-1"}).run()
    assert run.passed, run.verdict_table()
    assert run.record.jobs.text("status") == ("lost", "succeeded")


def test_the_expectation_fails_when_no_second_try_is_allowed(scenario: Scenario) -> None:
    values = {
        "faults[0].instance_crash.instance": "executor-1",
        "jobs.nightly-invoice.retries": 0,
    }
    run = scenario.with_values(values).run()
    assert not run.passed
    assert run.record.jobs.text("status") == ("lost",)
