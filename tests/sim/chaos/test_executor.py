"""Faults that meet: on one instance, at one instant, in both orders of ties."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.base.outcome import Outcome
from models.faults.plan import (
    ErrorRate,
    Fault,
    InstanceCrash,
    RegionOutage,
    ZoneOutage,
)
from models.faults.selector import Region, Selector
from models.records.events import EventKind
from models.records.table import Table
from sim.nodes.condition import Condition
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, service


def world_of(faults: Sequence[Fault], *, shuffle: bool = False, seed: int = 1) -> World:
    return build(
        blueprint(
            [service("shop", count=3, slots=50)],
            [edge("users", "shop", timeout_ns=200 * MS)],
            rate_per_s=200,
            seconds=12,
            faults=faults,
        ),
        seed,
        shuffle_ties=shuffle,
    )


def felt(attempts: Table, target: int, start_s: float, end_s: float) -> set[Outcome]:
    begins = attempts["start_ns"]
    rows = (attempts["target"] == target) & (begins >= start_s * S) & (begins < end_s * S)
    return {Outcome(code) for code in np.unique(attempts["outcome"][rows]).tolist()}


def crash_of(zone: str) -> InstanceCrash:
    return InstanceCrash(Selector(zone=zone))


def test_a_process_that_stays_dead_is_refused_once_its_hosts_power_is_back() -> None:
    faults = [
        Fault("power", 2 * S, 3 * S, ZoneOutage("b")),
        Fault("process", 3 * S, 6 * S, crash_of("b")),
    ]
    attempts = world_of(faults).run().tables[1]
    assert felt(attempts, 1, 2.1, 4.7) == {Outcome.TIMEOUT}
    assert felt(attempts, 1, 5.1, 8.9) == {Outcome.REFUSED}
    assert felt(attempts, 1, 9.1, 11) == {Outcome.OK}


def test_a_dead_process_falls_silent_while_its_host_has_no_power() -> None:
    faults = [
        Fault("process", 2 * S, None, crash_of("b")),
        Fault("power", 4 * S, 2 * S, ZoneOutage("b")),
    ]
    attempts = world_of(faults).run().tables[1]
    assert felt(attempts, 1, 2.1, 3.9) == {Outcome.REFUSED}
    assert felt(attempts, 1, 4.1, 5.7) == {Outcome.TIMEOUT}
    assert felt(attempts, 1, 6.1, 11) == {Outcome.REFUSED}


def test_a_process_whose_fault_ends_in_the_dark_starts_when_power_returns() -> None:
    faults = [
        Fault("process", 2 * S, 2 * S, crash_of("b")),
        Fault("power", 3 * S, 3 * S, ZoneOutage("b")),
    ]
    attempts = world_of(faults).run().tables[1]
    assert felt(attempts, 1, 4.1, 5.7) == {Outcome.TIMEOUT}
    assert felt(attempts, 1, 6.1, 11) == {Outcome.OK}


def test_two_crashes_of_one_process_end_with_the_later_end() -> None:
    faults = [
        Fault("one", 2 * S, 3 * S, crash_of("b")),
        Fault("two", 3 * S, 4 * S, crash_of("b")),
    ]
    world = world_of(faults)
    attempts = world.run().tables[1]
    assert felt(attempts, 1, 5.1, 6.9) == {Outcome.REFUSED}
    assert felt(attempts, 1, 7.1, 11) == {Outcome.OK}
    assert world.instances[1].incarnation == 2


@pytest.mark.parametrize("seed", range(8))
def test_a_fault_of_no_length_strikes_before_it_heals_whatever_the_order_of_ties(seed: int) -> None:
    faults = [
        Fault("crash", 2 * S, 0, crash_of("b")),
        Fault("outage", 3 * S, 0, ZoneOutage("a")),
        Fault("errors", 4 * S, 0, ErrorRate(Selector(service="shop"), 1.0)),
    ]
    world = world_of(faults, shuffle=True, seed=seed)
    world.run()
    assert {instance.condition for instance in world.instances} == {Condition.UP}
    assert not any(instance.error_ratio for instance in world.instances)
    assert not any(link.is_cut for link in world.network.links_of("a"))


def test_who_is_dark_already_does_not_die_again() -> None:
    faults = [
        Fault("power", 2 * S, 3 * S, ZoneOutage("b")),
        Fault("process", 3 * S, S, crash_of("b")),
        Fault("more power", 4 * S, 3 * S, ZoneOutage("b")),
    ]
    world = world_of(faults)
    world.run()
    assert world.instances[1].incarnation == 2


def test_nobody_starts_in_the_dark() -> None:
    faults = [
        Fault("process", 2 * S, 2 * S, crash_of("b")),
        Fault("power", 3 * S, 3 * S, ZoneOutage("b")),
        Fault("more power", 5 * S, 3 * S, ZoneOutage("b")),
    ]
    events = world_of(faults).run().tables[3]
    kinds = events.text("kind")
    starts = [i for i, kind in enumerate(kinds) if kind == EventKind.INSTANCE_RESTARTED]
    assert events["time_ns"][starts].tolist() == [8 * S]


def test_a_region_is_lost_and_found_with_all_its_zones() -> None:
    east = RegionOutage(Region("east", ("a", "b")))
    world = world_of([Fault("region", 2 * S, 4 * S, east)])
    attempts = world.run().tables[1]
    for lost in (0, 1):
        assert felt(attempts, lost, 2.1, 5.7) == {Outcome.TIMEOUT}
        assert felt(attempts, lost, 6.1, 11) == {Outcome.OK}


def test_a_zone_whose_own_outage_outlasts_its_regions_stays_dark() -> None:
    faults = [
        Fault("region", 2 * S, 3 * S, RegionOutage(Region("east", ("a", "b")))),
        Fault("zone", 3 * S, 5 * S, ZoneOutage("b")),
    ]
    attempts = world_of(faults).run().tables[1]
    assert felt(attempts, 0, 5.1, 11) == {Outcome.OK}
    assert felt(attempts, 1, 5.1, 7.7) == {Outcome.TIMEOUT}
    assert felt(attempts, 1, 8.1, 11) == {Outcome.OK}
