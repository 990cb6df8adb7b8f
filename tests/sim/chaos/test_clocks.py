"""Wall clocks that are wrong: felt by schedules, not by leases, and over when they end."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from models.base.distributions import Deterministic
from models.base.keys import KeyLaw
from models.base.outcome import Outcome
from models.faults.clocks import ClockDrift, ClockFault, ClockSkew
from models.faults.plan import Fault
from models.faults.selector import Selector
from models.records.events import EventKind
from models.scheduling.config import ExecutorConfig, JobConfig, LockConfig, SchedulerConfig
from models.service.traffic import Credential, HttpSpec, KeySpec
from models.traffic.gateway.config import Route
from models.traffic.gateway.keyring import TOKEN_SECRET
from models.traffic.gateway.route_table import RouteMatch
from models.traffic.gateway.signed_token import TokenConfig
from sim.blueprint import GatewaySpec, Phases
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


def guarded(faults: Sequence[Fault]) -> list[tuple[float, Outcome]]:
    """How requests ended that carry tokens of a minute, by the second at which they came."""
    base = blueprint(
        [service("shop", count=1)], [edge("users", "shop")], rate_per_s=50, faults=faults
    )
    (users,) = base.sources
    http = HttpSpec(credential=Credential.TOKEN, token_lifetime_ns=MINUTE)
    route = Route("all", "shop", RouteMatch(), authentication=TokenConfig((TOKEN_SECRET,)))
    plan = replace(
        base,
        sources=(replace(users, http=http, keys=KeySpec(KeyLaw(10, 0.0))),),
        gateways=(GatewaySpec("shop", (route,)),),
    )
    requests = build(plan, 1).run().tables[0]
    return [
        (arrival / S, Outcome(outcome))
        for arrival, outcome in zip(
            requests["arrival_ns"].tolist(), requests["last_outcome"].tolist(), strict=True
        )
    ]


def outcomes(ended: list[tuple[float, Outcome]], start_s: float, end_s: float) -> set[Outcome]:
    return {outcome for second, outcome in ended if start_s <= second < end_s}


def test_a_gateway_whose_clock_is_ahead_takes_fresh_tokens_for_old_ones() -> None:
    skew = ClockSkew(Selector(service="shop"), 2 * MINUTE)
    ended = guarded([Fault("clock", 5 * S, 5 * S, skew)])
    assert outcomes(ended, 0, 5) == {Outcome.OK}
    assert outcomes(ended, 5.01, 9.9) == {Outcome.UNAUTHENTICATED}
    assert outcomes(ended, 10.01, 19) == {Outcome.OK}


def test_who_keeps_no_gate_and_no_schedule_has_no_clock_to_be_wrong() -> None:
    world = world_of([at(ClockSkew(Selector(zone="a"), MINUTE), 1, 2)])
    events = world.run().tables[3]
    details = [
        json.loads(detail)["targets"]
        for kind, detail in zip(events.text("kind"), events.text("detail"), strict=True)
        if kind == EventKind.FAULT_STARTED
    ]
    assert details == [["s1"]]
