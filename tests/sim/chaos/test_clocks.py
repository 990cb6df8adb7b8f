"""Wall clocks that are wrong: felt by schedules, not by leases, and over when they end."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from models.base.distributions import Deterministic
from models.faults.clocks import ClockDrift, ClockFault, ClockSkew
from models.faults.plan import Fault
from models.faults.selector import Selector
from models.records.events import EventKind
from models.scheduling.config import ExecutorConfig, JobConfig, LockConfig, SchedulerConfig
from sim.blueprint import Phases
from sim.world import World, build
from tests.sim.worlds import S, blueprint, edge, service

MINUTE = 60 * S
JOBS = 6
"""Place of the table of runs among a record's."""
SCHEDULERS = Selector(service="scheduler")
JOB = JobConfig("report", "*/10 * * * *", Deterministic(S))
"""Every ten minutes of the wall; the run begins at one of them."""


def world_of(
    faults: Sequence[Fault], *, minutes: int = 25, seed: int = 1, shuffle: bool = False
) -> World:
    base = blueprint(
        [service("shop", count=1)],
        [edge("users", "shop")],
        rate_per_s=0.1,
        faults=faults,
    )
    plan = replace(
        base,
        phases=Phases(measure_ns=minutes * MINUTE, wall_start_ns=0),
        scheduler=SchedulerConfig(
            (("s1", "a"), ("s2", "b")), LockConfig("c"), (ExecutorConfig("x1", "a", 5),)
        ),
        jobs=(JOB,),
    )
    return build(plan, seed, shuffle_ties=shuffle)


def starts(world: World) -> list[int]:
    """Seconds at which runs of the job started, in order."""
    jobs = world.run().tables[JOBS]
    return [start // S for start in sorted(jobs["started_ns"].tolist())]


def at(kind: ClockFault, minute: float, minutes: float | None = None) -> Fault:
    length = None if minutes is None else round(minutes * MINUTE)
    return Fault("clock", round(minute * MINUTE), length, kind)


def test_a_right_clock_starts_runs_on_time() -> None:
    assert starts(world_of([])) == [600, 1200]


def test_a_clock_that_is_ahead_starts_runs_early() -> None:
    assert starts(world_of([at(ClockSkew(SCHEDULERS, 2 * MINUTE), 1)])) == [480, 1080]


def test_a_clock_that_is_behind_starts_runs_late() -> None:
    assert starts(world_of([at(ClockSkew(SCHEDULERS, -2 * MINUTE), 1)])) == [720, 1320]


def test_a_clock_that_is_set_right_starts_runs_on_time_and_no_tick_twice() -> None:
    """Two minutes ahead until the ninth minute: the tick of minute ten is run in the eighth."""
    assert starts(world_of([at(ClockSkew(SCHEDULERS, 2 * MINUTE), 1, 8)])) == [480, 1200]


def test_a_clock_that_gains_a_tenth_starts_runs_a_tenth_early() -> None:
    """From minute 0 on 100,000 ppm: ten minutes of the wall take 545.45 s."""
    assert starts(world_of([at(ClockDrift(SCHEDULERS, 100_000), 0)])) == [545, 1090]


def test_a_clock_that_loses_starts_runs_late() -> None:
    assert starts(world_of([at(ClockDrift(SCHEDULERS, -200_000), 0)])) == [750]


def test_a_drift_that_ends_leaves_no_offset() -> None:
    assert starts(world_of([at(ClockDrift(SCHEDULERS, 100_000), 1, 3)])) == [600, 1200]


def test_skews_add_up_and_end_each_by_itself() -> None:
    plan = [at(ClockSkew(SCHEDULERS, MINUTE), 1, 12), at(ClockSkew(SCHEDULERS, 2 * MINUTE), 1)]
    assert starts(world_of(plan)) == [420, 1080]


def test_the_clock_of_a_node_that_does_not_lead_is_not_felt() -> None:
    world = world_of([])
    world.run()
    (leader,) = [node.name for node in world.jobs.schedulers if node.leads]
    other = Selector(instance="s2" if leader == "s1" else "s1")
    assert starts(world_of([at(ClockSkew(other, 5 * MINUTE), 1)])) == [600, 1200]


def test_leases_count_on_monotonic_clocks_and_feel_nothing() -> None:
    """An hour back and forth, with a lease of 15 s: nobody else comes to lead."""
    plan = [at(ClockSkew(SCHEDULERS, 60 * MINUTE), 1, 5), at(ClockSkew(SCHEDULERS, -MINUTE), 8, 2)]
    kinds = [made.run().tables[3].text("kind") for made in (world_of([]), world_of(plan))]
    changes = [
        sum(kind in (EventKind.LOCK_ACQUIRED, EventKind.LOCK_LOST) for kind in found)
        for found in kinds
    ]
    assert changes[0] == changes[1] > 0


@pytest.mark.parametrize("shuffle", [False, True])
def test_nothing_is_left_and_both_ends_are_on_record(shuffle: bool) -> None:
    plan = [at(ClockSkew(SCHEDULERS, MINUTE), 1, 5), at(ClockDrift(SCHEDULERS, 500), 2, 5)]
    world = world_of(plan, shuffle=shuffle)
    events = world.run().tables[3]
    assert {node.clock.wall_at(0) for node in world.jobs.schedulers} == {0}
    noted = [
        (kind, round(when / MINUTE))
        for kind, when in zip(events.text("kind"), events["time_ns"].tolist(), strict=True)
        if kind in (EventKind.FAULT_STARTED, EventKind.FAULT_ENDED)
    ]
    started, ended = EventKind.FAULT_STARTED, EventKind.FAULT_ENDED
    assert noted == [(started, 1), (started, 2), (ended, 6), (ended, 7)]
