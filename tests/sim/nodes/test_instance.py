"""The server's side at its boundaries: a call hung up early, a queue that frees its places."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.service.spec import Cancel
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.network.link import Link
from sim.network.rules import Way
from sim.nodes.attempt import Attempt, Request
from sim.nodes.channel import Target
from sim.nodes.condition import Condition, SummedDelay
from sim.nodes.instance import Instance
from sim.nodes.plan import PlanNode
from tests.sim.worlds import MS, service


@dataclass
class Caller:
    """Hears the answers, as a channel would."""

    kernel: Kernel
    heard: list[tuple[int, Outcome, int]] = field(default_factory=list)

    def answer(self, attempt: Attempt) -> None:
        self.heard.append((attempt.id, attempt.result, self.kernel.now))


class Bench:
    """One instance with one slot, 10 ms of work, links of 1 ms and a hand that sends."""

    def __init__(self, cancel: Cancel = Cancel.NONE, *, queue_limit: int = 2) -> None:
        self.kernel = Kernel()
        spec = service("shop", count=1, slots=1, queue_limit=queue_limit, cancel=cancel)
        self.instance = Instance(
            self.kernel,
            index=0,
            service=spec,
            spec=spec.instances[0],
            speed_ratio=1.0,
            clock=NodeClock(),
            error_stream=Stream(1, "errors"),
        )
        self.caller = Caller(self.kernel)
        sampler = make_sampler(Deterministic(MS), Stream(1, "link"))
        self.target = Target(
            instance=self.instance,
            out=Link(Way("", "", "users->shop"), sampler),
            back=Link(Way("", "", "users->shop"), sampler),
            breaker=None,
            label="",
        )
        demand = make_sampler(Deterministic(4 * MS), Stream(1, "demand"))
        self.node = PlanNode(
            callee=0, endpoint=spec.endpoints[0], index=0, slot=0, retry_demand=demand
        )

    def attempt(self, number: int, try_number: int = 1) -> Attempt:
        request = Request()
        request.id, request.source, request.node = number, 0, self.node
        request.arrival_ns, request.demands = self.kernel.now, [10 * MS]
        channel: Any = self.caller
        attempt = Attempt()
        attempt.id = number
        attempt.channel = channel
        attempt.node = self.node
        attempt.request = request
        attempt.parent = None
        attempt.target = self.target
        attempt.try_number = try_number
        attempt.start_ns = self.kernel.now
        attempt.wait_ns = 0
        attempt.is_aborted = False
        return attempt

    def arrive(self, number: int) -> Attempt:
        attempt = self.attempt(number)
        self.instance.arrive(attempt)
        return attempt

    def heard(self) -> list[tuple[int, Outcome, int]]:
        self.kernel.advance(self.kernel.now + 1_000 * MS)
        return self.caller.heard


@pytest.mark.parametrize("cancel", [Cancel.QUEUED, Cancel.RUNNING])
def test_a_call_hung_up_before_it_arrives_takes_no_slot(cancel: Cancel) -> None:
    bench = Bench(cancel)
    early = bench.attempt(0)
    bench.instance.cancel(early)
    bench.instance.arrive(early)
    assert bench.instance.free_slots == 1
    assert bench.heard() == []


def test_the_queue_takes_as_many_as_its_limit_and_refuses_the_next() -> None:
    bench = Bench(queue_limit=2)
    for number in range(4):
        bench.arrive(number)
    assert bench.instance.waiting == 2
    assert bench.heard()[0] == (3, Outcome.QUEUE_FULL, MS)
    assert [number for number, _, _ in bench.caller.heard] == [3, 0, 1, 2]


def test_a_queue_of_no_places_still_serves_who_finds_a_free_slot() -> None:
    bench = Bench(queue_limit=0)
    bench.arrive(0)
    bench.arrive(1)
    assert [(number, end) for number, end, _ in bench.heard()] == [
        (1, Outcome.QUEUE_FULL),
        (0, Outcome.OK),
    ]


def test_hanging_up_in_the_queue_frees_the_place_for_the_next() -> None:
    bench = Bench(Cancel.QUEUED, queue_limit=1)
    bench.arrive(0)
    gone = bench.arrive(1)
    bench.instance.cancel(gone)
    assert bench.instance.waiting == 0
    bench.arrive(2)
    assert [number for number, _, _ in bench.heard()] == [0, 2]


def test_hanging_up_on_running_work_stops_it_only_where_the_service_says_so() -> None:
    for cancel, heard in ((Cancel.QUEUED, [(0, Outcome.OK, 11 * MS)]), (Cancel.RUNNING, [])):
        bench = Bench(cancel)
        bench.instance.cancel(bench.arrive(0))
        assert bench.heard() == heard
        assert bench.instance.free_slots == 1


def test_stopped_work_hands_its_slot_to_who_waits() -> None:
    bench = Bench(Cancel.RUNNING)
    running = bench.arrive(0)
    bench.arrive(1)
    bench.instance.cancel(running)
    assert list(bench.instance.jobs) == [1]
    assert bench.heard() == [(1, Outcome.OK, 11 * MS)]


def test_hanging_up_twice_or_after_the_answer_changes_nothing() -> None:
    bench = Bench(Cancel.RUNNING)
    done = bench.arrive(0)
    bench.heard()
    bench.instance.cancel(done)
    bench.instance.cancel(done)
    assert (bench.instance.free_slots, bench.instance.waiting) == (1, 0)


def test_a_crash_resets_running_and_queued_work_and_forgets_both() -> None:
    bench = Bench()
    for number in range(3):
        bench.arrive(number)
    bench.instance.crash(Condition.CRASHED)
    assert bench.heard() == [(number, Outcome.RESET, MS) for number in range(3)]
    assert (bench.instance.free_slots, bench.instance.waiting) == (1, 0)


def test_a_dark_host_answers_nobody() -> None:
    bench = Bench()
    bench.arrive(0)
    bench.instance.crash(Condition.DARK)
    bench.arrive(1)
    assert bench.heard() == []


@pytest.mark.parametrize("condition", [Condition.CRASHED, Condition.STARTING])
def test_a_host_whose_process_does_not_listen_refuses(condition: Condition) -> None:
    bench = Bench()
    bench.instance.crash(Condition.CRASHED)
    bench.instance.become(condition)
    bench.arrive(0)
    assert bench.heard() == [(0, Outcome.REFUSED, MS)]


def test_work_of_a_former_life_does_not_answer_in_the_next() -> None:
    bench = Bench()
    bench.arrive(0)
    bench.instance.crash(Condition.CRASHED)
    bench.instance.become(Condition.UP)
    bench.arrive(1)
    assert [(number, end) for number, end, _ in bench.heard()] == [
        (0, Outcome.RESET),
        (1, Outcome.OK),
    ]


def test_waiting_is_measured_from_arrival_to_service() -> None:
    bench = Bench()
    first, second = bench.arrive(0), bench.arrive(1)
    bench.heard()
    assert (first.wait_ns, second.wait_ns) == (0, 10 * MS)


@pytest.mark.parametrize("since_ns", [0, MS])
def test_a_crash_ends_the_wait_of_what_is_queued(since_ns: int) -> None:
    bench = Bench()
    bench.kernel.advance(since_ns)
    served, queued = bench.arrive(0), bench.arrive(1)
    bench.kernel.advance(since_ns + 3 * MS)
    bench.instance.crash(Condition.CRASHED)
    bench.heard()
    assert (served.wait_ns, queued.wait_ns) == (0, 3 * MS)


def test_delays_of_several_faults_add_up() -> None:
    samplers = [make_sampler(Deterministic(n * MS), Stream(1, f"{n}")) for n in (2, 3)]
    assert SummedDelay(tuple(samplers)).draw() == 5 * MS


def test_a_retry_draws_its_own_work_and_the_first_try_takes_the_requests() -> None:
    for try_number, work_ns in ((1, 10 * MS), (2, 4 * MS)):
        bench = Bench()
        bench.instance.arrive(bench.attempt(0, try_number))
        assert bench.heard() == [(0, Outcome.OK, work_ns + MS)]
