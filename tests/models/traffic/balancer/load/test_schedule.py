"""Turns by weight and load. Semantics 6.2 (least request, unequal weights; EDF)."""

from collections import Counter

import pytest

from models.base.errors import ConfigError
from models.traffic.balancer.base import NO_MEMBER
from models.traffic.balancer.load.schedule import LoadSchedule


@pytest.mark.parametrize(
    ("weight", "active", "bias", "interval"),
    [
        (2, 4, 1.0, 1 / 0.4),
        (2, 4, 0.0, 1 / 2),
        (2, 3, 0.5, 2 / 2),
        (1, 2, 2.0, 9.0),
        (4, 0, 3.0, 1 / 4),
    ],
)
def test_load_divides_the_weight_as_strongly_as_the_bias_says(
    weight: int, active: int, bias: float, interval: float
) -> None:
    """Weight 2 with 4 active attempts and bias 1 counts as 0.4."""
    schedule = LoadSchedule({0: weight}, {0: active}, bias)
    assert schedule._interval(0) == pytest.approx(interval, rel=1e-15)


@pytest.mark.parametrize("bias", [-0.001, 16.001, float("nan"), float("inf")])
def test_a_bias_outside_its_range_is_refused(bias: float) -> None:
    with pytest.raises(ConfigError, match="bias must be in"):
        LoadSchedule({}, {}, bias)


@pytest.mark.parametrize("bias", [0.0, 16.0])
def test_both_ends_of_the_range_of_biases_are_taken(bias: float) -> None:
    schedule = LoadSchedule({4: 1}, {4: 10**6}, bias)
    schedule.join(4)
    assert schedule.take() == 4


def test_nobody_in_line_is_nobody_to_take() -> None:
    assert LoadSchedule({}, {}).take() == NO_MEMBER


def test_load_counts_from_the_next_turn_on() -> None:
    active = {0: 0, 1: 0}
    schedule = LoadSchedule({0: 1, 1: 1}, active)
    schedule.join(0)
    schedule.join(1)
    active[1] = 5
    assert [schedule.take() for _ in range(2)] == [0, 1]
    seen = Counter(schedule.take() for _ in range(6))
    assert seen[0] >= 5


def test_who_stays_keeps_its_place() -> None:
    schedule = LoadSchedule(dict.fromkeys(range(3), 1), dict.fromkeys(range(3), 0))
    for member in range(3):
        schedule.join(member)
    schedule.take()
    schedule.keep([0, 2])
    assert [schedule.take() for _ in range(4)] == [2, 0, 2, 0]
