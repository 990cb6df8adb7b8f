"""Memory that runs out, collectors that stop the world, pauses by a law, and a slow start."""

from typing import Any

import pytest

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.records.events import EventKind
from models.service.resources import (
    CollectorSpec,
    MemorySpec,
    PausesSpec,
    ResourcesSpec,
    WarmUpSpec,
)
from sim.nodes.condition import Condition
from sim.nodes.resources.heap import Collector, Heap
from sim.world import build
from tests.sim.nodes.bench import InstanceBench
from tests.sim.worlds import MS, S, blueprint, edge, service

OK, RESET = Outcome.OK, Outcome.RESET


def bench(slots: int = 1, **resources: Any) -> InstanceBench:
    spec = service(
        "shop", count=1, slots=slots, queue_limit=50, resources=ResourcesSpec(**resources)
    )
    return InstanceBench(spec)


def test_memory_is_base_and_leaks_and_what_each_live_request_holds() -> None:
    heap = Heap(MemorySpec(100, base_bytes=10, request_bytes=5, leak_bytes=2))
    heap.served()
    heap.served()
    assert heap.used_bytes(3) == 10 + 4 + 15
    heap.clear()
    assert heap.used_bytes(0) == 10


@pytest.mark.parametrize(("live", "is_full"), [(18, False), (19, True)])
def test_memory_is_full_above_its_limit_and_not_at_it(live: int, is_full: bool) -> None:
    heap = Heap(MemorySpec(100, base_bytes=10, request_bytes=5))
    assert heap.is_full(live) is is_full


def test_a_collector_runs_when_what_was_free_is_allocated() -> None:
    collector = Collector(CollectorSpec(heap_bytes=30, allocated_bytes=10, pause_ns=7))
    assert [collector.allocates(1) for _ in range(6)] == [0, 0, 7, 0, 0, 7]
    assert (collector.pauses, collector.paused_ns) == (2, 14)


def test_the_more_requests_live_the_longer_the_pause_and_the_sooner_the_next() -> None:
    spec = CollectorSpec(
        heap_bytes=100, allocated_bytes=10, base_bytes=20, live_bytes=10, pause_ns=5, per_live_ns=2
    )
    collector = Collector(spec)
    assert [collector.allocates(4) for _ in range(8)] == [0] * 7 + [5 + 8]
    assert [collector.allocates(4) for _ in range(4)] == [0, 0, 0, 13]
    assert collector.allocates(1) == 0


def test_a_full_heap_still_leaves_the_least_that_was_asked_for() -> None:
    spec = CollectorSpec(
        heap_bytes=100, allocated_bytes=10, live_bytes=10, pause_ns=5, free_bytes_min=20
    )
    collector = Collector(spec)
    for _ in range(10):
        collector.allocates(50)
    assert [collector.allocates(50) for _ in range(4)] == [0, 5, 0, 5]


def test_a_collector_stops_work_and_answers_alike() -> None:
    shop = bench(2, collector=CollectorSpec(heap_bytes=2, allocated_bytes=1, pause_ns=30 * MS))
    shop.arrive(0)
    shop.later(4 * MS, lambda: shop.arrive(1))
    shop.later(5 * MS, lambda: shop.arrive(2))
    assert shop.heard() == [(0, OK, 41 * MS), (1, OK, 45 * MS), (2, OK, 51 * MS)]
    assert shop.attempts[2].wait_ns == 36 * MS - MS


def test_pauses_come_by_their_law() -> None:
    pauses = PausesSpec(Deterministic(10 * MS), Deterministic(5 * MS))
    shop = bench(1, pauses=pauses)
    shop.arrive(0, 25 * MS)
    assert shop.heard() == [(0, OK, 36 * MS)]


def test_a_process_out_of_memory_dies_with_all_its_requests() -> None:
    shop = bench(1, memory=MemorySpec(25, base_bytes=0, request_bytes=10))

    def killed(instance: Any) -> None:
        instance.crash(Condition.CRASHED)
        instance.become(Condition.STARTING)
        instance.become(Condition.UP)

    shop.instance.on_out_of_memory = killed
    for number in range(3):
        shop.arrive(number)
    shop.later(2 * MS, lambda: shop.arrive(3))
    assert shop.heard() == [
        (0, RESET, MS),
        (1, RESET, MS),
        (2, RESET, MS),
        (3, OK, 13 * MS),
    ]
    assert shop.instance.out_of_memory_kills == 1


def test_a_leak_kills_sooner_or_later_and_a_fresh_process_starts_empty() -> None:
    shop = bench(1, memory=MemorySpec(25, leak_bytes=10))
    kills: list[int] = []
    shop.instance.on_out_of_memory = lambda instance: (
        kills.append(shop.kernel.now),
        instance.crash(Condition.CRASHED),
        instance.become(Condition.UP),
    )
    for number in range(6):
        shop.later(20 * number * MS, lambda number=number: shop.arrive(number))
    assert [end for _, end in shop.ends()] == [OK] * 6
    assert kills == [50 * MS, 110 * MS]


def test_a_process_that_has_just_started_is_slow_for_a_while() -> None:
    shop = bench(1, warm_up=WarmUpSpec(20 * MS, from_ratio=0.5, steps=2))
    shop.arrive(0)
    shop.later(20 * MS, lambda: shop.instance.crash(Condition.CRASHED))
    shop.later(20 * MS, lambda: shop.instance.become(Condition.STARTING))
    shop.later(20 * MS, lambda: shop.instance.become(Condition.UP))
    shop.later(20 * MS, lambda: shop.arrive(1, 20 * MS))
    # 10 ms at half speed, 10 ms at three quarters, and the last 7.5 ms of work at full speed.
    assert shop.heard() == [(0, OK, 11 * MS), (1, OK, 48_500_000)]


def test_a_crash_in_a_pause_ends_the_pause() -> None:
    shop = bench(1, collector=CollectorSpec(heap_bytes=1, allocated_bytes=1, pause_ns=100 * MS))
    shop.arrive(0)
    shop.later(10 * MS, lambda: shop.arrive(1))
    shop.later(20 * MS, lambda: shop.instance.crash(Condition.CRASHED))
    shop.later(21 * MS, lambda: shop.instance.become(Condition.UP))
    shop.later(22 * MS, lambda: shop.arrive(2))
    assert shop.heard() == [(0, RESET, 21 * MS), (1, RESET, 21 * MS), (2, OK, 133 * MS)]


def test_the_process_tells_of_its_memory_and_pauses() -> None:
    shop = bench(
        1,
        memory=MemorySpec(100, base_bytes=40),
        collector=CollectorSpec(heap_bytes=1, allocated_bytes=1, pause_ns=500 * MS),
    )
    shop.arrive(0)
    assert dict(shop.instance.gauges()) == {
        "process_cpu_cores_busy": 1.0,
        "process_resident_memory_bytes": 40,
        "process_out_of_memory_kills_total": 0,
        "process_gc_pauses_total": 1,
        "process_gc_pause_seconds_total": 0.5,
    }


def test_in_the_world_an_out_of_memory_kill_is_on_record_and_the_service_comes_back() -> None:
    leaky = service(
        "shop",
        count=1,
        start_up_ns=S,
        work=Deterministic(MS),
        resources=ResourcesSpec(memory=MemorySpec(1000, leak_bytes=1)),
    )
    world = build(blueprint([leaky], [edge("users", "shop")], rate_per_s=200, seconds=20), 1)
    outcome = world.run()
    events = outcome.tables[3]
    kinds = events.text("kind")
    crashes = [at for at, kind in enumerate(kinds) if kind == EventKind.INSTANCE_CRASHED.value]
    assert 2 <= len(crashes) <= 4
    assert "out of memory" in events.text("detail")[crashes[0]]
    restarts = kinds.count(EventKind.INSTANCE_RESTARTED.value)
    assert len(crashes) - 1 <= restarts <= len(crashes)
    assert outcome.counts.completed > 2500
