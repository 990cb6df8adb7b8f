"""What a process finds when it starts again: caches, messages, and the registry's members."""

from dataclasses import replace

import numpy as np
import pytest

from models.base.distributions import Deterministic
from models.base.keys import KeyLaw
from models.base.outcome import Outcome
from models.discovery.config import DiscoveryConfig
from models.faults.content import Content
from models.faults.network import RegistryDown
from models.faults.plan import Fault, InstanceCrash
from models.faults.selector import Selector
from models.service.cache import CacheSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.storage.message_queue import MessageQueueConfig
from sim.blueprint import Blueprint, QueueSpec
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service

KEYS = 100
WARM = CacheSpec(KeyLaw(KEYS), is_warm=True, ttl_ns=10**6 * S)
SHOP, ONE = Selector(service="shop"), Selector(instance="shop-0")


def cached(cache: CacheSpec, kind: InstanceCrash) -> World:
    """Two shops that answer from warm caches; only what a crash has lost is fetched."""
    return build(
        blueprint(
            [
                service(
                    "shop",
                    count=2,
                    slots=100,
                    work=Deterministic(MS),
                    calls=[["store"]],
                    cache=cache,
                ),
                service("store", count=1, slots=100, work=Deterministic(MS)),
            ],
            [edge("users", "shop"), edge("shop", "store")],
            rate_per_s=500,
            faults=[fault(kind, at_s=5, for_s=1)],
        ),
        1,
    )


def fetched(world: World) -> int:
    attempts = world.run().tables[1]
    return int((attempts["node"] == 1).sum())


@pytest.mark.parametrize(
    ("whom", "content", "is_shared", "lost"),
    [
        (ONE, None, False, KEYS),
        (ONE, Content.KEPT, False, 0),
        (ONE, Content.LOST, False, KEYS),
        (SHOP, None, False, 2 * KEYS),
        (SHOP, Content.KEPT, False, 0),
        (ONE, None, True, 0),
        (ONE, Content.LOST, True, 0),
        (SHOP, None, True, 0),
        (SHOP, Content.KEPT, True, 0),
        (SHOP, Content.LOST, True, KEYS),
    ],
)
def test_caches_come_back_as_the_content_says(
    whom: Selector, content: Content | None, is_shared: bool, lost: int
) -> None:
    """A cache of its own is memory, a shared one goes with the last instance that is hit."""
    world = cached(replace(WARM, is_shared=is_shared), InstanceCrash(whom, content))
    assert fetched(world) == lost


def test_a_crash_after_one_that_kept_everything_loses_memory_again() -> None:
    plan = cached(WARM, InstanceCrash(ONE, Content.KEPT)).blueprint
    again = fault(InstanceCrash(ONE), at_s=8, for_s=1)
    assert fetched(build(replace(plan, faults=(*plan.faults, again)), 1)) == KEYS


def brokered(kind: InstanceCrash, *, brokers: int = 1) -> Blueprint:
    """Ten orders a second into a queue whose two consumers take a second each: most wait."""
    base = blueprint(
        [
            service("broker", count=brokers, slots=100, work=Deterministic(MS)),
            service("worker", count=1, slots=100, work=Deterministic(S)),
        ],
        [edge("users", "broker"), edge("orders", "worker", timeout_ns=0)],
        rate_per_s=10,
        seconds=12,
        faults=[fault(kind, at_s=5, for_s=1)],
    )
    orders = SourceSpec("orders", "worker", (MixEntry("do", 1.0),), RateProfile((0,), (0.0,)), "a")
    config = MessageQueueConfig(visibility_ns=60 * S, delay_ns=100 * MS)
    return replace(
        base,
        sources=(*base.sources, orders),
        queues=(QueueSpec("orders", "broker", "do", 2, config),),
    )


BROKER = Selector(service="broker")


@pytest.mark.parametrize(
    ("kind", "brokers", "is_lost"),
    [
        (InstanceCrash(BROKER), 1, False),
        (InstanceCrash(BROKER, Content.KEPT), 1, False),
        (InstanceCrash(BROKER, Content.LOST), 1, True),
        (InstanceCrash(BROKER, Content.LOST), 2, True),
        (InstanceCrash(Selector(instance="broker-0"), Content.LOST), 2, False),
    ],
)
def test_messages_are_lost_with_the_last_disk(
    kind: InstanceCrash, brokers: int, is_lost: bool
) -> None:
    world = build(brokered(kind, brokers=brokers), 1)
    world.run()
    counts = world.queues.sources[0].queue.counts
    assert (counts.lost > 30) is is_lost
    assert is_lost or counts.lost == 0


def test_what_is_published_after_the_loss_is_delivered() -> None:
    world = build(brokered(InstanceCrash(BROKER, Content.LOST)), 1)
    attempts = world.run().tables[1]
    starts = attempts["start_ns"][attempts["node"] == 1]
    assert not ((starts > 5 * S) & (starts < 6 * S)).any()
    assert (starts >= 6 * S).sum() >= 10


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_loss_with_consumers_at_work_runs_alike_and_breaks_no_law(shuffle: bool) -> None:
    runs = []
    for _ in range(2):
        world = build(brokered(InstanceCrash(BROKER, Content.LOST)), 3, shuffle_ties=shuffle)
        outcome = world.run()
        runs.append((outcome.tables[1]["start_ns"].tolist(), world.queues.sources[0].queue.counts))
    assert runs[0] == runs[1]


def registered(content: Content) -> World:
    return build(
        blueprint(
            [service("shop", count=2, slots=50, work=Deterministic(MS))],
            [edge("users", "shop")],
            rate_per_s=500,
            seconds=10,
            faults=[Fault("registry", 3 * S, 2 * S, RegistryDown(content))],
            discovery=DiscoveryConfig("a", 200 * MS, 600 * MS, 200 * MS, 100 * MS),
        ),
        1,
    )


def unserved(world: World) -> np.ndarray:
    """Seconds at which callers knew nobody to send to."""
    attempts = world.run().tables[1]
    return attempts["start_ns"][attempts["outcome"] == Outcome.NO_ENDPOINT] / S


def test_a_registry_that_kept_its_content_is_not_missed_by_who_has_a_view() -> None:
    assert not len(unserved(registered(Content.KEPT)))


def test_a_registry_that_forgot_tells_of_nobody_until_they_announce_themselves() -> None:
    """Nothing is felt while it is away; it is back at 5 s, instances beat every 200 ms."""
    seconds = unserved(registered(Content.LOST))
    assert len(seconds) > 5
    assert seconds.min() > 5.0
    assert seconds.max() < 5.5


def test_everybody_is_known_again_after_a_registry_forgot() -> None:
    world = registered(Content.LOST)
    world.run()
    assert world.discovery is not None
    members = world.discovery.server.registry.snapshot().members
    assert [member.instance for member in members] == ["shop-0", "shop-1"]
