import asyncio

import pytest

from models.base.errors import SimulationError
from models.runtime.driver import Driver

MS = 1_000_000


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


def test_the_decider_is_ticked_never_early_and_its_actions_are_delivered() -> None:
    async def scene() -> tuple[list[int], list[int], list[int]]:
        begin, delivered = Driver(Alarm(), deliver=lambda _: None).now, list[int]()
        deadlines = [begin + 5 * MS, begin + 60 * MS]
        alarm = Alarm(*deadlines)

        def deliver(now: int) -> None:
            delivered.append(now)
            if len(delivered) == 2:
                driver.stop()

        driver = Driver(alarm, deliver=deliver)
        await asyncio.wait_for(driver.run(), 20)
        return deadlines, alarm.ticked, delivered

    deadlines, ticked, delivered = asyncio.run(scene())
    assert ticked == delivered
    assert all(late >= due for late, due in zip(ticked, deadlines, strict=True))


def test_a_poke_serves_a_deadline_that_came_up_meanwhile() -> None:
    async def scene() -> list[int]:
        alarm = Alarm()
        driver = Driver(alarm, deliver=lambda _: driver.stop())
        running = asyncio.create_task(driver.run())
        await asyncio.sleep(0)
        assert not alarm.ticked
        alarm.deadlines = [driver.now]
        driver.poke()
        await asyncio.wait_for(running, 20)
        return alarm.ticked

    assert len(asyncio.run(scene())) == 1


def test_a_poke_serves_a_deadline_earlier_than_the_one_waited_for() -> None:
    async def scene() -> int:
        alarm = Alarm(10**18 + 1)
        driver = Driver(alarm, deliver=lambda _: driver.stop(), clock=lambda: 10**18 - 10**13)
        running = asyncio.create_task(driver.run())
        await asyncio.sleep(0)
        alarm.deadlines.insert(0, driver.now)
        driver.poke()
        await asyncio.wait_for(running, 20)
        return len(alarm.ticked)

    assert asyncio.run(scene()) == 1


def test_a_driver_stopped_before_it_runs_ticks_nothing() -> None:
    async def scene() -> list[int]:
        alarm = Alarm(0)
        driver = Driver(alarm, deliver=lambda _: None)
        driver.stop()
        await asyncio.wait_for(driver.run(), 20)
        return alarm.ticked

    assert asyncio.run(scene()) == []


def test_a_decider_that_wants_the_same_instant_again_ends_the_run() -> None:
    driver = Driver(Stuck(7), deliver=lambda _: None, clock=lambda: 7)
    with pytest.raises(SimulationError, match="Stuck ticked at 7 ns and still wants 7 ns"):
        asyncio.run(asyncio.wait_for(driver.run(), 20))


def test_what_delivery_raises_ends_the_run() -> None:
    def deliver(_: int) -> None:
        raise LookupError("no such receiver")

    driver = Driver(Alarm(0), deliver=deliver)
    with pytest.raises(LookupError, match="receiver"):
        asyncio.run(asyncio.wait_for(driver.run(), 20))
