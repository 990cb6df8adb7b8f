"""Processes that stand still or are slow: what is half done keeps what it has had."""

from dataclasses import replace

import pytest

from models.base.distributions import Deterministic
from models.base.outcome import Outcome
from models.discovery.config import DiscoveryConfig
from models.faults.ailments import Hang, Pause, Slow
from models.faults.plan import Fault, InstanceCrash, ZoneOutage
from models.faults.selector import Selector
from models.records.events import EventKind
from models.service.resources import ResourcesSpec
from models.service.spec import Cancel
from models.service.traffic import RateProfile
from sim.world import Outcome as RunOutcome
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, service

ONE = Selector(instance="shop-0")
in_both_kinds = pytest.mark.parametrize("cores", [None, 4], ids=["slots", "cores"])


def world_of(
    *faults: Fault,
    work: int = 100 * MS,
    cores: int | None = None,
    timeout_ns: int = 0,
    cancel: Cancel = Cancel.NONE,
    rate: float = 10.0,
    first_only: bool = True,
) -> World:
    """A shop of one instance; users call once, or all the time. A message takes 1 ms."""
    shop = service("shop", count=1, slots=4, work=Deterministic(work), cancel=cancel)
    if cores is not None:
        shop = replace(shop, resources=ResourcesSpec(millicores=1000 * cores))
    plan = blueprint(
        [shop],
        [edge("users", "shop", timeout_ns=timeout_ns)],
        rate_per_s=rate,
        seconds=10,
        faults=faults,
    )
    if first_only:
        profile = RateProfile((0, S, S + 20 * MS), (0.0, 1000.0, 0.0))
        plan = replace(plan, sources=(replace(plan.sources[0], profile=profile),))
    return build(plan, 1)


def durations_ms(outcome: RunOutcome, count: int = 4) -> list[int]:
    return [int(ns) // MS for ns in outcome.tables[1]["duration_ns"][:count]]


def fault(kind: Hang | Pause | Slow | InstanceCrash | ZoneOutage, at_ms: int, for_ms: int) -> Fault:
    return Fault(f"at {at_ms}", at_ms * MS, for_ms * MS, kind)


@in_both_kinds
def test_a_pause_in_the_middle_of_work_puts_off_the_rest_of_it(cores: int | None) -> None:
    outcome = world_of(fault(Pause(ONE), 1050, 300), cores=cores).run()
    assert durations_ms(outcome) == [402, 402, 402, 402]


@in_both_kinds
def test_slowness_in_the_middle_of_work_stretches_the_rest_and_only_while_it_lasts(
    cores: int | None,
) -> None:
    plain = world_of(cores=cores).run()
    starts = plain.tables[1]["start_ns"][:4]
    begin, length = 1050, 60
    outcome = world_of(fault(Slow(ONE, 4.0), begin, length), cores=cores).run()
    assert set(durations_ms(plain)) == {102}
    assert all(starts + MS < begin * MS)
    assert durations_ms(outcome) == pytest.approx([102 + 45] * 4, abs=1)


def test_pauses_that_overlap_last_until_the_later_end() -> None:
    outcome = world_of(fault(Pause(ONE), 1050, 300), fault(Pause(ONE), 1100, 500)).run()
    assert durations_ms(outcome) == [102 + 550] * 4


def test_factors_that_overlap_multiply_and_end_each_by_itself() -> None:
    world = world_of(fault(Slow(ONE, 2.0), 100, 400), fault(Slow(ONE, 4.0), 200, 200))
    seen = []
    for at_ms in (150, 300, 450, 600):
        world.kernel.call_at(at_ms * MS, 90, lambda _: seen.append(shop.pace_ratio), None)
    shop = world.instances[0]
    world.run()
    assert seen == [1 / 2, 1 / 8, 1 / 2, 1]


def test_slowness_that_strikes_or_ends_in_a_pause_counts_when_the_process_goes_on() -> None:
    struck = world_of(fault(Pause(ONE), 1050, 300), fault(Slow(ONE, 2.0), 1100, 5000)).run()
    ended = world_of(fault(Slow(ONE, 2.0), 100, 1050), fault(Pause(ONE), 1050, 300)).run()
    first = struck.tables[1]["start_ns"][0]
    done_ms = (1050 * MS - first - MS) / MS
    assert durations_ms(struck, 1)[0] == int(102 + 300 + (100 - done_ms))
    assert durations_ms(ended, 1)[0] == int(402 + done_ms / 2)


@in_both_kinds
def test_a_request_that_comes_in_a_pause_waits_at_the_door(cores: int | None) -> None:
    outcome = world_of(fault(Pause(ONE), 500, 700), cores=cores).run()
    ends = outcome.tables[1]["start_ns"] + outcome.tables[1]["duration_ns"]
    assert [int(end) // MS for end in ends[:4]] == [1301] * 4


@in_both_kinds
def test_who_waits_at_the_door_of_a_process_that_dies_is_reset(cores: int | None) -> None:
    faults = fault(Pause(ONE), 500, 2000), fault(InstanceCrash(ONE), 1500, 100)
    attempts = world_of(*faults, cores=cores).run().tables[1]
    assert set(attempts["outcome"].tolist()) == {Outcome.RESET}


@in_both_kinds
def test_who_waits_at_the_door_of_a_host_that_goes_dark_hears_nothing(cores: int | None) -> None:
    faults = fault(Pause(ONE), 500, 2000), fault(ZoneOutage("a"), 1500, 100)
    attempts = world_of(*faults, cores=cores, timeout_ns=3 * S).run().tables[1]
    assert set(attempts["outcome"].tolist()) == {Outcome.TIMEOUT}


def test_a_new_process_is_not_held_by_the_pause_of_the_one_before() -> None:
    faults = fault(Pause(ONE), 500, 2000), fault(InstanceCrash(ONE), 600, 100)
    assert durations_ms(world_of(*faults).run()) == [102] * 4


def test_hanging_up_on_a_process_that_stands_still_is_heard_when_it_goes_on() -> None:
    world = world_of(
        fault(Pause(ONE), 1050, 1000), timeout_ns=200 * MS, cancel=Cancel.RUNNING, work=500 * MS
    )
    world.run()
    shop = world.instances[0]
    assert not shop.jobs
    assert shop.free_slots == shop.slots


def test_a_caller_that_stands_still_hears_of_its_time_outs_when_it_goes_on() -> None:
    plan = blueprint(
        [
            service("front", count=1, work=Deterministic(MS), calls=[["back"]]),
            service("back", count=1, work=Deterministic(50 * MS)),
        ],
        [edge("users", "front", timeout_ns=0), edge("front", "back", timeout_ns=20 * MS)],
        rate_per_s=10,
        seconds=5,
        faults=[Fault("pause", S, S, Pause(Selector(service="front")))],
    )
    attempts = build(plan, 1).run().tables[1]
    from_front = attempts["caller"] == 0
    ends = (attempts["start_ns"] + attempts["duration_ns"])[from_front]
    assert not any((ends > S) & (ends < 2 * S))


def test_a_process_that_stands_still_sends_no_heartbeats_and_registers_when_it_goes_on() -> None:
    plan = blueprint(
        [service("shop", count=2)],
        [edge("users", "shop")],
        seconds=20,
        faults=[Fault("pause", 5 * S, 8 * S, Pause(ONE))],
        discovery=DiscoveryConfig("b"),
    )
    events = build(plan, 1).run().tables[3]
    noted = [
        (kind, int(at) // S)
        for kind, subject, at in zip(
            events.text("kind"), events.text("subject"), events["time_ns"], strict=True
        )
        if subject == "shop-0" and kind != EventKind.VIEW_DROPPED
    ]
    expired = [at for kind, at in noted if kind == EventKind.LEASE_EXPIRED]
    added = [at for kind, at in noted if kind == EventKind.VIEW_ADDED]
    assert len(expired) == 1
    assert 7 <= expired[0] <= 9
    assert added
    assert 13 <= added[0] <= 15


def test_what_was_at_work_before_a_hang_is_answered_and_what_hangs_never_is() -> None:
    outcome = world_of(fault(Hang(ONE), 1050, 1000), timeout_ns=S, rate=50, first_only=False).run()
    attempts = outcome.tables[1]
    arrives = attempts["start_ns"] + MS
    hung = (arrives >= 1050 * MS) & (arrives < 2050 * MS)
    assert set(attempts["outcome"][hung].tolist()) == {Outcome.TIMEOUT}
