"""When a detector calls a value unusual, when it fires, and when it stops."""

import pytest

from models.alerting.anomaly.config import (
    AnomalyConfig,
    ChangeConfig,
    Direction,
    EwmaConfig,
    SeasonalConfig,
    Sensitivity,
)
from models.alerting.anomaly.detector import DEVIATION_MIN, AnomalyDetector, Judgement
from models.base.streams import Stream

CHANGE = ChangeConfig(window_ns=10, ratio=0.5)
DAY = 48


def changes(config: AnomalyConfig, *values: float) -> list[Judgement]:
    """One value every window."""
    detector = AnomalyDetector(config)
    return [detector.observe(value, now=10 * place) for place, value in enumerate(values)]


def noisy_days(detector: AnomalyDetector, days: int, seed: int = 1) -> int:
    """A day of 48 samples with a daily wave and noise; returns the time of the next sample."""
    stream = Stream(seed, "noise")
    for now in range(days * DAY):
        detector.observe(100.0 + abs(now % DAY - 24) + stream.uniform(), now=now)
    return days * DAY


def test_a_change_is_unusual_beyond_its_ratio_and_not_at_it() -> None:
    at, beyond = (changes(AnomalyConfig(CHANGE), 10.0, value)[-1] for value in (15.0, 15.1))
    assert (at.expected, at.deviation, at.limit) == (10.0, 0.5, 0.5)
    assert not at.is_unusual
    assert beyond.is_unusual


def test_a_change_needs_a_value_a_window_ago() -> None:
    detector = AnomalyDetector(AnomalyConfig(CHANGE))
    detector.observe(10.0, now=0)
    assert detector.observe(99.0, now=9) == Judgement(99.0, None, None, None, False, False)
    assert detector.observe(99.0, now=10).is_unusual


def test_a_change_from_nothing_is_measured_against_the_floor() -> None:
    config = AnomalyConfig(ChangeConfig(window_ns=10, ratio=0.5, floor=4.0))
    assert changes(config, 0.0, 2.0)[-1].deviation == 0.5


@pytest.mark.parametrize(
    ("direction", "rises", "falls"),
    [
        (Direction.ABOVE, True, False),
        (Direction.BELOW, False, True),
        (Direction.BOTH, True, True),
    ],
)
def test_only_the_asked_direction_counts(direction: Direction, rises: bool, falls: bool) -> None:
    config = AnomalyConfig(CHANGE, direction=direction)
    assert changes(config, 10.0, 20.0)[-1].is_unusual is rises
    assert changes(config, 10.0, 1.0)[-1].is_unusual is falls


def test_it_fires_at_the_second_unusual_value_in_a_row_if_two_are_asked_for() -> None:
    config = AnomalyConfig(CHANGE, in_a_row=2, calm_ns=0)
    firing = [judged.is_firing for judged in changes(config, 1.0, 2.0, 2.0, 4.0, 8.0, 8.0)]
    assert firing == [False, False, False, False, True, False]


def test_it_keeps_firing_until_calm_has_lasted() -> None:
    config = AnomalyConfig(CHANGE, calm_ns=20)
    firing = [judged.is_firing for judged in changes(config, 1.0, 2.0, 2.0, 2.0, 2.0)]
    assert firing == [False, True, True, False, False]


def test_a_daily_wave_is_usual_and_a_value_of_another_hour_is_not() -> None:
    detector = AnomalyDetector(AnomalyConfig(SeasonalConfig(period_ns=DAY)))
    now = noisy_days(detector, 6)
    assert not detector.is_firing
    assert detector.observe(170.0, now=now).is_unusual


def test_nothing_is_unusual_while_it_learns() -> None:
    detector = AnomalyDetector(AnomalyConfig(SeasonalConfig(period_ns=DAY)))
    now = noisy_days(detector, 2)
    judged = detector.observe(1e6, now=now)
    assert judged.limit is None
    assert not judged.is_unusual


def test_less_than_four_spreads_are_never_unusual() -> None:
    detector = AnomalyDetector(AnomalyConfig(SeasonalConfig(period_ns=DAY)))
    now = noisy_days(detector, 6)
    judged = detector.observe(124.5, now=now)
    assert judged.limit == DEVIATION_MIN


def test_the_more_sensitive_the_lower_the_limit_of_a_wild_series() -> None:
    limits = []
    for sensitivity in (Sensitivity.HIGH, Sensitivity.MEDIUM, Sensitivity.LOW):
        detector = AnomalyDetector(AnomalyConfig(EwmaConfig(20), sensitivity))
        for now in range(400):
            detector.observe(1000.0 if now % 40 == 39 else float(now % 3), now=now)
        limits.append(detector.observe(1.0, now=400).limit)
    high, medium, low = limits
    assert high is not None
    assert medium == pytest.approx(1.2 * high)
    assert low == pytest.approx(1.5 * high)
    assert high > DEVIATION_MIN


def test_an_incident_does_not_teach_the_average_that_incidents_are_normal() -> None:
    detector = AnomalyDetector(AnomalyConfig(EwmaConfig(20)))
    stream = Stream(4, "flat")
    for now in range(400):
        detector.observe(100.0 + stream.uniform(), now=now)
    judged = [detector.observe(500.0, now=now) for now in range(400, 405)]
    assert all(one.is_unusual for one in judged[:2])
    assert judged[-1].expected is not None
    assert judged[-1].expected < 120.0
