"""Every fault is seen by its victims, and is over when it ends."""

from collections.abc import Sequence

import numpy as np

from models.base.distributions import Deterministic, Distribution
from models.base.outcome import Outcome
from models.discovery.config import DiscoveryConfig
from models.faults.plan import (
    AddedLatency,
    ErrorRate,
    Fault,
    InstanceCrash,
    ZoneOutage,
)
from models.faults.selector import Selector
from models.records.manifest import Manifest
from models.records.table import Table
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, fault, service


def run(
    faults: Sequence[Fault], *, discovery: bool = False, work: Distribution | None = None
) -> tuple[World, Manifest, Table]:
    plan = blueprint(
        [service("shop", count=3, slots=50, work=work)],
        [edge("users", "shop", timeout_ns=200 * MS)],
        rate_per_s=300,
        faults=faults,
        discovery=DiscoveryConfig("a") if discovery else None,
    )
    world = build(plan, 1)
    outcome = world.run()
    return world, outcome.manifest, outcome.tables[1]


def during(attempts: Table, start_s: float, end_s: float) -> np.ndarray:
    begins = attempts["start_ns"]
    return (begins >= start_s * S) & (begins < end_s * S)


def outcomes(attempts: Table, rows: np.ndarray) -> set[Outcome]:
    return {Outcome(code) for code in np.unique(attempts["outcome"][rows]).tolist()}


def test_without_a_fault_everything_completes() -> None:
    _, _, attempts = run([])
    assert outcomes(attempts, during(attempts, 0, 19)) == {Outcome.OK}


def test_a_crashed_process_resets_its_work_and_its_host_refuses_new_work() -> None:
    _, manifest, attempts = run(
        [fault(InstanceCrash(Selector(instance="shop-1")))], work=Deterministic(60 * MS)
    )
    names = [instance.name for instance in manifest.instances]
    to_victim = attempts["target"] == names.index("shop-1")
    felt = outcomes(attempts, to_victim & during(attempts, 4.5, 9.9))
    assert {Outcome.RESET, Outcome.REFUSED} <= felt
    assert outcomes(attempts, ~to_victim & during(attempts, 0, 19)) == {Outcome.OK}
    assert outcomes(attempts, to_victim & during(attempts, 5.1, 9.9)) == {Outcome.REFUSED}
    assert outcomes(attempts, to_victim & during(attempts, 10.1, 19)) == {Outcome.OK}


def test_a_dark_zone_answers_nothing_and_comes_back() -> None:
    _, manifest, attempts = run([fault(ZoneOutage("b"))])
    zones = [instance.zone for instance in manifest.instances]
    in_zone = np.isin(attempts["target"], [i for i, zone in enumerate(zones) if zone == "b"])
    assert outcomes(attempts, in_zone & during(attempts, 5.1, 9.7)) == {Outcome.TIMEOUT}
    assert outcomes(attempts, in_zone & during(attempts, 10.3, 19)) == {Outcome.OK}
    assert outcomes(attempts, ~in_zone & during(attempts, 0, 19)) == {Outcome.OK}


def test_added_latency_is_paid_on_the_way_there_and_back_by_the_target_alone() -> None:
    slow = AddedLatency(Selector(instance="shop-2"), Deterministic(30 * MS))
    _, manifest, attempts = run([fault(slow)])
    to_victim = attempts["target"] == [i.name for i in manifest.instances].index("shop-2")
    shortest = attempts["duration_ns"][to_victim & during(attempts, 5.1, 9.8)].min()
    assert shortest >= 62 * MS
    assert attempts["duration_ns"][~to_victim & during(attempts, 5.1, 9.8)].min() < 10 * MS
    assert attempts["duration_ns"][to_victim & during(attempts, 10.2, 19)].min() < 10 * MS


def test_an_error_rate_fails_that_share_of_the_targets_requests() -> None:
    _, _, attempts = run([fault(ErrorRate(Selector(service="shop"), 0.25), for_s=10)])
    rows = during(attempts, 5.1, 14.9)
    failed = (attempts["outcome"][rows] == Outcome.ERROR).mean()
    assert abs(failed - 0.25) < 3.3 * (0.25 * 0.75 / rows.sum()) ** 0.5
    assert outcomes(attempts, during(attempts, 15.1, 19)) == {Outcome.OK}


def test_a_fault_without_end_lasts_to_the_end_of_the_run() -> None:
    _, _, attempts = run([fault(ErrorRate(Selector(service="shop"), 1.0), for_s=None)])
    assert outcomes(attempts, during(attempts, 5.1, 19)) == {Outcome.ERROR}


def test_overlapping_outages_heal_when_the_last_one_ends() -> None:
    faults = [
        Fault("one", 5 * S, 6 * S, ZoneOutage("b")),
        Fault("two", 8 * S, 6 * S, InstanceCrash(Selector(zone="b"))),
    ]
    _, manifest, attempts = run(faults)
    in_zone = attempts["target"] == [i.zone for i in manifest.instances].index("b")
    assert Outcome.OK not in outcomes(attempts, in_zone & during(attempts, 5.1, 13.8))
    assert outcomes(attempts, in_zone & during(attempts, 14.1, 19)) == {Outcome.OK}


def test_overlapping_error_rates_leave_the_higher_one_and_then_none() -> None:
    faults = [
        Fault("low", 5 * S, 4 * S, ErrorRate(Selector(service="shop"), 0.5)),
        Fault("high", 6 * S, 2 * S, ErrorRate(Selector(service="shop"), 1.0)),
    ]
    _, _, attempts = run(faults)
    assert outcomes(attempts, during(attempts, 6.1, 7.9)) == {Outcome.ERROR}
    assert outcomes(attempts, during(attempts, 8.1, 8.9)) == {Outcome.OK, Outcome.ERROR}
    assert outcomes(attempts, during(attempts, 9.1, 19)) == {Outcome.OK}


def test_overlapping_latencies_add_up_and_end_one_by_one() -> None:
    faults = [
        Fault("one", 5 * S, 6 * S, AddedLatency(Selector(service="shop"), Deterministic(20 * MS))),
        Fault("two", 7 * S, 2 * S, AddedLatency(Selector(service="shop"), Deterministic(30 * MS))),
    ]
    _, _, attempts = run(faults)
    fastest = {
        span: attempts["duration_ns"][during(attempts, *span)].min() // MS
        for span in ((5.1, 6.7), (7.1, 8.6), (9.3, 10.7), (11.2, 19))
    }
    assert fastest == {(5.1, 6.7): 42, (7.1, 8.6): 102, (9.3, 10.7): 42, (11.2, 19): 2}


def test_a_crash_leaves_the_views_of_callers_and_a_restart_returns_to_them() -> None:
    _, _, attempts = run(
        [fault(InstanceCrash(Selector(instance="shop-0")), for_s=8)], discovery=True
    )
    to_victim = attempts["target"] == 0
    assert not (to_victim & during(attempts, 10.1, 12.9)).any()
    assert (to_victim & during(attempts, 15.1, 19)).any()


def test_a_dark_registry_zone_freezes_views_and_evicts_nobody_when_it_returns() -> None:
    _, manifest, attempts = run([fault(ZoneOutage("a"), for_s=6)], discovery=True)
    zones = [instance.zone for instance in manifest.instances]
    alive = np.isin(attempts["target"], [i for i, zone in enumerate(zones) if zone in "bc"])
    assert outcomes(attempts, alive & during(attempts, 0, 19)) == {Outcome.OK}
    for start in range(11, 19):
        assert (alive & during(attempts, start, start + 1)).any()
