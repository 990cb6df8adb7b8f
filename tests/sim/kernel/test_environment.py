"""The kernel: order, ends, SimPy side by side with callbacks, crashes that say where."""

import pytest
import simpy

from models.base.errors import SimulationError
from models.base.streams import Stream
from sim.kernel import ties
from sim.kernel.environment import BATCH, Kernel

CLASSES = (
    ties.FAULT,
    ties.NETWORK,
    ties.SWEEP,
    ties.SCRAPE,
    ties.RULES,
    ties.NOTIFY,
    ties.USER,
    ties.OBSERVER,
)


def test_events_of_one_instant_run_in_the_order_of_their_classes() -> None:
    kernel, seen = Kernel(), []
    for tie_class in reversed(CLASSES):
        kernel.post(5, tie_class, seen.append, tie_class)
    kernel.advance(5)
    assert seen == list(CLASSES)


def test_events_of_one_class_run_in_the_order_of_scheduling() -> None:
    kernel, seen = Kernel(), []
    for number in range(100):
        kernel.post(5, ties.USER, seen.append, number)
    kernel.advance(5)
    assert seen == list(range(100))


def test_shuffled_ties_are_permuted_within_their_class_and_the_same_for_one_seed() -> None:
    def order(seed: int) -> list[tuple[int, int]]:
        kernel, seen = Kernel(ties=Stream(seed, "ties")), []
        for number in range(50):
            for tie_class in (ties.USER, ties.NETWORK, ties.OBSERVER):
                kernel.post(5, tie_class, seen.append, (tie_class, number))
        kernel.advance(5)
        return seen

    one = order(1)
    assert one == order(1)
    assert one != order(2)
    assert [entry[0] for entry in one] == sorted(entry[0] for entry in one)
    assert one[:50] != sorted(one[:50])
    assert one[100:] == sorted(one[100:])


def test_advance_processes_what_falls_on_its_end_and_nothing_later() -> None:
    kernel, seen = Kernel(), []
    kernel.post(10, ties.OBSERVER, seen.append, "at")
    kernel.post(11, ties.FAULT, seen.append, "after")
    assert kernel.advance(10)
    assert seen == ["at"]
    assert kernel.now == 10


def test_advance_counts_every_event_over_several_batches() -> None:
    kernel = Kernel()

    def again(left: int) -> None:
        if left:
            kernel.post(kernel.now + 1, ties.USER, again, left - 1)

    kernel.post(0, ties.USER, again, BATCH + 10)
    kernel.advance(10 * BATCH)
    assert kernel.events == BATCH + 10 + 1 + 1


def test_advance_stops_when_the_watch_says_so_and_keeps_what_is_queued() -> None:
    kernel = Kernel()

    def again(_: object) -> None:
        kernel.post(kernel.now + 1, ties.USER, again, None)

    kernel.post(0, ties.USER, again, None)
    assert not kernel.advance(10 * BATCH, after_batch=lambda: False)
    assert kernel.events == BATCH


def test_events_without_progress_of_time_end_the_run() -> None:
    kernel = Kernel()

    def again(_: object) -> None:
        kernel.post(kernel.now, ties.USER, again, None)

    kernel.post(3, ties.USER, again, None)
    assert not kernel.advance(10)
    assert kernel.now == 3


def test_a_cancelled_timer_never_fires_and_cancelling_twice_is_harmless() -> None:
    kernel, seen = Kernel(), []
    timer = kernel.call_at(5, ties.USER, seen.append, "cancelled")
    kernel.call_at(5, ties.USER, seen.append, "kept")
    timer.cancel()
    timer.cancel()
    kernel.advance(10)
    assert seen == ["kept"]


def test_the_past_is_refused() -> None:
    kernel = Kernel()
    kernel.advance(10)
    kernel.call_at(10, ties.USER, print)
    with pytest.raises(SimulationError, match="asked at 10ns for something at 9ns"):
        kernel.call_at(9, ties.USER, print)


def test_simpy_processes_share_clock_and_queue_with_callbacks() -> None:
    kernel, seen = Kernel(), []

    def script():  # type: ignore[no-untyped-def]
        yield kernel.timeout(5)
        seen.append(("process", kernel.now))
        yield kernel.wait(5, ties.NETWORK)
        seen.append(("process", kernel.now))

    kernel.process(script())
    kernel.post(10, ties.USER, lambda _: seen.append(("callback", kernel.now)), None)
    kernel.advance(20)
    assert seen == [("process", 5), ("process", 10), ("callback", 10)]


def test_plain_simpy_run_and_resources_work_on_the_kernel() -> None:
    kernel = Kernel()
    desk, left = simpy.Resource(kernel, capacity=1), []

    def customer(name: str):  # type: ignore[no-untyped-def]
        with desk.request() as turn:
            yield turn
            yield kernel.timeout(10)
            left.append((name, kernel.now))

    for name in "ab":
        kernel.process(customer(name))
    kernel.run(until=100)
    assert left == [("a", 10), ("b", 20)]
    assert kernel.now == 100


@pytest.mark.parametrize("delay", [1.5, -1])
def test_delays_that_are_no_whole_nanoseconds_are_refused(delay: float) -> None:
    with pytest.raises((SimulationError, ValueError)):
        Kernel().timeout(delay)


def test_a_crashing_process_ends_the_run_with_its_name_the_time_and_the_seed() -> None:
    kernel = Kernel(seed=42)

    def script():  # type: ignore[no-untyped-def]
        yield kernel.timeout(3_000_000_000)
        raise ZeroDivisionError("oops")

    kernel.supervise("billing", script())
    with pytest.raises(SimulationError, match=r"'billing' crashed at 3s \(seed 42\).*oops") as info:
        kernel.advance(10_000_000_000)
    assert isinstance(info.value.__cause__, ZeroDivisionError)


def test_a_process_that_ends_well_ends_nothing_else() -> None:
    kernel = Kernel()

    def script():  # type: ignore[no-untyped-def]
        yield kernel.timeout(3)
        return 7

    process = kernel.supervise("fine", script())
    assert kernel.advance(10)
    assert process.value == 7
