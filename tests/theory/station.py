"""One service of the simulator as a queueing station, and the jobs that went through it.

The time unit is a mean service time of 20 ms; links take no time, callers never give up, and
the balancer is the users' own. Jobs are told apart by arrival; a run starts empty, and its
first jobs are not looked at.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

import numpy as np

from models.base.distributions import Deterministic, Distribution, Exponential
from models.base.outcome import Outcome
from models.base.streams import Stream
from models.base.time import NS_PER_MS, NS_PER_S
from models.service.queueing import QueueSpec
from models.service.spec import EndpointSpec, InstanceSpec, ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.traffic.config import BalancerConfig, EdgeConfig
from sim.blueprint import Blueprint, LinksSpec, Phases
from sim.world import build

SERVICE_NS = 20 * NS_PER_MS
NEVER_NS = 10**15
PATIENCE = 20
"""Relaxation times that are dropped as warm-up, if the run is long enough."""
BATCH_LENGTH = 50
"""Relaxation times that a batch should last."""
BATCHES_MAX = 20
WORK = Exponential(SERVICE_NS)


@dataclass(frozen=True)
class Station:
    """``lam`` arrivals per mean service time, spread over ``servers`` of ``slots`` each.

    ``room`` jobs wait at each; ``gaps`` says how arrivals are spaced (`poisson`, `fixed`, or
    `h2`: hyperexponential with balanced means and squared coefficient of variation 4).
    """

    lam: float
    servers: int = 1
    slots: int = 1
    room: int = 10_000_000
    work: Distribution = WORK
    variability: float = 1.0
    policy: str = "round_robin"
    choices: int = 2
    scans_all: bool = False
    gaps: str = "poisson"
    jobs: int = 400_000
    batches: int | None = None

    @property
    def endpoints(self) -> tuple[EndpointSpec, ...]:
        """What is asked for; one kind of job unless a station of another kind says more."""
        return (EndpointSpec("do", self.work),)

    @property
    def mix(self) -> tuple[MixEntry, ...]:
        return (MixEntry("do", 1.0),)

    @property
    def order(self) -> QueueSpec:
        return QueueSpec()

    @property
    def relaxation_jobs(self) -> float:
        """Arrivals in one relaxation time of M/M/c at this load; 0 where nothing piles up."""
        each = self.lam / self.servers
        if each >= self.slots:
            return 50.0 * self.slots
        time = (1 + self.variability) / 2 / (self.slots**0.5 - each**0.5) ** 2
        return self.lam * time


@dataclass(frozen=True)
class Path:
    """Jobs in order of arrival; times in mean service times.

    ``first`` is the first job after the warm-up, ``last`` the first that may be unfinished.
    """

    start: np.ndarray
    wait: np.ndarray
    sojourn: np.ndarray
    server: np.ndarray
    is_admitted: np.ndarray
    has_left: np.ndarray
    kind: np.ndarray
    first: int
    last: int
    end: float
    batches: int

    def kept(self, values: np.ndarray) -> np.ndarray:
        """The jobs that count, refused ones included."""
        return values[self.first : self.last]

    def served(self, values: np.ndarray) -> np.ndarray:
        """The jobs that count and were let in."""
        return self.kept(values)[self.kept(self.is_admitted)]


def paths(station: Station, seed: int, scale: float) -> list[Path]:
    """Independent runs worth ``scale`` times the station's number of jobs."""
    jobs = round(station.jobs * min(scale, 1.0))
    first = seed_of(station, seed)
    return [_path(station, first + index, jobs) for index in range(max(1, round(scale)))]


def seed_of(plan: object, seed: int) -> int:
    """First of a million seeds of one plan, so that no two cases share their luck."""
    return (crc32(repr(plan).encode()) * 100 + seed) * 1_000_000


@lru_cache(maxsize=8)
def _path(station: Station, seed: int, jobs: int) -> Path:
    rate_per_s = station.lam * NS_PER_S / SERVICE_NS
    end_ns = round(jobs / rate_per_s * NS_PER_S)
    world = build(plan_of(station, rate_per_s, end_ns), seed)
    if station.gaps != "poisson":
        world.sources[0]._arrivals = Instants(_spaced(_GAPS[station.gaps], rate_per_s, seed))
    attempts = world.run().tables[1]
    order = np.argsort(attempts["start_ns"], kind="stable")
    outcome = attempts["outcome"][order]
    is_open = outcome == Outcome.IN_FLIGHT
    last = int(np.argmax(is_open)) if is_open.any() else len(order)
    warm_up = min(max(PATIENCE * station.relaxation_jobs, 0.02 * jobs), 0.25 * jobs)
    room = last - warm_up
    batches = room / (BATCH_LENGTH * max(station.relaxation_jobs, 1.0))
    return Path(
        start=attempts["start_ns"][order] / SERVICE_NS,
        wait=attempts["wait_us"][order].astype(np.float64) * 1000 / SERVICE_NS,
        sojourn=attempts["duration_ns"][order] / SERVICE_NS,
        server=attempts["target"][order].astype(np.int64),
        is_admitted=outcome != Outcome.QUEUE_FULL,
        has_left=outcome == Outcome.EXPIRED,
        kind=attempts["node"][order].astype(np.int64),
        first=round(warm_up),
        last=last,
        end=end_ns / SERVICE_NS,
        batches=station.batches or int(min(BATCHES_MAX, max(5, batches))),
    )


def plan_of(station: Station, rate_per_s: float, end_ns: int) -> Blueprint:
    service = ServiceSpec(
        name="station",
        instances=tuple(
            InstanceSpec(f"station-{index}", "a", "m") for index in range(station.servers)
        ),
        slots=station.slots,
        queue_limit=station.room,
        endpoints=station.endpoints,
        queue=station.order,
    )
    return Blueprint(
        name="station",
        phases=Phases(measure_ns=end_ns),
        zones=("a",),
        services=(service,),
        edges=(
            EdgeConfig(
                "users",
                "station",
                timeout_ns=0,
                balancer=BalancerConfig(
                    station.policy, station.choices, scans_all=station.scans_all
                ),
            ),
        ),
        sources=(SourceSpec("users", "station", station.mix, RateProfile((0,), (rate_per_s,))),),
        links=LinksSpec(Deterministic(0), Deterministic(0), Deterministic(0)),
        sample_interval_ns=NEVER_NS,
    )


class Instants:
    """Arrivals at given instants; stands in the place of a load source's own clock."""

    def __init__(self, instants_ns: Iterable[int]) -> None:
        self._instants_ns = iter(instants_ns)

    def __iter__(self) -> Iterator[int]:
        return self._instants_ns

    def __next__(self) -> int:
        return next(self._instants_ns)

    def next_ns(self) -> int | None:
        return next(self._instants_ns, None)


def _spaced(gap: Callable[[Stream], float], rate_per_s: float, seed: int) -> Iterator[int]:
    stream, mean_ns, now_ns = Stream(seed, "gaps"), NS_PER_S / rate_per_s, 0.0
    while True:
        now_ns += gap(stream) * mean_ns
        yield int(now_ns)


def _fixed(_: Stream) -> float:
    return 1.0


H2_SHARE = (1 + (3 / 5) ** 0.5) / 2
"""Of the short phase, for a squared coefficient of variation of 4 with balanced means."""


def _h2(stream: Stream) -> float:
    share = H2_SHARE if stream.uniform() < H2_SHARE else 1 - H2_SHARE
    return float(-np.log1p(-stream.uniform()) / (2 * share))


_GAPS: dict[str, Callable[[Stream], float]] = {"fixed": _fixed, "h2": _h2}


@dataclass(frozen=True)
class Occupancy:
    """Number in system as a step function of time: ``level[i]`` from ``time[i]`` on."""

    time: np.ndarray
    level: np.ndarray
    begin: float
    end: float

    def means(self, values: np.ndarray, batches: int) -> np.ndarray:
        """Time averages of ``values`` (one a step) over equal stretches of the run."""
        area = np.concatenate([[0.0], np.cumsum(values[:-1] * np.diff(self.time))])
        cuts = np.linspace(self.begin, self.end, batches + 1)
        last = values[-1] * np.maximum(cuts - self.time[-1], 0.0)
        return np.diff(np.interp(cuts, self.time, area) + last) * batches / (self.end - self.begin)


def occupancy(path: Path) -> Occupancy:
    """Everyone in the station, from the arrivals and departures of a run."""
    leave = path.start + path.sojourn
    admitted = path.is_admitted
    time = np.concatenate([path.start[admitted], leave[admitted]])
    step = np.concatenate([np.ones(admitted.sum()), -np.ones(admitted.sum())])
    order = np.argsort(time, kind="stable")
    return Occupancy(
        time[order], np.cumsum(step[order]), path.start[path.first], path.start[path.last - 1]
    )


def share_of_servers(path: Path, level: int, servers: int) -> np.ndarray:
    """Time-average share of the servers with at least ``level`` jobs, in ten stretches."""
    count = len(path.start)
    time = np.concatenate([path.start, path.start + path.sojourn])
    step = np.concatenate([np.ones(count, np.int64), -np.ones(count, np.int64)])
    server = np.concatenate([path.server, path.server])
    order = np.lexsort((-step, time, server))
    time, step, server = time[order], step[order], server[order]
    total = np.cumsum(step)
    is_first = np.concatenate([[True], server[1:] != server[:-1]])
    before = np.where(is_first, total - step, 0)
    inside = total - np.repeat(
        before[is_first], np.diff(np.append(np.flatnonzero(is_first), len(server)))
    )
    until = np.append(time[1:], path.end)
    until[np.append(is_first[1:], True)] = path.end
    busy = inside >= level
    cuts = np.linspace(path.start[path.first], path.end, 11)
    shares = []
    for low, high in pairwise(cuts):
        length = np.clip(until[busy], low, high) - np.clip(time[busy], low, high)
        shares.append(float(length.sum()) / (servers * (high - low)))
    return np.array(shares)
