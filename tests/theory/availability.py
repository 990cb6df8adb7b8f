"""Families of failure and repair: k of n components, on the kernel's own processes.

Components fail and are repaired after exponential times, also while the system is down. Repair
is `independent`, or there is a `single` crew for all.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy
from simpy.events import Event

from models.base.distributions import Exponential
from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.base.time import NS_PER_S
from sim.kernel.environment import Kernel
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_mean

UNIT_NS = NS_PER_S
"""One unit of the parameters' time."""
COMPONENT_EVENTS = 300_000
LIVES = 10_000


@dataclass
class System:
    """Counts what is up, and notes each change between working (at least ``k`` up) and not."""

    kernel: Kernel
    n: int
    k: int
    up: int = field(init=False)
    failures: list[int] = field(default_factory=list)
    repairs: list[int] = field(default_factory=list)
    failed: Event = field(init=False)

    def __post_init__(self) -> None:
        self.up = self.n
        self.failed = self.kernel.event()

    def component_failed(self) -> None:
        self.up -= 1
        if self.up == self.k - 1:
            self.failures.append(self.kernel.now)
            if not self.failed.triggered:
                self.failed.succeed()

    def component_repaired(self) -> None:
        self.up += 1
        if self.up == self.k:
            self.repairs.append(self.kernel.now)


def component(
    system: System, crew: simpy.Resource, mttf: float, mttr: float, stream: tuple[Stream, Stream]
) -> Generator[Event, Any, Any]:
    life = make_sampler(Exponential(round(mttf * UNIT_NS)), stream[0])
    work = make_sampler(Exponential(round(mttr * UNIT_NS)), stream[1])
    kernel = system.kernel
    while True:
        yield kernel.timeout(life.draw())
        system.component_failed()
        with crew.request() as turn:
            yield turn
            yield kernel.timeout(work.draw())
        system.component_repaired()


def started(case: Case, seed: int, *, tolerated: int | None = None) -> System:
    n = case["n"]
    k = case["k"] if tolerated is None else n - tolerated
    kernel = Kernel(seed=seed)
    system = System(kernel, n, k)
    crews = 1 if case.parameters.get("repair") == "single" else n
    crew = simpy.Resource(kernel, capacity=crews)
    for index in range(n):
        streams = (Stream(seed, f"life/{index}"), Stream(seed, f"repair/{index}"))
        kernel.process(component(system, crew, case["mttf"], case["mttr"], streams))
    return system


@dataclass(frozen=True)
class History:
    """Instants of failure and repair of the system, equally many; in units of time."""

    failures: np.ndarray
    repairs: np.ndarray
    length: float


def history(case: Case, seed: int, scale: float) -> History:
    system = started(case, seed)
    cycle = case["mttf"] + case["mttr"]
    length = COMPONENT_EVENTS * scale / 2 / case["n"] * cycle
    system.kernel.advance(round(length * UNIT_NS))
    repairs = np.array(system.repairs) / UNIT_NS
    failures = np.array(system.failures)[: len(repairs)] / UNIT_NS
    return History(failures, repairs, length)


def stretches(found: History, batches: int) -> tuple[np.ndarray, np.ndarray]:
    """Share of the time down, and failures per unit of time, in equal stretches."""
    cuts = np.linspace(0.0, found.length, batches + 1)
    down = np.concatenate([[0.0], np.cumsum(found.repairs - found.failures)])
    instants = np.concatenate([[0.0], np.column_stack((found.failures, found.repairs)).ravel()])
    levels = np.repeat(down, 2)[: len(instants)]
    share = np.diff(np.interp(cuts, instants, levels)) * batches / found.length
    counts, _ = np.histogram(found.failures, cuts)
    return share, counts * batches / found.length


@scores(r"avail-\dof.*")
def unavailability(case: Case, seed: int, scale: float) -> Score:
    found = history(case, seed, scale)
    return of_mean(case.value, stretches(found, 20)[0], len(found.failures), "outages")


@scores(r"avail-freq-.*")
def failure_frequency(case: Case, seed: int, scale: float) -> Score:
    found = history(case, seed, scale)
    return of_mean(case.value, stretches(found, 20)[1], len(found.failures), "outages")


@scores(r"avail-outage-.*")
def outage_length(case: Case, seed: int, scale: float) -> Score:
    """Outages begin in one state of the chain, so their lengths are independent."""
    found = history(case, seed, scale)
    return of_mean(case.value, found.repairs - found.failures, len(found.failures), "outages")


def time_to_failure(case: Case, seed: int, count: int, *, tolerated: int | None = None) -> Score:
    times = []
    for life in range(count):
        system = started(case, seed * 1_000_000 + life, tolerated=tolerated)
        system.kernel.run(until=system.failed)
        times.append(system.kernel.now / UNIT_NS)
    return of_mean(case.value, times, count, "lives")


@scores(r"mttf-.*")
def mean_time_to_failure(case: Case, seed: int, scale: float) -> Score:
    return time_to_failure(case, seed, round(LIVES * scale))


@scores(r"mttdl-3-1")
def mean_time_to_data_loss(case: Case, seed: int, scale: float) -> Score:
    """Lost when one replica more than tolerated is down at once; each is rebuilt by itself."""
    return time_to_failure(case, seed, round(500 * scale), tolerated=case["tolerated"])
