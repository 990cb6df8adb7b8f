"""Surges that are called off: those that are on end or go on, those to come do not come."""

from collections.abc import Callable

import numpy as np
import pytest

from models.faults.plan import Fault
from models.faults.surge import LoadSurge
from sim.kernel.ties import OBSERVER
from sim.world import World, build
from tests.sim.worlds import S, blueprint, edge, service


def world_of(*faults: Fault, shuffle: bool = False) -> World:
    return build(
        blueprint(
            [service("shop", count=2, slots=50)],
            [edge("users", "shop")],
            rate_per_s=200,
            seconds=10,
            faults=faults,
        ),
        1,
        shuffle_ties=shuffle,
    )


def surge(start_s: float, for_s: float | None, factor: float = 5.0) -> Fault:
    return Fault(
        f"at {start_s}",
        round(start_s * S),
        None if for_s is None else round(for_s * S),
        LoadSurge("users", factor),
    )


def rates(world: World, act: Callable[[World], object] | None = None, at_s: int = 4) -> list[int]:
    """Arrivals in each second, where ``act`` is done after the fourth."""
    if act is not None:
        world.kernel.post(at_s * S, OBSERVER, lambda _: act(world), None)
    arrivals = world.run().tables[0]["arrival_ns"]
    return np.bincount(arrivals // S, minlength=10).tolist()


def call_off(world: World) -> None:
    world.faults.call_off()


def abort(world: World) -> None:
    world.faults.call_off()
    world.faults.end_all()


def are_near(found: list[int], wanted: list[int]) -> bool:
    pairs = zip(found, wanted, strict=True)
    return all(abs(one - other) <= 5 * max(other, 1) ** 0.5 for one, other in pairs)


@pytest.mark.parametrize(
    ("plan", "act", "wanted"),
    [
        ((surge(2, 6),), None, [200] * 2 + [1000] * 6 + [200] * 2),
        ((surge(2, 6),), abort, [200] * 2 + [1000] * 2 + [200] * 6),
        ((surge(2, None),), abort, [200] * 2 + [1000] * 2 + [200] * 6),
        ((surge(2, 6),), call_off, [200] * 2 + [1000] * 6 + [200] * 2),
        ((surge(6, 2),), call_off, [200] * 10),
        ((surge(2, 6), surge(6, 1)), call_off, [200] * 2 + [1000] * 6 + [200] * 2),
        ((surge(2, 6, 0.0),), abort, [200] * 2 + [0] * 2 + [200] * 6),
        ((surge(1, 2), surge(2, 6, 2.0)), abort, [200, 1000, 2000, 400] + [200] * 6),
    ],
)
def test_what_is_called_off_does_not_come_and_what_is_ended_ends(
    plan: tuple[Fault, ...], act: Callable[[World], object] | None, wanted: list[int]
) -> None:
    assert are_near(rates(world_of(*plan), act), wanted)


@pytest.mark.parametrize("shuffle", [False, True])
def test_an_abort_runs_alike_under_the_same_seed_and_leaves_the_past_alone(shuffle: bool) -> None:
    plan = surge(2, 6)
    first, again = (rates(world_of(plan, shuffle=shuffle), abort) for _ in range(2))
    assert first == again
    assert first[:4] == rates(world_of(plan, shuffle=shuffle))[:4]


def test_a_source_that_does_not_surge_goes_on_as_it_was() -> None:
    assert rates(world_of(), abort) == rates(world_of())
