"""Every kind of fault is felt where and when it was planned, ends, and breaks no law.

A row names a fault and a measure of what it makes worse. Each is compared with the same world
under the same seed without it, before, during and after; what else happens, happens in both.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

import numpy as np
import pytest

from models.alerting.config import MonitoringConfig
from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.base.popularity import KeyLaw
from models.base.time import TimeNs
from models.discovery.config import DiscoveryConfig
from models.faults.ailments import (
    Abort,
    BadConfig,
    BadVersion,
    DependencyOutage,
    Hang,
    Pause,
    Slow,
)
from models.faults.clocks import ClockDrift, ClockFault, ClockSkew
from models.faults.exhaustion import Exhaustion, Resource
from models.faults.kind import FaultKind
from models.faults.network import (
    BandwidthCut,
    Between,
    Carried,
    CertificateExpiry,
    NetworkLatency,
    PacketDuplication,
    PacketLoss,
    PacketReordering,
    Partition,
    ProbeLoss,
    RegistryDown,
    StaleDiscovery,
)
from models.faults.plan import (
    AddedLatency,
    CacheFlush,
    ErrorRate,
    Fault,
    HostLoss,
    InstanceCrash,
    RegionOutage,
    ZoneOutage,
)
from models.faults.selector import Region, Selector
from models.faults.surge import LoadSurge
from models.records.digest import run_digest
from models.records.events import EventKind
from models.scheduling.config import ExecutorConfig, JobConfig, LockConfig, SchedulerConfig
from models.service.cache import CacheSpec
from scenarios.document.faults import FAULT_KINDS
from sim.chaos.verb import Scene
from sim.chaos.verbs import make_verbs
from sim.kernel.ties import OBSERVER
from sim.nodes.instance import Instance
from sim.world import Outcome as Left
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, service

BEFORE, DURING, AFTER = (1.0, 4.9), (7.0, 9.5), (12.0, 13.4)
STRIKES, ENDS = 5 * S, 10 * S
BACK = 1
"""Number of the position ``back`` in the call tree."""


@dataclass(frozen=True, eq=False)
class Run:
    """A run, and two things at the end of each 100 ms.

    They are how many requests each instance had served, and how wrong the scheduler's clock was.
    """

    world: World
    left: Left
    served: list[tuple[TimeNs, list[int]]]
    errors_ns: list[tuple[TimeNs, int]]

    @property
    def calls(self) -> dict[str, np.ndarray]:
        """Columns of the attempts from front to back."""
        attempts = self.left.tables[1]
        mine = attempts["node"] == BACK
        return {
            name: attempts[name][mine] for name in ("start_ns", "duration_ns", "outcome", "target")
        }


def within(instants: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    return (instants >= window[0] * S) & (instants < window[1] * S)


Window: TypeAlias = tuple[float, float]
Measure: TypeAlias = Callable[[Run, Window], float]


def failing(run: Run, window: Window) -> float:
    calls = run.calls
    return float((calls["outcome"][within(calls["start_ns"], window)] != Outcome.OK).mean())


def refused(run: Run, window: Window) -> float:
    calls = run.calls
    return float((calls["outcome"][within(calls["start_ns"], window)] == Outcome.REFUSED).mean())


def timed_out(run: Run, window: Window) -> float:
    calls = run.calls
    return float((calls["outcome"][within(calls["start_ns"], window)] == Outcome.TIMEOUT).mean())


def shortest_ms(run: Run, window: Window) -> float:
    calls = run.calls
    return float(calls["duration_ns"][within(calls["start_ns"], window)].min()) / MS


def longest_ms(run: Run, window: Window) -> float:
    calls = run.calls
    return float(calls["duration_ns"][within(calls["start_ns"], window)].max()) / MS


def to_the_first(run: Run, window: Window) -> float:
    """Share of calls that were sent to back-0."""
    calls = run.calls
    return float((calls["target"][within(calls["start_ns"], window)] == 3).mean())


def unseen(run: Run, window: Window) -> float:
    """Share of the scrapes of back-1 that failed."""
    numbers = [
        number
        for number, series in enumerate(run.left.manifest.series)
        if series.name == "up" and ("instance", "back-1") in series.labels
    ]
    samples = run.left.tables[2]
    rows = np.isin(samples["series"], numbers) & within(samples["time_ns"], window)
    return float((samples["value"][rows] == 0).mean())


def wrong_clock_ms(run: Run, window: Window) -> float:
    """How far the scheduler's wall clock is off at most."""
    errors = [error for when, error in run.errors_ns if window[0] * S <= when < window[1] * S]
    return max(map(abs, errors), default=0) / MS


def asked(run: Run, window: Window) -> float:
    """Calls to back per second."""
    return int(within(run.calls["start_ns"], window).sum()) / (window[1] - window[0])


def work_per_call(run: Run, window: Window) -> float:
    """Requests served by back for each call to it."""
    by_time = {when: sum(numbers[3:]) for when, numbers in run.served}
    start, end = (round(edge_s * S) for edge_s in window)
    return (by_time[end] - by_time[start]) / within(run.calls["start_ns"], window).sum()


@dataclass(frozen=True)
class Row:
    """A fault, what it makes larger by at least ``by``, and what else happens."""

    name: str
    kind: FaultKind
    measure: Measure
    by: float
    others: tuple[Fault, ...] = ()
    felt: Window = DURING

    @property
    def is_cached(self) -> bool:
        return isinstance(self.kind, CacheFlush)

    @property
    def has_jobs(self) -> bool:
        return isinstance(self.kind, ClockFault)

    @property
    def is_over_at_once(self) -> bool:
        return isinstance(self.kind, CacheFlush)

    def fault(self, *, label: str = "", at: int = STRIKES) -> Fault:
        length = None if self.is_over_at_once else ENDS - STRIKES
        return Fault(label or self.name, at, length, self.kind)


def crashed_for_long() -> tuple[Fault, ...]:
    return (Fault("other", STRIKES + S // 2, 8 * S, InstanceCrash(Selector(instance="back-0"))),)


FRONT_AND_BACK = Between(Selector(service="front"), Selector(service="back"))
BOTH = Selector(service="back")
FRONT = Selector(service="front")
ROWS = (
    Row("crash", InstanceCrash(BOTH), failing, 0.99),
    Row("host loss", HostLoss(BOTH), failing, 0.9),
    Row("zone outage", ZoneOutage("b"), unseen, 0.99),
    Row("region outage", RegionOutage(Region("east", ("a", "b"))), unseen, 0.99),
    Row("added latency", AddedLatency(BOTH, Deterministic(20 * MS)), shortest_ms, 39),
    Row("error rate", ErrorRate(BOTH, 0.4), failing, 0.2),
    Row("cache flush", CacheFlush(FRONT), asked, 30, felt=(5.0, 5.5)),
    Row("abort", Abort(BOTH, 0.4), failing, 0.2),
    Row("hang", Hang(BOTH, 0.4), timed_out, 0.2),
    Row("pause", Pause(BOTH), failing, 0.99),
    Row("slow", Slow(BOTH, 5.0), shortest_ms, 39),
    Row("partition", Partition(FRONT_AND_BACK), timed_out, 0.99),
    Row(
        "one-way partition",
        Partition(replace(FRONT_AND_BACK, both_ways=False)),
        timed_out,
        0.99,
    ),
    Row(
        "partial partition",
        Partition(
            Between(
                Selector(zone="a"),
                Selector(instance="back-1"),
                carries=frozenset({Carried.REQUESTS}),
            )
        ),
        failing,
        0.02,
    ),
    Row("packet loss", PacketLoss(FRONT_AND_BACK, 0.3), timed_out, 0.35),
    Row("probe loss", ProbeLoss(Between(Selector(instance="back-1")), 1.0), unseen, 0.99),
    Row(
        "duplication",
        PacketDuplication(FRONT_AND_BACK, 0.5, Deterministic(MS)),
        work_per_call,
        0.35,
    ),
    Row(
        "reordering",
        PacketReordering(FRONT_AND_BACK, 0.2, Deterministic(40 * MS)),
        longest_ms,
        39,
    ),
    Row("network latency", NetworkLatency(FRONT_AND_BACK, Deterministic(20 * MS)), shortest_ms, 39),
    Row("bandwidth cut", BandwidthCut(FRONT_AND_BACK, 1024 * 200), shortest_ms, 44),
    Row("certificate expiry", CertificateExpiry(FRONT_AND_BACK), refused, 0.99),
    Row("stale discovery", StaleDiscovery(), to_the_first, 0.2, crashed_for_long()),
    Row("dependency outage", DependencyOutage("back"), refused, 0.99),
    Row("bad version", BadVersion(BOTH, factor=5.0), shortest_ms, 39),
    Row("failing version", BadVersion(Selector(service="back", count=2), 0.5), failing, 0.2),
    Row("bad config", BadConfig(BOTH), failing, 0.99),
    Row("load surge", LoadSurge("users", 4.0), asked, 200),
    Row("exhausted slots", Exhaustion(BOTH, Resource.SLOTS, 1.0), failing, 0.99),
    Row("clock skew", ClockSkew(Selector(service="scheduler"), -S), wrong_clock_ms, 999),
    Row("clock drift", ClockDrift(Selector(instance="s1"), 1000), wrong_clock_ms, 4),
    Row("registry down", RegistryDown(), to_the_first, 0.2, crashed_for_long()),
)
FEW_KEYS = CacheSpec(KeyLaw(40), ttl_ns=3600 * S, is_warm=True)


JOBS = SchedulerConfig((("s1", "a"), ("s2", "b")), LockConfig("c"), (ExecutorConfig("x1", "a"),))


def carry_out(faults: Sequence[Fault], row: Row, *, shuffle: bool) -> Run:
    plan = blueprint(
        [
            service(
                "front",
                slots=50,
                work=Deterministic(5 * MS),
                calls=[["back"]],
                cache=FEW_KEYS if row.is_cached else None,
            ),
            service("back", slots=50, work=Deterministic(10 * MS)),
        ],
        [
            edge("users", "front", timeout_ns=500 * MS),
            edge("front", "back", timeout_ns=200 * MS),
        ],
        rate_per_s=80,
        seconds=15,
        faults=faults,
        discovery=DiscoveryConfig("a", 200 * MS, 600 * MS, 200 * MS, 200 * MS),
    )
    watched = replace(
        plan,
        monitoring=MonitoringConfig("c", scrape_interval_ns=S // 2, scrape_timeout_ns=S // 4),
        scheduler=JOBS if row.has_jobs else None,
        jobs=(JobConfig("report", "* * * * *", Deterministic(S)),) if row.has_jobs else (),
    )
    world = build(watched, 1, shuffle_ties=shuffle)
    served: list[tuple[TimeNs, list[int]]] = []
    errors_ns: list[tuple[TimeNs, int]] = []

    def look(_: object) -> None:
        if world.jobs is not None:
            clock = world.jobs.schedulers[0].clock
            shown = clock.wall_at(world.kernel.now)
            errors_ns.append((world.kernel.now, shown - clock.monotonic_at(world.kernel.now)))
        served.append((world.kernel.now, [instance.answered for instance in world.instances]))

    for tenth in range(150):
        world.kernel.post(tenth * S // 10, OBSERVER, look, None)
    return Run(world, world.run(), served, errors_ns)


@cache
def struck(row: Row, *, shuffle: bool) -> Run:
    return carry_out((*row.others, row.fault()), row, shuffle=shuffle)


@cache
def spared(row: Row, *, shuffle: bool) -> Run:
    return carry_out(row.others, row, shuffle=shuffle)


def digest(run: Run) -> str:
    return run_digest(run.left.manifest, run.left.tables)


each_fault = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
both_tie_modes = pytest.mark.parametrize("shuffle", [False, True])


@each_fault
@both_tie_modes
def test_it_is_felt_while_it_lasts_and_not_afterwards(row: Row, shuffle: bool) -> None:
    with_it, without = (
        struck(row, shuffle=shuffle),
        spared(row, shuffle=shuffle),
    )
    worse = {
        window: row.measure(with_it, window) - row.measure(without, window)
        for window in (BEFORE, row.felt, AFTER)
    }
    assert worse[BEFORE] == 0
    assert worse[row.felt] >= row.by
    assert abs(worse[AFTER]) < row.by / 4


def is_as_before(world: World) -> bool:
    """Whether nothing that a fault can change is changed."""
    fresh = carry_out_nothing()
    assert world.discovery is not None
    return (
        all(link.is_plain for link in world.network.links())
        and world.discovery.server.is_running
        and not world.discovery.server.is_stale
        and all(world.power.is_on(zone) for zone in world.blueprint.zones)
        and [state_of(one) for one in world.instances] == fresh
    )


@cache
def carry_out_nothing() -> list[tuple[object, ...]]:
    """How instances are without any fault."""
    return [state_of(one) for one in spared(ROWS[0], shuffle=False).world.instances]


def state_of(one: Instance) -> tuple[object, ...]:
    """What faults may change in an instance."""
    return (
        one.condition,
        one.added_delay,
        one.error_ratio,
        one.is_shut,
        one.mishaps,
        one.standstill,
        one.pace_ratio,
        one.slots,
        one.clock.drift_ppm,
        one.clock.wall_at(0),
    )


@each_fault
@both_tie_modes
def test_nothing_of_it_is_left(row: Row, shuffle: bool) -> None:
    assert is_as_before(struck(row, shuffle=shuffle).world)


@each_fault
@both_tie_modes
def test_two_of_a_kind_end_each_by_itself(row: Row, shuffle: bool) -> None:
    second = row.fault(label="again", at=STRIKES + S)
    run = carry_out((*row.others, row.fault(), second), row, shuffle=shuffle)
    without = spared(row, shuffle=shuffle)
    if not row.is_over_at_once:
        window = (10.3, 10.9)
        assert row.measure(run, window) - row.measure(without, window) >= row.by / 2
    assert is_as_before(run.world)


@each_fault
@both_tie_modes
def test_one_that_never_ends_breaks_no_law(row: Row, shuffle: bool) -> None:
    faults = (*row.others, replace(row.fault(), for_ns=None))
    run = carry_out(faults, row, shuffle=shuffle)
    assert not run.left.stopped_early


@each_fault
def test_its_start_and_its_end_are_on_record(row: Row) -> None:
    events = struck(row, shuffle=False).left.tables[3]
    noted = [
        (kind, int(at), json.loads(detail)["kind"])
        for kind, subject, at, detail in zip(
            events.text("kind"),
            events.text("subject"),
            events["time_ns"],
            events.text("detail"),
            strict=True,
        )
        if subject == row.name
    ]
    started = (EventKind.FAULT_STARTED, STRIKES, row.kind.name)
    ended = (EventKind.FAULT_ENDED, ENDS, row.kind.name)
    assert noted == ([started] if row.is_over_at_once else [started, ended])


@each_fault
@both_tie_modes
def test_no_request_is_lost_or_counted_twice(row: Row, shuffle: bool) -> None:
    counts = struck(row, shuffle=shuffle).left.counts
    ended = counts.completed + counts.failed + counts.rejected + counts.timed_out
    assert counts.offered == ended + counts.in_flight > 1000


@each_fault
def test_it_runs_alike_under_the_same_seed(row: Row) -> None:
    again = carry_out((*row.others, row.fault()), row, shuffle=False)
    first = struck(row, shuffle=False)
    assert digest(again) == digest(first) != digest(spared(row, shuffle=False))


def test_every_kind_that_can_be_done_and_written_has_a_row() -> None:
    world = spared(ROWS[0], shuffle=False).world
    scene = Scene(
        world.kernel,
        world.network,
        world.power,
        world.lives,
        world.instances,
        nodes=(),
        registry=None,
        streams=world.stream,
    )
    kinds = {type(row.kind) for row in ROWS}
    assert kinds == set(make_verbs(scene))
    assert {kind.name for kind in kinds} == set(FAULT_KINDS)
