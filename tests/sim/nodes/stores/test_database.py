"""Databases in the world: who answers what, how far replicas are behind, what a failover costs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Exponential
from models.base.outcome import Outcome
from models.faults.plan import ErrorRate, Fault, InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from models.records.events import EventKind
from models.records.schema import NO_INDEX
from models.service.replication import ReadsFrom, ReplicationSpec
from models.service.spec import Cancel, EndpointSpec, ServiceSpec
from models.service.traffic import MixEntry
from models.storage.replicated_log import Role
from models.traffic.config import PoolConfig
from sim.blueprint import Blueprint
from sim.nodes.stores.database import Database
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

WRITE, READ = 0, 1
CALM = ReplicationSpec("c")


def database(
    spec: ReplicationSpec, *, cancel: Cancel = Cancel.NONE, slots: int = 50
) -> ServiceSpec:
    base = service("db", count=3, slots=slots, cancel=cancel)
    endpoints = (
        EndpointSpec("write", Exponential(2 * MS), writes=True),
        EndpointSpec("read", Exponential(MS)),
    )
    return replace(base, endpoints=endpoints, replication=spec)


def plan(
    spec: ReplicationSpec = CALM,
    *,
    rate: float = 200.0,
    seconds: int = 20,
    faults: list[Fault] | None = None,
    cancel: Cancel = Cancel.NONE,
    slots: int = 50,
) -> Blueprint:
    made = blueprint(
        [database(spec, cancel=cancel, slots=slots)],
        [edge("users", "db", timeout_ns=500 * MS)],
        rate_per_s=rate,
        seconds=seconds,
        faults=faults or [],
    )
    mix = (MixEntry("write", 0.5), MixEntry("read", 0.5))
    return replace(made, sources=(replace(made.sources[0], mix=mix),))


def of(world: World) -> Database:
    return world.databases["db"]


def targets(world: World, node: int) -> set[int]:
    attempts = world.run().tables[1]
    return set(attempts["target"][attempts["node"] == node].tolist())


def test_writes_go_to_the_primary() -> None:
    assert targets(build(plan(), 1), WRITE) == {0}


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        (ReadsFrom.PRIMARY, {0}),
        (ReadsFrom.REPLICAS, {1, 2}),
        (ReadsFrom.ANY, {0, 1, 2}),
    ],
)
def test_reads_go_where_they_may(reads: ReadsFrom, expected: set[int]) -> None:
    assert targets(build(plan(replace(CALM, reads_from=reads)), 1), READ) == expected


def test_a_driver_may_have_a_pool_of_connections() -> None:
    made = plan(replace(CALM, reads_from=ReadsFrom.REPLICAS), rate=400)
    (way,) = made.edges
    pool = PoolConfig(connections=2, pending=100, wait_ns=S)
    attempts = build(replace(made, edges=(replace(way, pool=pool),)), 1).run().tables[1]
    for node, expected in ((WRITE, {0}), (READ, {1, 2})):
        sent = (attempts["node"] == node) & (attempts["outcome"] == Outcome.OK)
        assert set(attempts["target"][sent].tolist()) == expected
    starts, ends = attempts["start_ns"], attempts["start_ns"] + attempts["duration_ns"]
    sent = attempts["target"] != NO_INDEX
    under_way = [int(((starts <= at) & (ends > at) & sent).sum()) for at in starts[sent]]
    assert max(under_way) == 2


def test_every_copy_has_every_write_in_the_end() -> None:
    world = build(plan(), 1)
    outcome = world.run()
    attempts = outcome.tables[1]
    good = (attempts["node"] == WRITE) & (attempts["outcome"] == Outcome.OK)
    positions = [node.log.position for node in of(world).nodes]
    assert max(positions) >= good.sum() > 1500
    assert max(positions) - min(positions) <= 3


def test_a_slow_replica_is_behind_and_answers_stale_reads() -> None:
    slow = replace(CALM, lag=Deterministic(500 * MS), reads_from=ReadsFrom.REPLICAS)
    fast = replace(CALM, reads_from=ReadsFrom.REPLICAS)
    shares = []
    for spec in (slow, fast, replace(slow, reads_from=ReadsFrom.PRIMARY)):
        world = build(plan(spec), 1)
        world.run()
        tally = of(world).tally
        shares.append(tally.stale_reads / tally.reads)
    assert shares[0] > 0.9
    assert 0.0 < shares[1] < 0.5
    assert shares[2] == 0.0


def test_a_write_waits_for_the_replicas_that_it_needs() -> None:
    durations = []
    for acks in (0, 1, 2):
        spec = replace(CALM, acks_needed=acks, lag=Deterministic(30 * MS))
        attempts = build(plan(spec), 1).run().tables[1]
        good = (attempts["node"] == WRITE) & (attempts["outcome"] == Outcome.OK)
        durations.append(np.median(attempts["duration_ns"][good]) / MS)
    assert durations[0] < 10
    assert durations[1] == pytest.approx(durations[0] + 32, abs=3)
    assert durations[2] >= durations[1] - 1


def crash(at_s: float = 5.0, for_s: float | None = 10.0) -> Fault:
    return fault(InstanceCrash(Selector(instance="db-0")), at_s=at_s, for_s=for_s)


def test_a_replica_succeeds_a_primary_that_is_silent() -> None:
    world = build(plan(faults=[crash()], seconds=30), 1)
    outcome = world.run()
    events = outcome.tables[3]
    kinds = events.text("kind")
    (row,) = [row for row, kind in enumerate(kinds) if kind == EventKind.PRIMARY_PROMOTED]
    assert 5 + 5 + 2 - 1 <= events["time_ns"][row] / S <= 5 + 5 + 2 + 1
    assert of(world).leader in (1, 2)
    assert of(world).tally.failovers == 1
    attempts = outcome.tables[1]
    late = (attempts["node"] == WRITE) & (attempts["start_ns"] > 15 * S)
    assert (attempts["outcome"][late] == Outcome.OK).mean() > 0.99


def test_a_primary_that_is_back_in_time_keeps_the_lead() -> None:
    world = build(plan(faults=[crash(for_s=2.0)]), 1)
    world.run()
    assert of(world).leader == 0
    assert of(world).tally.failovers == 0


def test_what_only_a_crashed_primary_had_is_lost_and_it_follows_its_successor() -> None:
    behind = replace(CALM, lag=Deterministic(400 * MS))
    world = build(plan(behind, faults=[crash()], seconds=30), 1)
    world.run()
    first = of(world).nodes[0]
    assert of(world).tally.lost == pytest.approx(40, abs=25)
    assert first.log.dropped >= of(world).tally.lost
    assert first.log.role is Role.REPLICA
    assert [node.log.role for node in of(world).nodes].count(Role.PRIMARY) == 1


def test_nothing_confirmed_is_lost_where_a_replica_had_to_have_it() -> None:
    careful = replace(CALM, lag=Deterministic(100 * MS), acks_needed=1)
    for seed in range(3):
        world = build(plan(careful, faults=[crash()], seconds=20), seed)
        world.run()
        assert of(world).tally.failovers == 1
        assert of(world).tally.lost == 0


kinds = st.one_of(
    st.builds(
        InstanceCrash, st.builds(Selector, service=st.just("db"), count=st.sampled_from([1, 2]))
    ),
    st.builds(ZoneOutage, st.sampled_from("abc")),
    st.builds(ErrorRate, st.builds(Selector, service=st.just("db")), st.just(0.3)),
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    spec=st.builds(
        ReplicationSpec,
        monitor_zone=st.sampled_from("abc"),
        acks_needed=st.sampled_from([0, 1, 2]),
        reads_from=st.sampled_from(ReadsFrom),
        lag=st.sampled_from([Deterministic(0), Exponential(50 * MS)]),
        heartbeat_ns=st.just(200 * MS),
        silence_ns=st.just(S),
        promote_ns=st.sampled_from([0, 500 * MS]),
    ),
    faults=st.lists(
        st.builds(
            Fault, st.just("x"), st.integers(0, 5 * S), st.none() | st.integers(0, 3 * S), kinds
        ),
        max_size=3,
    ),
    cancel=st.sampled_from(Cancel),
    slots=st.sampled_from([2, 50]),
    shuffle=st.booleans(),
    seed=st.integers(0, 100),
)
def test_whatever_breaks_requests_add_up_and_a_term_has_one_primary(
    spec: ReplicationSpec,
    faults: list[Fault],
    cancel: Cancel,
    slots: int,
    shuffle: bool,
    seed: int,
) -> None:
    made = plan(spec, rate=60, seconds=9, faults=faults, cancel=cancel, slots=slots)
    worlds = [build(made, seed, shuffle_ties=shuffle) for _ in range(2)]
    first, second = (world.run() for world in worlds)
    assert of(worlds[0]).tally == of(worlds[1]).tally
    assert np.array_equal(first.tables[1]["duration_ns"], second.tables[1]["duration_ns"])
    primaries = [node.log.term for node in of(worlds[0]).nodes if node.log.role is Role.PRIMARY]
    assert len(set(primaries)) == len(primaries)
