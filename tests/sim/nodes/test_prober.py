"""Prequal in the world: probes are messages, and what they say decides."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.distributions import Deterministic, Exponential
from models.base.outcome import Outcome
from models.faults.plan import ErrorRate, InstanceCrash
from models.faults.selector import Selector
from models.service.queueing import Discipline, QueueSpec, SheddingSpec
from models.service.resources import ResourcesSpec
from models.service.spec import Cancel, MachineSpec
from models.traffic.balancer.prequal.config import PrequalConfig
from models.traffic.config import BalancerConfig, EdgeConfig, RetryConfig
from sim.nodes.plain import PlainInstance
from sim.nodes.probed import Probed
from sim.world import World, build
from tests.sim.worlds import MS, blueprint, edge, fault, service

PATIENT = PrequalConfig(timeout_ns=10 * MS)


def shop_of(policy: str, *, shuffled: bool = False, prequal=PATIENT, **options) -> World:
    """Two instances of four work at a tenth of the speed of the others."""
    shop = service("shop", count=4, slots=2, work=Exponential(5 * MS), **options)
    machines = ("old", "m", "old", "m")
    shop = replace(
        shop,
        instances=tuple(
            replace(spec, machine=machine)
            for spec, machine in zip(shop.instances, machines, strict=True)
        ),
    )
    balancer = BalancerConfig(policy, prequal=prequal)
    plan = replace(
        blueprint([shop], [EdgeConfig("users", "shop", balancer=balancer)], rate_per_s=300),
        machines=(MachineSpec("m"), MachineSpec("old", speed_ratio=0.1)),
    )
    return build(plan, 5, shuffle_ties=shuffled)


def late(world: World) -> tuple[Counter[int], float]:
    """Who was sent how much, and the 99th percentile in ms."""
    tables = world.run().tables
    requests = tables[0]["duration_ns"]
    return Counter(tables[1]["target"].tolist()), float(np.percentile(requests, 99)) / MS


@pytest.mark.parametrize("shuffled", [False, True])
def test_probes_find_the_quick_instances(shuffled: bool) -> None:
    sent, p99 = late(shop_of("prequal", shuffled=shuffled))
    blind, blind_p99 = late(shop_of("random", shuffled=shuffled))
    assert sent[1] + sent[3] > 0.8 * sent.total()
    assert blind[1] + blind[3] < 0.6 * blind.total()
    assert p99 < 0.5 * blind_p99


def test_probes_are_messages_that_take_their_time() -> None:
    """1 ms there and 1 ms back: all answers are late for a time-out below that."""
    hasty = shop_of("prequal", prequal=PrequalConfig(timeout_ns=2 * MS - 1))
    sent, _ = late(hasty)
    prober = hasty.callers[-1].ways[0][0].prober
    assert prober.sent >= prober.answered > 1000
    assert sent[1] + sent[3] < 0.6 * sent.total()
    in_time, _ = late(shop_of("prequal", prequal=PrequalConfig(timeout_ns=2 * MS)))
    assert in_time[1] + in_time[3] > 0.8 * in_time.total()


def test_a_dead_instance_answers_no_probes() -> None:
    plan = blueprint(
        [service("shop", count=2, slots=50, work=Deterministic(5 * MS))],
        [EdgeConfig("users", "shop", balancer=BalancerConfig("prequal", prequal=PATIENT))],
        faults=[fault(InstanceCrash(Selector(instance="shop-0")), at_s=5, for_s=None)],
    )
    world = build(plan, 5)
    world.run()
    prober = world.callers[-1].ways[0][0].prober
    assert 0.55 < prober.answered / prober.sent < 0.75


def test_only_instances_that_are_probed_keep_a_book() -> None:
    plan = blueprint([service("shop")], [edge("users", "shop")])
    assert {type(instance) for instance in build(plan, 5).instances} == {PlainInstance}
    assert all(isinstance(instance, Probed) for instance in shop_of("prequal").instances)


KINDS = {
    "plain": {},
    "cores": {"resources": ResourcesSpec(millicores=1000)},
    "shared": {"queue": QueueSpec(Discipline.PROCESSOR_SHARING)},
    "priority": {"queue": QueueSpec(Discipline.PRIORITY)},
    "patience": {"queue": QueueSpec(patience=Exponential(10 * MS))},
    "shedding": {"shedding": SheddingSpec(drops_expired=True, drops_hopeless=True)},
}


@given(
    kind=st.sampled_from(sorted(KINDS)),
    cancel=st.sampled_from(list(Cancel)),
    shuffle_ties=st.booleans(),
    seed=st.integers(1, 50),
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_whatever_breaks_the_book_agrees_with_what_is_held_and_runs_repeat_themselves(
    kind: str, cancel: Cancel, shuffle_ties: bool, seed: int
) -> None:
    balancer = BalancerConfig("prequal", prequal=PATIENT)
    plan = blueprint(
        [
            service("front", calls=[["back", "back"]], cancel=cancel),
            service("back", count=4, slots=2, queue_limit=5, cancel=cancel, **KINDS[kind]),
        ],
        [
            edge("users", "front", timeout_ns=60 * MS),
            EdgeConfig(
                "front", "back", timeout_ns=25 * MS, retry=RetryConfig(2), balancer=balancer
            ),
        ],
        rate_per_s=120,
        seconds=4,
        faults=[
            fault(ErrorRate(Selector(instance="back-0"), 0.7), at_s=1, for_s=2),
            fault(InstanceCrash(Selector(instance="back-1")), at_s=1.5, for_s=1),
            fault(InstanceCrash(Selector(instance="front-1")), at_s=1.5, for_s=1),
        ],
    )
    worlds = [build(plan, seed, shuffle_ties=shuffle_ties) for _ in range(2)]
    first, second = (world.run() for world in worlds)
    assert first.counts.offered > 50
    for instance in worlds[0].instances_of["back"]:
        assert isinstance(instance, Probed)
        held = len(instance.jobs) + instance.waiting
        assert instance.book.answer().in_flight == held
    assert all(
        np.array_equal(one[name], other[name])
        for one, other in zip(first.tables[:2], second.tables[:2], strict=True)
        for name in one.numbers
    )
    assert Outcome.OK in first.tables[1]["outcome"].tolist()
