from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

import pytest

from models.base.errors import SimulationError
from models.discovery.config import DiscoveryConfig
from models.discovery.member import Registration
from models.discovery.registry import Registry
from sim.kernel.clocks import NodeClock
from sim.kernel.driver import Driver
from sim.kernel.ties import NETWORK, SWEEP


class Call:
    def __init__(self, callback: Callable[[Any], object], argument: Any) -> None:
        self.callback, self.argument, self.is_cancelled = callback, argument, False

    def cancel(self) -> None:
        self.is_cancelled = True


class Agenda:
    """The smallest kernel: runs calls in the order (time, class, sequence)."""

    def __init__(self) -> None:
        self.now = 0
        self._calls: list[tuple[int, int, int, Call]] = []
        self._sequence = count()

    def call_at(
        self, when: int, tie_class: int, callback: Callable[[Any], object], argument: Any
    ) -> Call:
        assert when >= self.now, "asked for the past"
        call = Call(callback, argument)
        heappush(self._calls, (when, tie_class, next(self._sequence), call))
        return call

    def pending(self) -> int:
        return sum(not entry[3].is_cancelled for entry in self._calls)

    def run(self, until: int) -> None:
        while self._calls and self._calls[0][0] <= until:
            self.now, _, _, call = heappop(self._calls)
            if not call.is_cancelled:
                call.callback(call.argument)
        self.now = until


class Alarm:
    """A decider with settable deadlines; remembers when it was ticked."""

    def __init__(self, *deadlines: int) -> None:
        self.deadlines = sorted(deadlines)
        self.ticked: list[int] = []

    def next_deadline(self) -> int | None:
        return self.deadlines[0] if self.deadlines else None

    def tick(self, *, now: int) -> int:
        self.ticked.append(now)
        self.deadlines = [deadline for deadline in self.deadlines if deadline > now]
        return now


class Stuck(Alarm):
    def tick(self, *, now: int) -> int:
        return now


class Fast:
    """A broken clock: promises a reading that it does not show."""

    def monotonic_at(self, true_ns: int) -> int:
        return true_ns - 1

    def true_at(self, monotonic_ns: int) -> int:
        return monotonic_ns


def driven(
    alarm: Alarm, *, drift_ppm: int = 0, begin: int = 0
) -> tuple[Agenda, Driver[int], list[int]]:
    agenda, delivered = Agenda(), list[int]()
    agenda.now = begin
    driver = Driver(
        agenda,
        NodeClock(drift_ppm=drift_ppm),
        alarm,
        tie_class=SWEEP,
        deliver=delivered.append,
    )
    driver.start()
    return agenda, driver, delivered


def test_the_decider_is_ticked_at_each_deadline_and_its_actions_are_delivered() -> None:
    alarm = Alarm(10, 25, 40)
    agenda, _, delivered = driven(alarm)
    agenda.run(until=30)
    assert alarm.ticked == delivered == [10, 25]


def test_a_decider_without_deadline_is_left_alone() -> None:
    alarm = Alarm()
    agenda, _, _ = driven(alarm)
    assert agenda.pending() == 0


def test_a_deadline_already_past_is_served_at_the_current_instant() -> None:
    alarm = Alarm(10)
    agenda, _, _ = driven(alarm, begin=50)
    agenda.run(until=50)
    assert alarm.ticked == [50]


def test_a_poke_moves_the_timer_to_an_earlier_deadline() -> None:
    alarm = Alarm(100)
    agenda, driver, _ = driven(alarm)
    alarm.deadlines = [20, 100]
    driver.poke()
    agenda.run(until=60)
    assert alarm.ticked == [20]


def test_a_poke_moves_the_timer_to_a_later_deadline() -> None:
    alarm = Alarm(20)
    agenda, driver, _ = driven(alarm)
    alarm.deadlines = [100]
    driver.poke()
    agenda.run(until=60)
    assert alarm.ticked == []
    agenda.run(until=100)
    assert alarm.ticked == [100]


def test_a_poke_wakes_a_decider_that_had_no_deadline() -> None:
    alarm = Alarm()
    agenda, driver, _ = driven(alarm)
    alarm.deadlines = [30]
    driver.poke()
    agenda.run(until=30)
    assert alarm.ticked == [30]


def test_a_poke_that_changes_nothing_arms_nothing_new() -> None:
    agenda, driver, _ = driven(Alarm(30))
    driver.poke()
    driver.poke()
    assert agenda.pending() == 1


def test_a_withdrawn_deadline_disarms_the_timer() -> None:
    alarm = Alarm(30)
    agenda, driver, _ = driven(alarm)
    alarm.deadlines = []
    driver.poke()
    agenda.run(until=100)
    assert alarm.ticked == []


def test_a_stopped_driver_ticks_no_more_and_a_poke_does_not_wake_it() -> None:
    alarm = Alarm(30)
    agenda, driver, _ = driven(alarm)
    driver.stop()
    driver.poke()
    agenda.run(until=100)
    assert alarm.ticked == []


def test_a_restarted_driver_serves_what_was_missed() -> None:
    alarm = Alarm(30, 200)
    agenda, driver, _ = driven(alarm)
    driver.stop()
    agenda.run(until=100)
    driver.start()
    agenda.run(until=200)
    assert alarm.ticked == [100, 200]


def test_delivery_may_poke_and_stop_the_driver() -> None:
    alarm, agenda = Alarm(10, 20, 30), Agenda()

    def deliver(now: int) -> None:
        driver.poke()
        if now == 20:
            driver.stop()

    driver = Driver(agenda, NodeClock(), alarm, tie_class=SWEEP, deliver=deliver)
    driver.start()
    agenda.run(until=100)
    assert alarm.ticked == [10, 20]


@pytest.mark.parametrize("drift_ppm", [-200, -1, 1, 200])
def test_on_a_drifting_clock_a_tick_comes_at_the_first_instant_that_shows_the_deadline(
    drift_ppm: int,
) -> None:
    deadlines = [1_000_003, 77_777_777, 1_000_000_000]
    clock = NodeClock(drift_ppm=drift_ppm)
    alarm = Alarm(*deadlines)
    agenda, _, _ = driven(alarm, drift_ppm=drift_ppm)
    for deadline in deadlines:
        agenda.run(until=clock.true_at(deadline) - 1)
        assert len(alarm.ticked) == deadlines.index(deadline)
        agenda.run(until=clock.true_at(deadline))
        assert len(alarm.ticked) == deadlines.index(deadline) + 1
    assert all(late >= due for late, due in zip(alarm.ticked, deadlines, strict=True))


def test_a_decider_that_wants_the_same_instant_again_ends_the_run() -> None:
    agenda, _, _ = driven(Stuck(10))
    with pytest.raises(SimulationError, match="Stuck ticked at 10 ns and still wants 10 ns"):
        agenda.run(until=10)


def test_a_clock_that_breaks_its_promise_ends_the_run() -> None:
    agenda = Agenda()
    driver = Driver(agenda, Fast(), Alarm(10), tie_class=SWEEP, deliver=lambda _: None)
    driver.start()
    with pytest.raises(SimulationError, match="went off at 9 ns"):
        agenda.run(until=10)


@pytest.mark.parametrize("drift_ppm", [-200, 0, 200])
def test_a_beating_instance_stays_whatever_the_civil_time_and_a_silent_one_goes(
    drift_ppm: int,
) -> None:
    # PB05: beats every 1 s, lease 3 s, sweep 1 s; the registry's wall clock steps by an hour
    second = 1_000_000_000
    agenda, clock = Agenda(), NodeClock(drift_ppm=drift_ppm)
    registry = Registry(DiscoveryConfig(zone="a"), sweep_start=second // 3)
    removed: list[tuple[int, str]] = []
    driver = Driver(
        agenda,
        clock,
        registry,
        tie_class=SWEEP,
        deliver=lambda changes: removed.extend((agenda.now, c.member.instance) for c in changes),
    )
    for name in ("alive", "silent"):
        registry.register(Registration(name, "web", "a"), now=driver.now)

    def beat(_: object) -> None:
        registry.heartbeat("alive", 1, now=driver.now)
        agenda.call_at(agenda.now + second, NETWORK, beat, None)

    beat(None)
    agenda.call_at(5 * second // 2, NETWORK, clock.step, 3600 * second)
    driver.start()
    agenda.run(until=60 * second)
    assert [name for _, name in removed] == ["silent"]
    margin = second // 1000
    assert 3 * second - margin < removed[0][0] <= 4 * second + margin
    assert [m.instance for m in registry.instances("web")] == ["alive"]
