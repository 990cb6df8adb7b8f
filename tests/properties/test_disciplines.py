"""Conservation with every discipline, every shedder and every resource, in both orders of ties."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Exponential
from models.base.popularity import KeyLaw
from models.faults.plan import Fault, InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from models.service.cache import CacheSpec
from models.service.queueing import (
    Discipline,
    QueueSpec,
    SheddingSpec,
    StandingQueue,
    StandingQueueSpec,
    TurnOver,
)
from models.service.resources import (
    CollectorSpec,
    DeviceSpec,
    Hold,
    MemorySpec,
    PausesSpec,
    ResourcesSpec,
    Sharing,
    WarmUpSpec,
)
from models.service.spec import Cancel
from models.traffic.config import BackoffConfig, PoolConfig, RetryConfig
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, service

queues = st.builds(
    QueueSpec,
    discipline=st.sampled_from(Discipline),
    turn_over=st.just(TurnOver(3, 20 * MS)),
    patience=st.sampled_from([None, Exponential(30 * MS)]),
).flatmap(
    lambda queue: (
        st.just(queue)
        if queue.discipline is not Discipline.PRIORITY
        else st.booleans().map(
            lambda preempts: QueueSpec(
                Discipline.PRIORITY, preempts=preempts, patience=queue.patience
            )
        )
    )
)
shedders = st.builds(
    SheddingSpec,
    drops_expired=st.booleans(),
    drops_hopeless=st.booleans(),
    standing=st.sampled_from(
        [None, *(StandingQueueSpec(law, 5 * MS, 20 * MS) for law in StandingQueue)]
    ),
    priority_shares=st.sampled_from([None, (0.2, 0.5, 0.8, 1.0)]),
)
resources = st.builds(
    ResourcesSpec,
    millicores=st.sampled_from([None, 500, 2000]),
    memory=st.sampled_from([None, MemorySpec(60, request_bytes=10, leak_bytes=1)]),
    collector=st.sampled_from(
        [None, CollectorSpec(40, 10, live_bytes=4, pause_ns=3 * MS, per_live_ns=MS)]
    ),
    pauses=st.sampled_from([None, PausesSpec(Exponential(200 * MS), Exponential(20 * MS))]),
    disk=st.sampled_from([None, *(DeviceSpec(400_000, sharing) for sharing in Sharing)]),
    network=st.sampled_from([None, *(DeviceSpec(2_000_000, sharing) for sharing in Sharing)]),
    warm_up=st.sampled_from([None, WarmUpSpec(S)]),
    hold=st.sampled_from(Hold),
)
some_pool = st.sampled_from([None, PoolConfig(1, 3, 20 * MS), PoolConfig(3, 50, 0)])
faults = st.builds(
    Fault,
    st.just("x"),
    st.integers(0, 3 * S),
    st.none() | st.integers(0, 2 * S),
    st.sampled_from(
        [
            InstanceCrash(Selector(service="back", count=1)),
            InstanceCrash(Selector(service="front", count=1)),
            ZoneOutage("a"),
        ]
    ),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    lines=st.tuples(queues, queues),
    shedding=shedders,
    equipment=resources,
    plan=st.lists(faults, max_size=2),
    cancel=st.sampled_from(Cancel),
    cache=st.sampled_from([None, CacheSpec(keys=KeyLaw(20), ttl_ns=200 * MS)]),
    seed_and_shuffle=st.tuples(st.integers(0, 1000), st.booleans()),
    pools=st.tuples(some_pool, some_pool),
)
def test_every_request_and_attempt_is_in_the_record_once_whatever_serves_it(
    lines: tuple[QueueSpec, QueueSpec],
    shedding: SheddingSpec,
    equipment: ResourcesSpec,
    plan: list[Fault],
    cancel: Cancel,
    cache: CacheSpec | None,
    seed_and_shuffle: tuple[int, bool],
    pools: tuple[PoolConfig | None, PoolConfig | None],
) -> None:
    retry = RetryConfig(1, BackoffConfig(10 * MS, 40 * MS))
    world = build(
        blueprint(
            [
                service(
                    "front",
                    slots=3,
                    queue_limit=5,
                    calls=[["back"], ["back", "back"]],
                    cancel=cancel,
                    start_up_ns=S // 2,
                    queue=lines[0],
                    resources=equipment,
                    cache=cache,
                    disk_bytes=1000,
                ),
                service(
                    "back",
                    slots=2,
                    queue_limit=5,
                    work=Exponential(15 * MS),
                    cancel=cancel,
                    queue=lines[1],
                    shedding=shedding,
                    resources=equipment,
                    disk_bytes=1000,
                ),
            ],
            [
                replace(edge("users", "front", timeout_ns=150 * MS, retry=retry), pool=pools[0]),
                replace(edge("front", "back", timeout_ns=60 * MS, retry=retry), pool=pools[1]),
            ],
            rate_per_s=60,
            seconds=5,
            faults=plan,
        ),
        seed_and_shuffle[0],
        shuffle_ties=seed_and_shuffle[1],
    )
    counts = world.run().counts
    ended = counts.completed + counts.failed + counts.rejected + counts.timed_out
    assert counts.offered == ended + counts.in_flight > 0
