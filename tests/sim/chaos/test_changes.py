"""What people do to a platform: releases, settings, services taken away, surges."""

from collections.abc import Sequence

import numpy as np

from models.base.outcome import Outcome
from models.faults.ailments import BadConfig, BadVersion, DependencyOutage, Pause, Slow
from models.faults.kind import FaultKind
from models.faults.plan import ErrorRate, Fault, InstanceCrash
from models.faults.selector import Selector
from models.faults.surge import LoadSurge
from sim.kernel.ties import OBSERVER
from sim.nodes.condition import Condition
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, service

SHOP = Selector(service="shop")


def world_of(faults: Sequence[Fault]) -> World:
    return build(
        blueprint(
            [service("shop", count=2, slots=50)],
            [edge("users", "shop", timeout_ns=200 * MS)],
            rate_per_s=200,
            seconds=10,
            faults=faults,
        ),
        1,
    )


def at(kind: FaultKind, start_s: float, for_s: float | None = None) -> Fault:
    return Fault(kind.name, round(start_s * S), None if for_s is None else round(for_s * S), kind)


def outcomes(world: World, start_s: float, end_s: float) -> list[int]:
    attempts = world.run().tables[1]
    begins = attempts["start_ns"]
    rows = (begins >= start_s * S) & (begins < end_s * S)
    return np.asarray(attempts["outcome"])[rows].tolist()


def test_an_outage_refuses_while_processes_live_and_keep_their_listing() -> None:
    world = world_of([at(DependencyOutage("shop"), 2)])
    assert set(outcomes(world, 2.1, 9.9)) == {Outcome.REFUSED}
    assert all(one.condition is Condition.UP and one.incarnation == 1 for one in world.instances)


def test_an_outage_of_another_service_is_not_felt() -> None:
    assert set(outcomes(world_of([at(DependencyOutage("other"), 2)]), 2.1, 9.9)) == {Outcome.OK}


def test_what_was_let_in_before_an_outage_is_answered() -> None:
    """With 10 ms of work a few are under way at any instant."""
    before = outcomes(world_of([at(DependencyOutage("shop"), 2)]), 1.5, 1.998)
    assert set(before) == {Outcome.OK}


def test_a_process_that_starts_during_an_outage_is_shut_too() -> None:
    plan = [at(DependencyOutage("shop"), 2, 4), at(InstanceCrash(SHOP), 3, 1)]
    world = world_of(plan)
    assert set(outcomes(world, 4.1, 5.9)) == {Outcome.REFUSED}


def test_errors_of_a_release_a_setting_and_a_rate_add_up_and_end_each_by_itself() -> None:
    """A half of a half of a half is left: 7/8 fail, then 3/4, then 1/2."""
    plan = [
        at(ErrorRate(SHOP, 0.5), 1, 8),
        at(BadVersion(SHOP, errors=0.5), 1, 5),
        at(BadConfig(SHOP, 0.5), 1, 2),
    ]
    for start, end, share in ((1.1, 2.9, 7 / 8), (3.1, 5.9, 3 / 4), (6.1, 8.9, 1 / 2)):
        found = outcomes(world_of(plan), start, end)
        failed = sum(one == Outcome.ERROR for one in found) / len(found)
        assert abs(failed - share) < 4 * (share * (1 - share) / len(found)) ** 0.5


def test_a_slow_release_on_a_slow_machine_is_slower_still() -> None:
    world = world_of([at(BadVersion(SHOP, factor=3.0), 1, 5), at(Slow(SHOP, 2.0), 1, 8)])
    seen = []
    for second in (2, 7, 9.5):
        world.kernel.post(
            round(second * S), OBSERVER, lambda _: seen.append(world.instances[0].pace_ratio), None
        )
    world.run()
    assert [round(1 / ratio) for ratio in seen] == [6, 2, 1]


def test_a_release_hits_only_its_share_of_the_instances() -> None:
    world = world_of([at(BadVersion(Selector(service="shop", share=0.5), errors=1.0), 2)])
    world.run()
    bad = [one.error_ratio for one in world.instances]
    assert sorted(bad) == [0.0, 1.0]


def test_a_process_that_stands_still_refuses_at_once_while_it_is_shut() -> None:
    plan = [at(Pause(SHOP), 2, 4), at(DependencyOutage("shop"), 2, 4)]
    assert set(outcomes(world_of(plan), 2.1, 5.9)) == {Outcome.REFUSED}


def test_a_surge_is_in_the_load_that_the_manifest_tells() -> None:
    left = world_of([at(LoadSurge("users", 3.0), 2, 4)]).run()
    assert [(piece.start_ns, piece.rate_per_s) for piece in left.manifest.load] == [
        (0, 200.0),
        (2 * S, 600.0),
        (6 * S, 200.0),
    ]


def test_a_surge_leaves_what_came_before_it_alone() -> None:
    arrivals = [
        world_of(plan).run().tables[0]["arrival_ns"]
        for plan in ([], [at(LoadSurge("users", 3.0), 2, 4)])
    ]
    before = [instants[instants < 2 * S].tolist() for instants in arrivals]
    assert before[0] == before[1]
    during = ((arrivals[1] >= 2 * S) & (arrivals[1] < 6 * S)).sum()
    assert abs(during - 2400) < 4 * 2400**0.5


def test_a_load_that_surges_to_nothing_comes_back() -> None:
    arrivals = world_of([at(LoadSurge("users", 0.0), 2, 4)]).run().tables[0]["arrival_ns"]
    assert not ((arrivals >= 2 * S) & (arrivals < 6 * S)).any()
    assert (arrivals >= 6 * S).sum() > 600
