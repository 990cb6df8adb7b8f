"""Disks, network cards, and slots that are let go while a request waits for its calls."""

from typing import Any

import pytest

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.records.manifest import SeriesInfo
from models.service.resources import DeviceSpec, Hold, ResourcesSpec, Sharing
from models.service.spec import Cancel
from sim.kernel.environment import Kernel
from sim.nodes.condition import Condition
from sim.nodes.resources.device import Device, make_device
from sim.world import build
from tests.sim.nodes.bench import InstanceBench
from tests.sim.worlds import MS, S, blueprint, edge, service

OK = Outcome.OK
KB_PER_MS = 1_000_000
"""Bytes a second of a device that moves a kilobyte in a millisecond."""


def bench(
    slots: int = 2, *, disk_kb: int = 0, cancel: Cancel = Cancel.NONE, **resources: Any
) -> InstanceBench:
    return InstanceBench(
        service(
            "shop",
            count=1,
            slots=slots,
            queue_limit=50,
            cancel=cancel,
            resources=ResourcesSpec(**resources),
            disk_bytes=1000 * disk_kb,
        )
    )


def test_disk_requests_are_served_in_the_order_of_coming() -> None:
    shop = bench(disk_kb=20, disk=DeviceSpec(KB_PER_MS))
    shop.arrive(0, 10 * MS)
    shop.arrive(1, 15 * MS)
    assert shop.heard() == [(0, OK, 31 * MS), (1, OK, 51 * MS)]


def test_a_shared_disk_serves_all_at_once_and_more_slowly() -> None:
    shop = bench(disk_kb=20, disk=DeviceSpec(KB_PER_MS, Sharing.SHARED))
    shop.arrive(0, 10 * MS)
    shop.arrive(1, 20 * MS)
    assert shop.heard() == [(0, OK, 41 * MS), (1, OK, 51 * MS)]


def test_an_endpoint_that_reads_nothing_does_not_wait_for_the_disk() -> None:
    shop = bench(disk=DeviceSpec(1))
    shop.arrive(0)
    assert shop.heard() == [(0, OK, 11 * MS)]


def test_the_answer_leaves_through_the_network_card_and_holds_its_slot() -> None:
    shop = bench(1, network=DeviceSpec(8192 * 1000 // 5))
    shop.arrive(0)
    shop.arrive(1)
    assert shop.heard() == [(0, OK, 16 * MS), (1, OK, 31 * MS)]


def test_a_disk_goes_on_while_the_process_stands_still_but_nobody_hears_of_it() -> None:
    shop = bench(1, disk_kb=20, disk=DeviceSpec(KB_PER_MS))
    shop.arrive(0)
    shop.later(15 * MS, lambda: shop.instance.pace.hold("pause"))
    shop.later(45 * MS, lambda: shop.instance.pace.let_go("pause"))
    assert shop.heard() == [(0, OK, 46 * MS)]


@pytest.mark.parametrize("sharing", Sharing)
def test_a_crash_leaves_the_devices_idle_for_the_next_life(sharing: Sharing) -> None:
    shop = bench(1, disk_kb=100, disk=DeviceSpec(KB_PER_MS, sharing))
    shop.arrive(0)
    shop.later(20 * MS, lambda: shop.instance.crash(Condition.DARK))
    shop.later(21 * MS, lambda: shop.instance.become(Condition.UP))
    shop.later(21 * MS, lambda: shop.arrive(1))
    assert shop.heard() == [(1, OK, 132 * MS)]
    assert list(shop.instance.progressing()) == []


@pytest.mark.parametrize(("sharing", "ends_ms"), [(Sharing.FIFO, 121), (Sharing.SHARED, 71)])
def test_who_hangs_up_leaves_a_shared_disk_and_not_an_ordered_one(
    sharing: Sharing, ends_ms: int
) -> None:
    disk = DeviceSpec(KB_PER_MS, sharing)
    shop = bench(2, disk_kb=50, disk=disk, cancel=Cancel.RUNNING)
    gone = shop.arrive(0, 20 * MS)
    shop.arrive(1, 20 * MS)
    shop.later(20 * MS, lambda: shop.instance.cancel(gone))
    assert shop.heard() == [(1, OK, ends_ms * MS)]


def test_a_service_without_devices_has_none() -> None:
    device: Device | None = make_device(Kernel(), None, lambda _: None)
    assert device is None


def throughput(hold: Hold, *, cancel: Cancel = Cancel.NONE, timeout_ns: int = 10 * S) -> int:
    """Requests completed in 20 s by one front slot with 1 ms of work before a call of 99 ms."""
    plan = blueprint(
        [
            service(
                "front",
                count=1,
                slots=1,
                queue_limit=5,
                work=Deterministic(MS),
                calls=[["back"]],
                cancel=cancel,
                resources=ResourcesSpec(hold=hold),
            ),
            service("back", count=1, slots=1000, work=Deterministic(99 * MS)),
        ],
        [edge("users", "front", timeout_ns=timeout_ns), edge("front", "back")],
        rate_per_s=100,
    )
    world = build(plan, 1)
    outcome = world.run()
    counts, samples = outcome.counts, outcome.tables[2]
    busy = outcome.manifest.series.index(SeriesInfo("world_busy_slots", (("service", "front"),)))
    assert samples["value"][samples["series"] == busy].max() <= 1
    assert all(instance.free_slots == instance.slots for instance in world.instances)
    return counts.completed


def test_a_thread_that_waits_for_its_call_serves_nobody_else_and_a_freed_slot_does() -> None:
    assert 180 < throughput(Hold.THREAD) < 205
    assert throughput(Hold.NONE) > 1700


def test_hanging_up_on_a_parked_request_frees_no_slot_twice() -> None:
    assert throughput(Hold.NONE, cancel=Cancel.RUNNING, timeout_ns=50 * MS) == 0
