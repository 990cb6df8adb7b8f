"""What is expected, and how far a value lies from it."""

import pytest

from models.alerting.anomaly.config import EwmaConfig, SeasonalConfig
from models.alerting.anomaly.scores import (
    MAD_TO_SPREAD,
    EwmaScorer,
    Expectation,
    SeasonalScorer,
)

DAY = 100
SEASON = SeasonalConfig(period_ns=DAY, periods=3, neighbours=0, periods_min=2)


def seasonal(config: SeasonalConfig, days: list[list[float]]) -> SeasonalScorer:
    """Each day has as many samples as values, evenly spaced."""
    scorer = SeasonalScorer(config)
    for day, values in enumerate(days):
        for place, value in enumerate(values):
            scorer.learn(value, day * DAY + place * DAY // len(values))
    return scorer


def test_the_same_phase_of_earlier_periods_is_what_is_expected() -> None:
    scorer = seasonal(SEASON, [[10.0, 50.0], [12.0, 52.0], [11.0, 51.0]])
    morning, evening = scorer.expect(3 * DAY), scorer.expect(3 * DAY + DAY // 2)
    assert morning is not None
    assert evening is not None
    assert morning.value == 11.0
    assert evening.value == 51.0


def test_nothing_is_expected_before_enough_periods_are_known() -> None:
    scorer = seasonal(SEASON, [[10.0], [12.0]])
    assert scorer.expect(DAY) is None
    assert scorer.expect(2 * DAY) is not None


def test_no_more_periods_are_looked_at_than_asked_for() -> None:
    scorer = seasonal(SEASON, [[1000.0], [10.0], [12.0], [11.0]])
    expected = scorer.expect(4 * DAY)
    assert expected is not None
    assert expected.value == 11.0


def test_neighbours_on_both_sides_count() -> None:
    config = SeasonalConfig(period_ns=DAY, periods=1, neighbours=1, periods_min=1)
    scorer = seasonal(config, [[1.0, 2.0, 9.0, 4.0]])
    expected = scorer.expect(DAY + DAY // 2)
    assert expected is not None
    assert expected.value == 4.0


def test_the_spread_is_the_median_distance_where_that_is_wide() -> None:
    scorer = seasonal(SEASON, [[10.0], [20.0], [0.0]])
    expected = scorer.expect(3 * DAY)
    assert expected == Expectation(10.0, MAD_TO_SPREAD * 10.0)


def test_a_calm_phase_of_a_wild_series_has_some_spread() -> None:
    scorer = seasonal(SEASON, [[10.0, 0.0, 40.0], [10.0, 0.0, 40.0]])
    expected = scorer.expect(2 * DAY)
    assert expected is not None
    assert expected.spread == pytest.approx(0.25 * 40.0 / 1.349)


def test_a_series_that_stood_still_may_move_by_a_hundredth() -> None:
    expected = seasonal(SEASON, [[50.0], [50.0]]).expect(2 * DAY)
    assert expected == Expectation(50.0, 0.5)
    assert expected.deviation(52.0) == 4.0
    assert expected.deviation(49.0) == -2.0


def test_an_average_learns_for_three_half_lives() -> None:
    scorer = EwmaScorer(EwmaConfig(100))
    scorer.learn(8.0, 7)
    assert scorer.expect(306) is None
    assert scorer.expect(307) == Expectation(8.0, 0.08)


def test_half_is_forgotten_after_a_half_life_however_it_was_sampled() -> None:
    coarse, fine = EwmaScorer(EwmaConfig(1000)), EwmaScorer(EwmaConfig(1000))
    coarse.learn(0.0, 0)
    fine.learn(0.0, 0)
    coarse.learn(8.0, 1000)
    for now in range(100, 1001, 100):
        fine.learn(8.0, now)
    for scorer in (coarse, fine):
        expected = scorer.expect(4000)
        assert expected is not None
        assert expected.value == pytest.approx(4.0)


def test_a_wild_value_is_taken_in_as_three_spreads() -> None:
    scorer = EwmaScorer(EwmaConfig(100))
    scorer.learn(100.0, 0)
    scorer.learn(100.0, 300)
    scorer.learn(1e9, 400)
    expected = scorer.expect(400)
    assert expected is not None
    assert expected.value == pytest.approx(100.0 + 0.5 * 3.0 * 1.0)
