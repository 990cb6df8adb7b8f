"""Running estimates: moving average, average over time, recent percentile."""

import pytest

from models.base.errors import ConfigError
from models.base.portable import exp
from models.traffic.estimate import DecayingAverage, MovingAverage, RecentPercentile

S = 1_000_000_000


def test_the_first_value_is_the_average_and_the_next_moves_it_by_the_weight() -> None:
    average = MovingAverage(0.25)
    assert average.value is None
    average.add(100.0)
    average.add(200.0)
    assert average.value == 125.0


@pytest.mark.parametrize("weight", [0.0, 1.01, float("nan")])
def test_a_weight_that_is_none_is_refused(weight: float) -> None:
    with pytest.raises(ConfigError, match="weight"):
        MovingAverage(weight)


def test_a_held_value_is_approached_exponentially() -> None:
    load = DecayingAverage(S)
    load.hold(1.0, 0)
    assert load.at(0) == 0.0
    assert load.at(S) == pytest.approx(1.0 - exp(-1.0))
    load.hold(0.0, S)
    assert load.at(2 * S) == pytest.approx((1.0 - exp(-1.0)) * exp(-1.0))


def test_how_often_one_asks_changes_the_average_only_by_rounding() -> None:
    asked, left_alone = DecayingAverage(S), DecayingAverage(S)
    for load in (asked, left_alone):
        load.hold(1.0, 0)
    for step in range(1, 100):
        asked.hold(1.0, step * S // 50)
    assert asked.at(2 * S) == pytest.approx(left_alone.at(2 * S), rel=1e-12)


def test_a_time_constant_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="time constant"):
        DecayingAverage(0)


def test_the_percentile_is_unknown_until_enough_values_are_in() -> None:
    recent = RecentPercentile(0.5, window=10, minimum=3, refresh=1)
    values = []
    for duration in (30, 10, 20):
        recent.add(duration)
        values.append(recent.value)
    assert values == [None, None, 20]


def test_the_percentile_forgets_what_left_the_window() -> None:
    recent = RecentPercentile(1.0, window=3, minimum=1, refresh=1)
    for duration in (99, 1, 2, 3):
        recent.add(duration)
    assert recent.value == 3


def test_the_percentile_is_worked_out_anew_every_so_often() -> None:
    recent = RecentPercentile(1.0, window=10, minimum=1, refresh=3)
    seen = []
    for duration in (1, 2, 3, 4, 5):
        recent.add(duration)
        seen.append(recent.value)
    assert seen == [1, 1, 1, 4, 4]


@pytest.mark.parametrize(
    "sizes",
    [{"q": 1.1}, {"minimum": 0}, {"window": 5, "minimum": 6}, {"refresh": 0}, {"q": float("nan")}],
)
def test_a_percentile_that_makes_no_sense_is_refused(sizes: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="recent percentile"):
        RecentPercentile(**{"q": 0.5, **sizes})  # type: ignore[arg-type]


def test_the_ends_of_every_range_are_allowed() -> None:
    whole = MovingAverage(1.0)
    whole.add(3.0)
    whole.add(5.0)
    assert whole.value == 5.0
    assert DecayingAverage(1).at(0) == 0.0
    smallest = RecentPercentile(0.0, window=2, minimum=2, refresh=1)
    smallest.add(9)
    smallest.add(4)
    assert smallest.value == 4
