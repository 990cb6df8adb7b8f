"""Work on a processor: sharing, preemption, and a process that stands still."""

from typing import Any

from models.base.outcome import Outcome
from models.service.queueing import Discipline, QueueSpec
from models.service.resources import ResourcesSpec
from models.service.spec import Cancel, ServiceSpec
from sim.nodes.condition import Condition
from sim.nodes.resources.processor import FULL_SPEED
from tests.sim.nodes.bench import InstanceBench
from tests.sim.worlds import MS, service

OK, RESET = Outcome.OK, Outcome.RESET


def equipped(slots: int = 4, *, cancel: Cancel = Cancel.NONE, **more: Any) -> ServiceSpec:
    return service("shop", count=1, slots=slots, queue_limit=4, cancel=cancel, **more)


def preemptive() -> InstanceBench:
    queue = QueueSpec(Discipline.PRIORITY, preempts=True)
    return InstanceBench(equipped(1, queue=queue, cancel=Cancel.QUEUED))


def test_requests_share_one_core_where_the_queue_is_processor_sharing() -> None:
    bench = InstanceBench(equipped(queue=QueueSpec(Discipline.PROCESSOR_SHARING)))
    bench.arrive(0, 10 * MS)
    bench.arrive(1, 20 * MS)
    assert bench.heard() == [(0, OK, 21 * MS), (1, OK, 31 * MS)]


def test_slots_share_the_cores_and_the_rest_waits() -> None:
    bench = InstanceBench(equipped(2, resources=ResourcesSpec(millicores=1000)))
    for number in range(3):
        bench.arrive(number)
    assert bench.heard() == [(0, OK, 21 * MS), (1, OK, 21 * MS), (2, OK, 31 * MS)]


def test_cores_enough_for_all_slots_change_nothing() -> None:
    bench = InstanceBench(equipped(2, resources=ResourcesSpec(millicores=2000)))
    for number in range(3):
        bench.arrive(number)
    assert bench.heard() == [(0, OK, 11 * MS), (1, OK, 11 * MS), (2, OK, 21 * MS)]


def test_an_important_request_takes_the_slot_and_the_other_goes_on_where_it_was() -> None:
    bench = preemptive()
    bench.arrive(0, priority=0)
    bench.later(4 * MS, lambda: bench.arrive(1, priority=3))
    assert bench.heard() == [(1, OK, 15 * MS), (0, OK, 21 * MS)]
    assert [attempt.wait_ns for attempt in bench.attempts] == [0, 0]


def test_equals_do_not_displace_each_other() -> None:
    bench = preemptive()
    bench.arrive(0, priority=1)
    bench.arrive(1, priority=1)
    assert [number for number, _ in bench.ends()] == [0, 1]


def test_of_several_alike_the_newest_is_displaced() -> None:
    queue = QueueSpec(Discipline.PRIORITY, preempts=True)
    bench = InstanceBench(equipped(2, queue=queue))
    bench.arrive(0, priority=0)
    bench.later(MS, lambda: bench.arrive(1, priority=0))
    bench.later(4 * MS, lambda: bench.arrive(2, priority=3))
    assert [number for number, _ in bench.ends()] == [0, 2, 1]


def test_the_displaced_is_served_before_its_equals() -> None:
    bench = preemptive()
    bench.arrive(0, priority=0)
    bench.arrive(1, priority=0)
    bench.arrive(2, priority=1)
    assert [number for number, _ in bench.ends()] == [2, 0, 1]


def test_a_displaced_request_that_hangs_up_is_gone() -> None:
    bench = preemptive()
    displaced = bench.arrive(0, priority=0)
    bench.arrive(1, priority=1)
    bench.instance.cancel(displaced)
    bench.arrive(2, priority=0)
    assert bench.heard() == [(1, OK, 11 * MS), (2, OK, 21 * MS)]


def test_stopping_work_on_the_processor_gives_its_share_to_the_others() -> None:
    resources = ResourcesSpec(millicores=1000)
    bench = InstanceBench(equipped(2, cancel=Cancel.RUNNING, resources=resources))
    stopped = bench.arrive(0)
    bench.arrive(1)
    bench.later(10 * MS, lambda: bench.instance.cancel(stopped))
    assert bench.heard() == [(1, OK, 16 * MS)]


def test_a_process_that_stands_still_hears_nothing_until_it_goes_on() -> None:
    bench = InstanceBench(equipped(1), is_paced=True)
    bench.arrive(0)
    bench.later(4 * MS, lambda: bench.instance.pace.hold("pause"))
    bench.later(5 * MS, lambda: bench.arrive(1))
    bench.later(24 * MS, lambda: bench.instance.pace.let_go("pause"))
    assert bench.heard() == [(0, OK, 31 * MS), (1, OK, 41 * MS)]
    assert [attempt.wait_ns for attempt in bench.attempts] == [0, 25 * MS]


def test_a_request_heard_late_finds_a_free_slot_and_has_waited_till_then() -> None:
    bench = InstanceBench(equipped(1), is_paced=True)
    bench.instance.pace.hold("pause")
    bench.arrive(0)
    bench.later(7 * MS, lambda: bench.instance.pace.let_go("pause"))
    assert bench.heard() == [(0, OK, 18 * MS)]
    assert bench.attempts[0].wait_ns == 7 * MS


def test_hanging_up_on_a_process_that_stands_still_is_heard_later() -> None:
    bench = InstanceBench(equipped(1, cancel=Cancel.RUNNING), is_paced=True)
    running = bench.arrive(0)
    bench.instance.pace.hold("pause")
    bench.instance.cancel(running)
    assert list(bench.instance.jobs) == [0]
    bench.later(7 * MS, lambda: bench.instance.pace.let_go("pause"))
    assert bench.heard() == []
    assert bench.instance.free_slots == 1


def test_a_slow_process_takes_longer_by_its_factor() -> None:
    bench = InstanceBench(equipped(1), is_paced=True)
    bench.instance.pace.slow("fault", FULL_SPEED // 4)
    bench.arrive(0)
    assert bench.heard() == [(0, OK, 41 * MS)]


def test_a_crash_while_it_stands_still_resets_what_was_at_work_queued_or_unheard() -> None:
    bench = InstanceBench(equipped(1), is_paced=True)
    bench.arrive(0)
    bench.arrive(1)
    bench.later(2 * MS, lambda: bench.instance.pace.hold("pause"))
    bench.later(3 * MS, lambda: bench.arrive(2))
    bench.later(5 * MS, lambda: bench.instance.crash(Condition.CRASHED))
    bench.later(6 * MS, lambda: bench.instance.become(Condition.UP))
    bench.later(7 * MS, lambda: bench.instance.pace.let_go("pause"))
    bench.later(8 * MS, lambda: bench.arrive(3))
    assert bench.heard() == [
        (0, RESET, 6 * MS),
        (1, RESET, 6 * MS),
        (2, RESET, 6 * MS),
        (3, OK, 19 * MS),
    ]
    assert bench.attempts[2].wait_ns == 2 * MS


def test_a_crash_while_jobs_share_the_processor_leaves_it_empty() -> None:
    bench = InstanceBench(equipped(queue=QueueSpec(Discipline.PROCESSOR_SHARING)))
    bench.arrive(0)
    bench.arrive(1)
    bench.later(5 * MS, lambda: bench.instance.crash(Condition.DARK))
    bench.later(6 * MS, lambda: bench.instance.become(Condition.UP))
    bench.later(6 * MS, lambda: bench.arrive(2))
    assert bench.heard() == [(2, OK, 17 * MS)]
    assert list(bench.instance.progressing()) == []
