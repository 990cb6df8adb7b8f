"""Alarms against marked windows."""

import pytest

from models.alerting.anomaly.config import AnomalyConfig, ChangeConfig
from models.alerting.anomaly.score import Scored, Window, alarms, in_order, score, total
from models.base.time import NS_PER_DAY

CONFIG = AnomalyConfig(ChangeConfig(window_ns=10, ratio=0.5), calm_ns=0)
SAMPLES = tuple((10 * place, value) for place, value in enumerate([1.0, 2.0, 2.0, 4.0, 8.0, 8.0]))


def test_an_alarm_lasts_from_the_value_that_made_it_to_the_last_while_firing() -> None:
    assert alarms(CONFIG, SAMPLES) == (Window(10, 10), Window(30, 40))


def test_an_alarm_at_the_end_counts() -> None:
    assert alarms(CONFIG, SAMPLES[:5]) == (Window(10, 10), Window(30, 40))


@pytest.mark.parametrize(
    ("window", "detected", "false_alarms"),
    [
        (Window(40, 99), 1, 1),
        (Window(41, 99), 0, 2),
        (Window(0, 10), 1, 1),
        (Window(0, 9), 0, 2),
        (Window(11, 29), 0, 2),
        (Window(10, 30), 1, 0),
    ],
)
def test_both_ends_of_windows_and_alarms_belong_to_them(
    window: Window, detected: int, false_alarms: int
) -> None:
    scored = score(CONFIG, SAMPLES, [window])
    assert (scored.detected, scored.windows, scored.false_alarms) == (detected, 1, false_alarms)


def test_samples_that_do_not_advance_are_left_out() -> None:
    assert list(in_order([(1, 1.0), (1, 2.0), (0, 3.0), (2, 4.0)])) == [(1, 1.0), (2, 4.0)]


def test_false_alarms_are_counted_by_the_day() -> None:
    rows = [Scored(10, 2 * NS_PER_DAY, 1, 1, 3), Scored(5, NS_PER_DAY, 2, 0, 3)]
    assert rows[0].false_alarms_per_day == 1.5
    assert total(rows) == Scored(15, 3 * NS_PER_DAY, 3, 1, 6)
    assert total(rows).false_alarms_per_day == 2.0
    assert total([]).false_alarms_per_day == 0.0
