"""What a gated instance drops, whom it loses, and that it counts every one."""

import pytest

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.service.queueing import (
    Discipline,
    QueueSpec,
    SheddingSpec,
    StandingQueue,
    StandingQueueSpec,
)
from models.service.spec import Cancel, ServiceSpec
from models.traffic.shedding.priority import Criticality
from sim.nodes.condition import Condition
from sim.nodes.gated import GatedInstance
from sim.nodes.plain import PlainInstance
from tests.sim.nodes.bench import InstanceBench
from tests.sim.worlds import MS, service

OK, SHED, EXPIRED, FULL = Outcome.OK, Outcome.SHED, Outcome.EXPIRED, Outcome.QUEUE_FULL


def one_slot(
    queue: QueueSpec | None = None,
    shedding: SheddingSpec | None = None,
    *,
    limit: int = 10,
    cancel: Cancel = Cancel.NONE,
) -> ServiceSpec:
    return service(
        "shop",
        count=1,
        slots=1,
        queue_limit=limit,
        queue=queue,
        shedding=shedding,
        cancel=cancel,
    )


def test_a_service_that_asks_for_nothing_gets_the_plain_instance() -> None:
    assert type(InstanceBench(one_slot()).instance) is PlainInstance
    lifo = one_slot(QueueSpec(Discipline.LIFO))
    assert type(InstanceBench(lifo).instance) is PlainInstance
    gated = one_slot(shedding=SheddingSpec(drops_expired=True))
    assert type(InstanceBench(gated).instance) is GatedInstance


def test_the_newest_is_served_first_where_the_queue_says_so() -> None:
    bench = InstanceBench(one_slot(QueueSpec(Discipline.LIFO)))
    for number in range(4):
        bench.arrive(number)
    assert [number for number, _ in bench.ends()] == [0, 3, 2, 1]


def test_the_most_important_is_served_first_and_nobody_loses_a_slot() -> None:
    bench = InstanceBench(one_slot(QueueSpec(Discipline.PRIORITY)))
    for number, priority in enumerate([0, 1, 3, 1]):
        bench.arrive(number, priority=priority)
    assert [number for number, _ in bench.ends()] == [0, 2, 1, 3]


def test_in_a_full_queue_the_newest_of_the_least_important_gives_up_its_place() -> None:
    bench = InstanceBench(one_slot(QueueSpec(Discipline.PRIORITY), limit=2))
    for number, priority in enumerate([2, 0, 0, 2, 0]):
        bench.arrive(number, priority=priority)
    assert bench.ends() == [(2, SHED), (4, FULL), (0, OK), (3, OK), (1, OK)]


def test_tenants_take_turns() -> None:
    bench = InstanceBench(one_slot(QueueSpec(Discipline.ROUND_ROBIN)))
    for number, tenant in enumerate([1, 1, 1, 2]):
        bench.arrive(number, tenant=tenant)
    assert [number for number, _ in bench.ends()] == [0, 1, 3, 2]


@pytest.mark.parametrize(("timeout_ms", "end"), [(10, EXPIRED), (11, OK)])
def test_what_has_expired_by_its_turn_is_dropped(timeout_ms: int, end: Outcome) -> None:
    bench = InstanceBench(
        one_slot(shedding=SheddingSpec(drops_expired=True)), timeout_ns=timeout_ms * MS
    )
    bench.arrive(0)
    bench.arrive(1)
    assert dict(bench.ends())[1] is end
    assert bench.instance.refused == (end is EXPIRED)


def test_a_user_s_deadline_counts_where_it_is_sooner_than_the_time_out() -> None:
    bench = InstanceBench(one_slot(shedding=SheddingSpec(drops_expired=True)), timeout_ns=100 * MS)
    bench.arrive(0)
    bench.arrive(1, deadline_ns=10 * MS)
    assert bench.ends() == [(1, EXPIRED), (0, OK)]


@pytest.mark.parametrize(("timeout_ms", "is_refused"), [(19, True), (20, False)])
def test_what_cannot_finish_in_time_is_refused_once_service_times_are_known(
    timeout_ms: int, is_refused: bool
) -> None:
    bench = InstanceBench(
        one_slot(shedding=SheddingSpec(drops_hopeless=True)), timeout_ns=timeout_ms * MS
    )
    bench.arrive(0)
    bench.heard()
    now = bench.kernel.now
    for number in range(1, 4):
        bench.arrive(number)
    assert ((3, SHED, now + MS) in bench.heard()) is is_refused


def test_what_turns_hopeless_while_it_waits_is_dropped_at_its_turn() -> None:
    bench = InstanceBench(one_slot(shedding=SheddingSpec(drops_hopeless=True)), timeout_ns=40 * MS)
    bench.arrive(0)
    bench.heard()
    bench.arrive(1, 31 * MS)
    bench.arrive(2)
    assert bench.ends()[1:] == [(2, SHED), (1, OK)]


def test_the_least_important_are_refused_first_as_the_queue_fills() -> None:
    shares = (0.4, 0.6, 0.8, 1.0)
    bench = InstanceBench(one_slot(shedding=SheddingSpec(priority_shares=shares), limit=10))
    bench.arrive(0)
    for number in range(4):
        bench.arrive(number + 1)
    bench.arrive(90, priority=Criticality.SHEDDABLE)
    bench.arrive(91, priority=Criticality.SHEDDABLE_PLUS)
    heard = dict(bench.ends())
    assert heard[90] is SHED
    assert heard[91] is OK


def test_codel_drops_from_a_queue_that_stands_and_leaves_a_burst_alone() -> None:
    standing = StandingQueueSpec(StandingQueue.CODEL, 5 * MS, 100 * MS)
    bench = InstanceBench(one_slot(shedding=SheddingSpec(standing=standing), limit=100))
    for number in range(8):
        bench.arrive(number)
    assert {end for _, end in bench.ends()} == {OK}
    bench.caller.heard.clear()
    for number in range(40):
        bench.arrive(100 + number)
    ends = [end for _, end in bench.ends()]
    assert ends.count(SHED) > 3
    assert ends.count(OK) + ends.count(SHED) == 40
    assert bench.instance.refused == ends.count(SHED)


def test_a_queue_that_its_callers_have_left_does_not_stand_for_codel() -> None:
    standing = StandingQueueSpec(StandingQueue.CODEL, 5 * MS, 100 * MS)
    shedding = SheddingSpec(standing=standing)
    bench = InstanceBench(one_slot(shedding=shedding, limit=100, cancel=Cancel.QUEUED))
    for number in range(5):
        bench.arrive(number)
    bench.later(15 * MS, lambda: [bench.instance.cancel(one) for one in bench.attempts[2:5]])
    for number in range(5, 10):
        bench.later(150 * MS, lambda number=number: bench.arrive(number))
    assert [end for _, end in bench.ends()] == [OK] * 7


def test_controlled_delay_bounds_each_wait_by_the_interval_and_then_by_the_target() -> None:
    standing = StandingQueueSpec(StandingQueue.CONTROLLED_DELAY, 5 * MS, 100 * MS)
    bench = InstanceBench(one_slot(shedding=SheddingSpec(standing=standing), limit=100))
    for number in range(20):
        bench.arrive(number)
    bench.later(105 * MS, lambda: bench.arrive(99))
    ends = dict(bench.ends())
    assert [number for number in range(20) if ends[number] is OK] == list(range(11))
    assert bench.attempts[10].wait_ns == 100 * MS
    assert bench.attempts[11].wait_ns > 100 * MS


def test_a_caller_in_the_queue_hangs_up_when_its_patience_ends() -> None:
    bench = InstanceBench(one_slot(QueueSpec(patience=Deterministic(15 * MS))))
    for number in range(3):
        bench.arrive(number)
    assert bench.heard() == [(0, OK, 11 * MS), (2, EXPIRED, 16 * MS), (1, OK, 21 * MS)]
    assert bench.attempts[2].wait_ns == 15 * MS
    assert (bench.instance.refused, bench.instance.answered) == (1, 2)


def test_a_wait_of_exactly_the_patience_ends_by_who_comes_first() -> None:
    bench = InstanceBench(one_slot(QueueSpec(patience=Deterministic(10 * MS))))
    bench.arrive(0)
    bench.arrive(1)
    assert bench.ends() == [(0, OK), (1, OK)]


def test_a_crash_ends_patience_and_queue_alike() -> None:
    queue = QueueSpec(Discipline.PRIORITY, patience=Deterministic(15 * MS))
    bench = InstanceBench(one_slot(queue, SheddingSpec(drops_hopeless=True)))
    for number in range(3):
        bench.arrive(number)
    bench.later(5 * MS, lambda: bench.instance.crash(Condition.CRASHED))
    bench.later(6 * MS, lambda: bench.instance.become(Condition.UP))
    bench.later(7 * MS, lambda: bench.arrive(3))
    reset = [(number, Outcome.RESET) for number in range(3)]
    assert bench.ends() == [*reset, (3, OK)]
    assert (bench.instance.free_slots, bench.instance.waiting) == (1, 0)


def test_hanging_up_in_the_queue_frees_the_place() -> None:
    queue = QueueSpec(Discipline.ROUND_ROBIN, patience=Deterministic(15 * MS))
    bench = InstanceBench(one_slot(queue, limit=1, cancel=Cancel.QUEUED))
    bench.arrive(0)
    bench.instance.cancel(bench.arrive(1))
    bench.arrive(2)
    assert bench.ends() == [(0, OK), (2, OK)]


def test_stopped_work_hands_its_slot_on() -> None:
    bench = InstanceBench(
        one_slot(shedding=SheddingSpec(drops_hopeless=True), cancel=Cancel.RUNNING)
    )
    bench.instance.cancel(bench.arrive(0))
    bench.arrive(1)
    assert bench.ends() == [(1, OK)]
    assert bench.instance.free_slots == 1
