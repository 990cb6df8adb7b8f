"""What instances run out of: taken as it is given back, felt while it lasts, then theirs again."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Exponential
from models.base.keys import KeyLaw
from models.base.outcome import Outcome
from models.faults.ailments import Pause, Slow
from models.faults.exhaustion import Exhaustion, Resource
from models.faults.plan import Fault, InstanceCrash
from models.faults.selector import Selector
from models.service.cache import CacheSpec
from models.service.queueing import Discipline, QueueSpec, SheddingSpec
from models.service.resources import (
    DeviceSpec,
    Hold,
    MemorySpec,
    ResourcesSpec,
    Sharing,
)
from models.service.spec import Cancel, ServiceSpec
from models.traffic.config import PoolConfig
from sim.kernel.ties import OBSERVER
from sim.nodes.plain import PlainInstance
from sim.nodes.short import Short
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, service

BACK = Selector(service="back")
ENDLESS = 1_000_000


def world_of(
    back: ServiceSpec,
    faults: Sequence[Fault],
    *,
    rate: float = 100.0,
    pool: PoolConfig | None = None,
    timeout_ns: int = 0,
    seed: int = 1,
    shuffle: bool = False,
) -> World:
    """Users call the front, which calls the back; without a time-out unless one is given."""
    plan = blueprint(
        [service("front", count=1, slots=1000, work=Deterministic(0), calls=[["back"]]), back],
        [
            edge("users", "front", timeout_ns=timeout_ns),
            replace(edge("front", "back", timeout_ns=timeout_ns), pool=pool),
        ],
        rate_per_s=rate,
        seconds=10,
        faults=faults,
    )
    return build(plan, seed, shuffle_ties=shuffle)


def back(
    *,
    slots: int = 10,
    work_ms: int = 50,
    resources: ResourcesSpec | None = None,
    queue: QueueSpec | None = None,
    count: int = 1,
    disk_bytes: int = 0,
) -> ServiceSpec:
    return service(
        "back",
        count=count,
        slots=slots,
        queue_limit=ENDLESS,
        work=Deterministic(work_ms * MS),
        resources=resources,
        queue=queue,
        disk_bytes=disk_bytes,
    )


def take(
    what: Resource, share: float, start_s: float = 2, for_s: float | None = 4, of: Selector = BACK
) -> Fault:
    length = None if for_s is None else round(for_s * S)
    return Fault("exhaust", round(start_s * S), length, Exhaustion(of, what, share))


def durations_ms(world: World, start_s: float, end_s: float) -> list[float]:
    """How long the calls of the back took that began in that time."""
    attempts = world.run().tables[1]
    begins = attempts["start_ns"]
    rows = (attempts["node"] == 1) & (begins >= start_s * S) & (begins < end_s * S)
    rows &= attempts["outcome"] == Outcome.OK
    return (np.asarray(attempts["duration_ns"])[rows] / MS).tolist()


def watch(world: World, look, every_ms: int = 10) -> list[tuple[float, int]]:
    """What ``look`` sees every few milliseconds, by second."""
    seen: list[tuple[float, int]] = []
    for tick in range(10 * S // (every_ms * MS)):
        when = tick * every_ms * MS
        world.kernel.post(when, OBSERVER, lambda at: seen.append((at / S, look())), when)
    world.run()
    return seen


# -- slots -----------------------------------------------------------------------------------


def test_no_more_than_the_slots_that_are_left_are_busy() -> None:
    """100 a second for 50 ms keep 5 of 10 busy; with 70% taken 3 are left, and a line."""
    world = world_of(back(), [take(Resource.SLOTS, 0.7)])
    (one,) = world.instances_of["back"]
    seen = watch(world, lambda: len(one.jobs))
    assert max(busy for second, busy in seen if second < 2) > 3
    assert {busy for second, busy in seen if 2.1 <= second < 6} <= {0, 1, 2, 3}
    assert max(busy for second, busy in seen if 6 <= second < 7) == 10


def test_who_has_a_slot_when_it_is_taken_keeps_it_to_the_end() -> None:
    """All slots are busy for a second when all are taken: ten are answered, nobody begins."""
    world = world_of(back(work_ms=1000), [take(Resource.SLOTS, 1.0, start_s=2, for_s=5)])
    (one,) = world.instances_of["back"]
    seen = watch(world, lambda: len(one.jobs))
    assert [busy > 0 for second, busy in seen if second == 2.02] == [True]
    assert {busy for second, busy in seen if 3.1 <= second < 6.9} == {0}
    assert {busy for second, busy in seen if 7.01 <= second < 7.9} == {10}


def test_slots_of_several_faults_add_up_and_come_back_one_by_one() -> None:
    plan = [take(Resource.SLOTS, 0.3, 2, 2), take(Resource.SLOTS, 0.6, 3, 3)]
    world = world_of(back(work_ms=200), plan)
    (one,) = world.instances_of["back"]
    seen = dict(watch(world, lambda: one.slots))
    assert [seen[second] for second in (1.0, 2.5, 3.5, 4.5, 7.0)] == [10, 7, 1, 4, 10]


def test_more_than_all_slots_cannot_be_taken() -> None:
    plan = [take(Resource.SLOTS, 0.8, 2, 4), take(Resource.SLOTS, 0.8, 3, 1)]
    world = world_of(back(), plan)
    (one,) = world.instances_of["back"]
    seen = dict(watch(world, lambda: one.slots))
    assert [seen[second] for second in (2.5, 3.5, 4.5, 6.5)] == [2, 0, 2, 10]


def test_a_process_that_starts_again_finds_as_few_slots() -> None:
    plan = [take(Resource.SLOTS, 0.8), Fault("crash", 3 * S, S // 2, InstanceCrash(BACK))]
    world = world_of(back(), plan)
    (one,) = world.instances_of["back"]
    seen = watch(world, lambda: len(one.jobs))
    assert max(busy for second, busy in seen if 3.6 <= second < 6) == 2


def test_slots_that_come_back_to_a_process_that_stands_still_serve_when_it_goes_on() -> None:
    plan = [take(Resource.SLOTS, 1.0, 2, 2), Fault("pause", 3 * S, 3 * S, Pause(BACK))]
    world = world_of(back(), plan)
    (one,) = world.instances_of["back"]
    seen = watch(world, lambda: len(one.jobs))
    assert {busy for second, busy in seen if 4 <= second < 6} == {0}
    assert [busy for second, busy in seen if second == 6.01] == [10]


def test_only_services_that_the_plan_names_are_made_to_run_short() -> None:
    world = world_of(back(), [take(Resource.SLOTS, 0.5)])
    assert isinstance(world.instances_of["back"][0], Short)
    assert isinstance(world.instances_of["front"][0], PlainInstance)
    other = world_of(back(), [take(Resource.SLOTS, 0.5, of=Selector(zone="b"))])
    assert not any(isinstance(one, Short) for one in other.instances)


def test_an_instance_that_may_run_short_does_what_others_do_until_it_does() -> None:
    """A fault at the very end changes nothing before it."""
    runs = [
        world_of(back(), faults).run().tables[1]["duration_ns"].tolist()
        for faults in ([], [take(Resource.SLOTS, 0.5, start_s=9.999, for_s=None)])
    ]
    assert runs[0][:900] == runs[1][:900]


# -- cores -----------------------------------------------------------------------------------

TWO_CORES = ResourcesSpec(millicores=2000)


def test_cores_that_are_taken_are_missed_only_when_they_are_needed() -> None:
    """One request at a time needs one core of two: it is as fast with half of them."""
    world = world_of(back(resources=TWO_CORES), [take(Resource.CPU, 0.5)], rate=1)
    assert {round(one) for one in durations_ms(world, 0, 8)} == {52}


def test_a_tenth_of_a_core_takes_ten_times_as_long() -> None:
    world = world_of(
        back(resources=TWO_CORES), [take(Resource.CPU, 0.95, start_s=0, for_s=None)], rate=0.5
    )
    assert {round(one) for one in durations_ms(world, 0, 8)} == {502}


def test_without_any_core_work_stands_still_and_goes_on_where_it_stood() -> None:
    world = world_of(back(resources=TWO_CORES), [take(Resource.CPU, 1.0)], rate=20)
    (one,) = world.instances_of["back"]
    seen = dict(watch(world, lambda: one.answered))
    assert seen[2.1] == seen[5.9] < seen[6.2]


def test_work_under_way_feels_it_too_and_is_done_at_its_old_speed_afterwards() -> None:
    """Whoever has work left when three quarters of the core go for 0.4 s loses 0.3 s."""
    spec = back(work_ms=1000, resources=ResourcesSpec(millicores=1000))
    attempts = world_of(spec, [], rate=0.3).run().tables[1]
    began_s = int(attempts["start_ns"][attempts["node"] == 1].min()) / S
    hogged = world_of(spec, [take(Resource.CPU, 0.75, began_s + 0.5, 0.4)], rate=0.3)
    (longer,) = durations_ms(hogged, began_s, began_s + 0.1)
    assert round(longer) == 1002 + 300


def test_hogs_on_one_machine_add_up() -> None:
    plan = [take(Resource.CPU, 0.5, 0, None), take(Resource.CPU, 0.25, 0, None)]
    one_core = ResourcesSpec(millicores=1000)
    world = world_of(back(resources=one_core), plan, rate=0.5)
    assert {round(one) for one in durations_ms(world, 0, 8)} == {202}


# -- memory ----------------------------------------------------------------------------------

MEMORY = ResourcesSpec(memory=MemorySpec(limit_bytes=1000, base_bytes=500))


@pytest.mark.parametrize(("share", "is_killed"), [(0.5, False), (0.501, True)])
def test_a_process_above_what_is_left_of_its_limit_is_killed_at_once(
    share: float, is_killed: bool
) -> None:
    """500 of 1000 bytes in use: half of the limit is just enough."""
    world = world_of(back(resources=MEMORY), [take(Resource.MEMORY, share)], rate=0)
    world.run()
    assert (world.instances_of["back"][0].incarnation > 1) is is_killed


def test_a_process_that_starts_again_is_killed_again_while_there_is_too_little() -> None:
    world = world_of(back(resources=MEMORY), [take(Resource.MEMORY, 0.6)], rate=20)
    (one,) = world.instances_of["back"]
    seen = dict(watch(world, lambda: one.incarnation))
    assert seen[1.9] == 1
    assert seen[5.9] > 20
    assert seen[6.1] == seen[9.9]


# -- disk ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sharing", list(Sharing))
def test_a_disk_moves_as_much_less_as_was_taken(sharing: Sharing) -> None:
    """1 MB at 10 MB/s takes 100 ms, at a quarter of it 400; with 52 ms for the rest."""
    resources = ResourcesSpec(disk=DeviceSpec(10_000_000, sharing))
    world = world_of(
        back(resources=resources, disk_bytes=1_000_000),
        [take(Resource.DISK, 0.5), take(Resource.DISK, 0.25)],
        rate=0.5,
    )
    assert {round(one) for one in durations_ms(world, 0, 1.9)} <= {152}
    during = world_of(
        back(resources=resources, disk_bytes=1_000_000),
        [take(Resource.DISK, 0.5, 0, 9), take(Resource.DISK, 0.25, 0, 9)],
        rate=0.5,
    )
    found = {round(one) for one in durations_ms(during, 0, 8)}
    assert found == {452}


# -- connections -----------------------------------------------------------------------------

FRONT = Selector(service="front")
TEN = PoolConfig(10, wait_ns=0)


def test_no_more_than_the_connections_that_are_left_carry_calls() -> None:
    plan = [take(Resource.CONNECTIONS, 0.7, of=FRONT)]
    world = world_of(back(slots=100, work_ms=100), plan, pool=TEN, rate=60)
    (one,) = world.instances_of["back"]
    seen = watch(world, lambda: len(one.jobs))
    assert max(busy for second, busy in seen if second < 2) > 3
    assert max(busy for second, busy in seen if 2.2 <= second < 6) == 3
    assert max(busy for second, busy in seen if second >= 6.01) == 10


def test_a_caller_that_starts_again_finds_as_few_connections() -> None:
    plan = [
        take(Resource.CONNECTIONS, 0.7, of=FRONT),
        Fault("crash", 3 * S, S // 2, InstanceCrash(FRONT)),
    ]
    world = world_of(back(slots=100, work_ms=100), plan, pool=TEN, rate=60)
    (one,) = world.instances_of["back"]
    seen = watch(world, lambda: len(one.jobs))
    assert max(busy for second, busy in seen if 3.7 <= second < 6) == 3
    assert max(busy for second, busy in seen if second >= 6.01) == 10


def test_who_waited_for_a_connection_goes_when_they_are_back() -> None:
    plan = [take(Resource.CONNECTIONS, 1.0, of=FRONT)]
    world = world_of(back(slots=100, work_ms=10), plan, pool=TEN, rate=50)
    (one,) = world.instances_of["back"]
    seen = dict(watch(world, lambda: one.answered))
    assert seen[2.1] == seen[5.9]
    assert seen[7.0] > seen[2.1] + 200


# -- laws ------------------------------------------------------------------------------------

KINDS = (
    service("back", count=2, slots=4, work=Exponential(20 * MS)),
    service("back", count=2, slots=4, work=Exponential(20 * MS), cancel=Cancel.RUNNING),
    service("back", count=2, slots=4, work=Exponential(20 * MS), cancel=Cancel.QUEUED),
    service(
        "back",
        count=2,
        slots=4,
        work=Exponential(20 * MS),
        cancel=Cancel.RUNNING,
        shedding=SheddingSpec(drops_expired=True),
    ),
    service(
        "back",
        count=2,
        slots=4,
        work=Exponential(20 * MS),
        queue=QueueSpec(Discipline.PROCESSOR_SHARING),
    ),
    service(
        "back",
        count=2,
        slots=4,
        work=Exponential(20 * MS),
        queue=QueueSpec(Discipline.PRIORITY, preempts=True),
    ),
    service(
        "back",
        count=2,
        slots=4,
        work=Exponential(20 * MS),
        disk_bytes=1000,
        resources=ResourcesSpec(
            millicores=2000,
            memory=MemorySpec(10_000, 1000, 100),
            disk=DeviceSpec(1_000_000, Sharing.SHARED),
            hold=Hold.NONE,
        ),
    ),
)
TARGETS = st.sampled_from([BACK, FRONT, Selector(zone="a"), Selector(service="back", count=1)])
FAULTS = st.one_of(
    st.builds(Exhaustion, TARGETS, st.sampled_from(Resource), st.sampled_from([0.3, 0.6, 0.99])),
    st.builds(Exhaustion, TARGETS, st.just(Resource.SLOTS), st.just(1.0)),
    st.builds(InstanceCrash, TARGETS),
    st.builds(Pause, TARGETS),
    st.builds(Slow, TARGETS, st.just(3.0)),
)


@settings(max_examples=50, derandomize=True, deadline=None)
@given(
    spec=st.sampled_from(KINDS),
    plan=st.lists(
        st.builds(
            Fault,
            st.just("x"),
            st.integers(0, 5).map(lambda second: second * S),
            st.none() | st.integers(1, 4).map(lambda second: second * S),
            FAULTS,
        ),
        max_size=5,
    ),
    pool=st.none() | st.just(PoolConfig(3, pending=5, wait_ns=50 * MS)),
    timeout_ns=st.sampled_from([0, 100 * MS]),
    shuffle=st.booleans(),
    seed=st.integers(0, 50),
)
def test_no_law_is_broken_whatever_else_breaks(
    spec: ServiceSpec,
    plan: list[Fault],
    pool: PoolConfig | None,
    timeout_ns: int,
    shuffle: bool,
    seed: int,
) -> None:
    """The world checks requests, slots and what is left over by itself; equal seeds run alike."""
    runs = [
        world_of(
            spec,
            plan,
            pool=pool,
            timeout_ns=timeout_ns,
            seed=seed,
            shuffle=shuffle,
        ).run()
        for _ in range(2)
    ]
    first, second = (run.tables[1]["duration_ns"].tolist() for run in runs)
    assert first == second


def test_caches_and_slots_that_run_out_break_no_law() -> None:
    for seed in range(4):
        plan = blueprint(
            [
                service(
                    "front",
                    count=2,
                    slots=4,
                    work=Deterministic(5 * MS),
                    calls=[["back"]],
                    cache=CacheSpec(KeyLaw(50), ttl_ns=S),
                ),
                service("back", count=1, slots=10, work=Exponential(50 * MS)),
            ],
            [edge("users", "front"), edge("front", "back")],
            faults=[
                take(Resource.SLOTS, 0.5, 1, 5, of=Selector()),
                take(Resource.SLOTS, 0.5, 3, None, of=BACK),
            ],
            seconds=8,
        )
        counts = build(plan, seed, shuffle_ties=bool(seed % 2)).run().counts
        assert counts.completed > 300
