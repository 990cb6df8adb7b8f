"""One script, two times: the same decider decides the same under virtual and under real time.

The script's instants keep at least ``SLACK_NS`` from every instant at which a decision could
turn. A real machine may be later than that; such an attempt says nothing and is made again.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import pytest

from models.base.decider import Decider
from models.base.time import NS_PER_MS
from models.discovery.config import DiscoveryConfig
from models.discovery.member import Registration, Status
from models.discovery.messages import Change, Reply
from models.discovery.registry import Registry
from models.runtime import driver as real
from sim.kernel import driver as virtual
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.kernel.ties import NETWORK, SWEEP

SLACK_NS = 40 * NS_PER_MS
ATTEMPTS = 6
LENGTH_NS = 1155 * NS_PER_MS


@dataclass
class Play:
    """A decider, the inputs it gets at given instants, and the decisions it took."""

    decider: Decider[object]
    steps: list[tuple[int, Callable[[int], object]]]
    decisions: list[object] = field(default_factory=list)

    def note(self, decision: object) -> None:
        self.decisions.append(decision)


def under_virtual_time(play: Play, *, drift_ppm: int = 0) -> list[object]:
    kernel = Kernel()
    driver = virtual.Driver(
        kernel, NodeClock(drift_ppm=drift_ppm), play.decider, tie_class=SWEEP, deliver=play.note
    )

    def give(step: Callable[[int], object]) -> None:
        play.note(step(driver.now))
        driver.poke()

    for at_ns, step in play.steps:
        kernel.call_at(at_ns, NETWORK, give, step)
    driver.start()
    kernel.advance(LENGTH_NS)
    return play.decisions


class TooLateError(Exception):
    """The machine was busier than the script allows for."""


async def under_real_time(play: Play) -> list[object]:
    zero = time.monotonic_ns()
    decider = Punctual(play.decider)
    driver = real.Driver(decider, deliver=play.note, clock=lambda: time.monotonic_ns() - zero)
    running = asyncio.create_task(driver.run())
    for at_ns, step in [*play.steps, (LENGTH_NS, None)]:
        while driver.now < at_ns:
            await asyncio.sleep((at_ns - driver.now) / 1e9)
        if driver.now > at_ns + SLACK_NS:
            raise TooLateError
        if step is not None:
            play.note(step(driver.now))
            driver.poke()
    driver.stop()
    await running
    return play.decisions


class Punctual:
    """Passes everything on, and refuses a tick that comes too late to be comparable."""

    def __init__(self, decider: Decider[object]) -> None:
        self._decider = decider
        self.next_deadline = decider.next_deadline

    def tick(self, *, now: int) -> object:
        deadline = self._decider.next_deadline()
        if deadline is not None and now > deadline + SLACK_NS:
            raise TooLateError
        return self._decider.tick(now=now)


def real_decisions(write: Callable[[], Play]) -> list[object]:
    for _ in range(ATTEMPTS):
        try:
            return asyncio.run(under_real_time(write()))
        except TooLateError:
            continue
    pytest.fail(f"the machine was more than {SLACK_NS // NS_PER_MS} ms late {ATTEMPTS} times")


def registry_play() -> Play:
    """Lease 300 ms, sweeps at 100, 200, ... ms; inputs and expiries fall between the sweeps."""
    ms = NS_PER_MS
    registry = Registry(
        DiscoveryConfig(zone="a", lease_ns=300 * ms, sweep_ns=100 * ms, history_limit=5),
        sweep_start=100 * ms,
    )

    def register(name: str, incarnation: int = 1, **more: object) -> Callable[[int], Reply]:
        announced = Registration(name, "web", "a", incarnation=incarnation, **more)
        return lambda now: registry.register(announced, now=now)

    def beat(name: str, incarnation: int = 1) -> Callable[[int], Reply]:
        return lambda now: registry.heartbeat(name, incarnation, now=now)

    steps: list[tuple[int, Callable[[int], object]]] = [
        (50, register("web-0")),
        (51, register("web-1", status=Status.STARTING)),
        (52, register("web-2")),
        (150, lambda _: registry.set_status("web-1", Status.UP, 1)),
        (151, beat("web-0")),
        (152, lambda now: registry.healthy("web", now=now)),
        (153, lambda _: registry.deregister("web-2", 1)),
        (154, beat("web-2")),
        (350, beat("web-0")),
        (450, beat("web-1")),  # silent since 51, swept at 400
        (451, register("web-1")),
        (452, lambda _: registry.changes_since(2, "web")),
        (550, register("web-0", 2)),
        (551, beat("web-0", 1)),
        (552, beat("web-1")),  # its last: swept at 900
        (750, beat("web-0", 2)),  # its last: swept at 1100
        (752, lambda _: registry.changes_since(0, "web")),
        (1145, lambda _: registry.snapshot()),
    ]
    return Play(registry, [(at * ms, step) for at, step in steps])


class Position(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Fuse:
    """Opens after two failures in a row; half-open 150 ms later; one success closes it."""

    def __init__(self) -> None:
        self.position = Position.CLOSED
        self._failures = 0
        self._until: int | None = None

    def record(self, is_failure: bool, *, now: int) -> Position:
        self._failures = self._failures + 1 if is_failure else 0
        if is_failure and (self.position is Position.HALF_OPEN or self._failures >= 2):
            self.position, self._until = Position.OPEN, now + 150 * NS_PER_MS
        elif not is_failure and self.position is Position.HALF_OPEN:
            self.position = Position.CLOSED
        return self.position

    def next_deadline(self) -> int | None:
        return self._until

    def tick(self, *, now: int) -> Position:
        if self._until is not None and now >= self._until:
            self.position, self._until = Position.HALF_OPEN, None
        return self.position


def fuse_play() -> Play:
    fuse = Fuse()

    def record(is_failure: bool) -> Callable[[int], Position]:
        return lambda now: fuse.record(is_failure, now=now)

    steps: list[tuple[int, Callable[[int], object]]] = [
        (5, record(True)),
        (10, record(True)),  # open until 160
        (100, lambda _: fuse.position),
        (230, record(True)),  # half-open: one failure opens it again, until 380
        (300, lambda _: fuse.position),
        (460, record(False)),
        (465, record(True)),
        (470, record(True)),  # open until 620
        (560, lambda _: fuse.position),
        (700, lambda _: fuse.position),
    ]
    return Play(fuse, [(at * NS_PER_MS, step) for at, step in steps])


def test_the_registry_decides_the_same_under_virtual_and_real_time() -> None:
    expected = under_virtual_time(registry_play())
    removed = [c for d in expected if isinstance(d, tuple) for c in d if isinstance(c, Change)]
    assert [c.member.instance for c in removed] == ["web-1", "web-1", "web-0"]
    assert real_decisions(registry_play) == expected


def test_a_breaker_decides_the_same_under_virtual_and_real_time() -> None:
    expected = under_virtual_time(fuse_play())
    assert expected.count(Position.HALF_OPEN) == 4
    assert real_decisions(fuse_play) == expected


@pytest.mark.parametrize("drift_ppm", [-200, 200])
def test_the_registry_decides_the_same_on_a_clock_that_drifts(drift_ppm: int) -> None:
    drifting = under_virtual_time(registry_play(), drift_ppm=drift_ppm)
    assert drifting == under_virtual_time(registry_play())


def test_the_script_can_tell_a_different_decider_apart() -> None:
    patient = registry_play()
    registry = patient.decider
    assert isinstance(registry, Registry)
    registry._leases._lease_ns *= 2
    assert under_virtual_time(patient) != under_virtual_time(registry_play())
