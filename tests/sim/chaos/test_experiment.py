"""Experiments in the world: what begins, what is aborted, and that looking changes nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest

from models.faults.experiment.probe import ExperimentConfig, Goal, Measure, Probe, Stop
from models.faults.plan import ErrorRate, InstanceCrash
from models.faults.selector import Selector
from models.records.digest import run_digest
from models.records.events import EventKind
from sim.blueprint import Blueprint
from sim.world import Outcome, build
from tests.sim.worlds import S, blueprint, edge, fault, service

STEADY = Probe("errors", Measure.ERROR_RATIO, "users", below=0.02)
HURT = Probe("hurt", Measure.ERROR_RATIO, "users", above=0.4)
SERVED = Probe("served", Measure.THROUGHPUT, "users", above=40.0)
QUICK = Probe("quick", Measure.LATENCY, "users", 0.99, below=1.0 * S)
ALL_UP = Probe("all up", Measure.INSTANCES_UP, "back", above=2.0)
GUARDED = ExperimentConfig(
    (STEADY, QUICK, ALL_UP), (Stop(HURT, 2 * S),), (Goal(SERVED, 0.5),), window_ns=3 * S
)


def world_of(experiment: ExperimentConfig | None, ratio: float = 1.0) -> Blueprint:
    everywhere = Selector(service="back")
    plan = blueprint(
        [service("back")],
        [edge("users", "back")],
        rate_per_s=100.0,
        faults=(
            fault(ErrorRate(everywhere, ratio), at_s=5, for_s=10),
            fault(InstanceCrash(Selector(instance="back-0")), at_s=12, for_s=3),
        ),
    )
    return replace(plan, experiment=experiment)


def run(plan: Blueprint, *, shuffle_ties: bool = False) -> Outcome:
    return build(plan, 3, shuffle_ties=shuffle_ties).run()


def told(outcome: Outcome, kind: EventKind) -> list[tuple[float, str, dict]]:
    events = outcome.tables[3]
    rows = zip(
        events["time_ns"].tolist(),
        events.text("kind"),
        events.text("subject"),
        events.text("detail"),
        strict=True,
    )
    return [(at / S, who, json.loads(how)) for at, name, who, how in rows if name == kind]


@pytest.mark.parametrize("shuffle_ties", [False, True])
def test_an_abort_ends_what_is_on_and_calls_off_what_is_planned(shuffle_ties: bool) -> None:
    outcome = run(world_of(GUARDED), shuffle_ties=shuffle_ties)
    ((began, _, how),) = told(outcome, EventKind.EXPERIMENT_BEGAN)
    assert (began, how) == (5.0, {"steady": True, "unmet": []})
    ((aborted, why, _),) = told(outcome, EventKind.EXPERIMENT_ABORTED)
    assert why == "hurt"
    assert 7.0 <= aborted <= 10.0
    assert [at for at, _, _ in told(outcome, EventKind.FAULT_ENDED)] == [aborted]
    assert len(told(outcome, EventKind.FAULT_STARTED)) == 1
    requests = outcome.tables[0]
    late = requests["arrival_ns"] > (aborted + 0.5) * S
    assert np.all(requests["outcome"][late & (requests["duration_ns"] > 0)] != 1)
    ((_, _, end),) = told(outcome, EventKind.EXPERIMENT_ENDED)
    assert end == {"status": "aborted", "deviated": False, "unmet": []}


def test_without_a_steady_state_no_fault_strikes() -> None:
    never = replace(STEADY, below=None, above=0.5)
    outcome = run(world_of(replace(GUARDED, steady_state=(never,))))
    ((_, _, how),) = told(outcome, EventKind.EXPERIMENT_BEGAN)
    assert how == {"steady": False, "unmet": ["errors (0 %)"]}
    assert told(outcome, EventKind.FAULT_STARTED) == []
    ((_, _, end),) = told(outcome, EventKind.EXPERIMENT_ENDED)
    assert (end["status"], end["deviated"]) == ("failed", False)


def test_an_experiment_that_is_not_aborted_is_completed_and_counts_its_goals() -> None:
    outcome = run(world_of(replace(GUARDED, stops=()), ratio=0.2))
    assert told(outcome, EventKind.EXPERIMENT_ABORTED) == []
    assert len(told(outcome, EventKind.FAULT_ENDED)) == 2
    ((_, _, end),) = told(outcome, EventKind.EXPERIMENT_ENDED)
    assert end["status"] == "completed"
    ((_, goal, how),) = told(outcome, EventKind.EXPERIMENT_GOAL)
    assert goal == "served"
    assert how["share"] == 1.0


def test_instances_are_counted_as_they_are() -> None:
    crashed = Probe("one is down", Measure.INSTANCES_UP, "back", below=3.0)
    outcome = run(world_of(replace(GUARDED, stops=(Stop(crashed),)), ratio=0.0))
    ((aborted, _, how),) = told(outcome, EventKind.EXPERIMENT_ABORTED)
    assert 12.0 <= aborted <= 13.0
    assert how == {"value": "2"}


def test_watching_changes_nothing_of_what_is_watched() -> None:
    watched, alone = run(world_of(replace(GUARDED, stops=()))), run(world_of(None))
    for table in (0, 1):
        mine, theirs = watched.tables[table], alone.tables[table]
        assert all(np.array_equal(mine[c.name], theirs[c.name]) for c in mine.schema.columns)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (run(world_of(GUARDED)) for _ in range(2))
    assert run_digest(first.manifest, first.tables) == run_digest(second.manifest, second.tables)
