"""Deadline-aware shedding. Semantics 8.5, 8.7."""

import pytest

from models.base.errors import ConfigError
from models.traffic.deadline import NO_DEADLINE
from models.traffic.estimate import MovingAverage, RecentPercentile
from models.traffic.shedding.deadline import DeadlineShedder, Fate, is_expired


def shedder(service_ns: int = 10, slots: int = 1) -> DeadlineShedder:
    made = DeadlineShedder(MovingAverage(0.1), slots=slots)
    made.served(service_ns)
    return made


def test_a_request_has_expired_at_its_deadline() -> None:
    assert [is_expired(now, 100) for now in (99, 100, 101)] == [False, True, True]


def test_a_request_that_ends_at_its_deadline_is_served_and_one_that_ends_later_is_not() -> None:
    judged = [shedder().at_dequeue(now, 100) for now in (90, 91, 99, 100)]
    assert judged == [Fate.SERVE, Fate.HOPELESS, Fate.HOPELESS, Fate.EXPIRED]


def test_without_an_estimate_only_the_expired_are_dropped() -> None:
    plain, unlearnt = DeadlineShedder(), DeadlineShedder(RecentPercentile(0.5, minimum=2))
    plain.served(50)
    unlearnt.served(50)
    for made in (plain, unlearnt):
        assert made.at_dequeue(99, 100) is Fate.SERVE
        assert made.at_dequeue(100, 100) is Fate.EXPIRED


def test_a_request_without_deadline_is_always_served() -> None:
    assert shedder().at_dequeue(10**18, NO_DEADLINE) is Fate.SERVE


@pytest.mark.parametrize(
    ("ahead", "slots", "fate"),
    [
        (0, 1, Fate.SERVE),
        (8, 1, Fate.SERVE),
        (9, 1, Fate.SERVE),
        (10, 1, Fate.HOPELESS),
        (39, 4, Fate.SERVE),
        (40, 4, Fate.HOPELESS),
    ],
)
def test_a_newcomer_must_finish_behind_those_ahead(ahead: int, slots: int, fate: Fate) -> None:
    """With 100 ns left and 10 ns each, ten rounds fit."""
    assert shedder(slots=slots).at_arrival(0, 100, ahead) is fate


def test_a_newcomer_that_has_expired_is_told_so() -> None:
    assert shedder().at_arrival(100, 100, 0) is Fate.EXPIRED


def test_the_estimate_follows_what_is_served() -> None:
    made = DeadlineShedder(MovingAverage(0.5))
    assert made.service_ns == 0
    for service_ns in (10, 20):
        made.served(service_ns)
    assert made.service_ns == 15


def test_no_slot_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one slot"):
        DeadlineShedder(slots=0)


def test_an_idle_slot_serves_whatever_a_stall_has_taught() -> None:
    """Who serves nothing learns nothing, and would refuse for ever."""
    despairing = shedder()
    for _ in range(20):
        despairing.served(10_000)
    assert despairing.at_arrival(0, 100, 0) is Fate.HOPELESS
    assert despairing.at_arrival(0, 100, 0, is_idle=True) is Fate.SERVE
    assert despairing.at_arrival(100, 100, 0, is_idle=True) is Fate.EXPIRED
