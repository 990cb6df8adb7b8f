"""Burn rates. Semantics 5.1, 5.2."""

from fractions import Fraction

import pytest

from models.alerting.objectives.burn import (
    WORKBOOK,
    BurnWindow,
    Severity,
    seconds_to_clear,
    seconds_to_fire,
)
from models.base.errors import ConfigError
from models.base.time import NS_PER_DAY, NS_PER_HOUR

MONTH = 30 * NS_PER_DAY


def test_thresholds_of_the_workbook_for_thirty_days() -> None:
    assert [float(window.threshold(MONTH)) for window in WORKBOOK] == [14.4, 6.0, 3.0, 1.0]


def test_thresholds_for_twenty_eight_days() -> None:
    found = [float(window.threshold(28 * NS_PER_DAY)) for window in WORKBOOK]
    assert found == pytest.approx([13.44, 5.6, 2.8, 0.9333], rel=1e-4)


@pytest.mark.parametrize(
    ("error_ratio", "seconds"),
    [
        (1.0, (51.84, 129.6, 259.2, 259.2)),
        (0.1, (518.4, 1296.0, 2592.0, 2592.0)),
        (0.0144, (None, 9000.0, 18000.0, 18000.0)),
        (0.005, (None, None, 51840.0, 51840.0)),
        (0.002, (None, None, None, 129600.0)),
        (0.001, (None, None, None, None)),
    ],
)
def test_when_each_pair_fires_at_three_nines(
    error_ratio: float, seconds: tuple[float | None, ...]
) -> None:
    for window, expected in zip(WORKBOOK, seconds, strict=True):
        found = seconds_to_fire(window, period_ns=MONTH, budget=0.001, error_ratio=error_ratio)
        assert found == (None if expected is None else pytest.approx(expected, rel=1e-9))


def test_after_a_total_outage_the_page_clears_within_five_minutes() -> None:
    found = seconds_to_clear(WORKBOOK[0], period_ns=MONTH, budget=0.001, error_ratio=1.0)
    assert found == pytest.approx(295.68)


@pytest.mark.parametrize(
    ("percent", "short_ns", "long_ns"),
    [(2, 0, NS_PER_HOUR), (2, NS_PER_HOUR, NS_PER_HOUR), (0, 1, NS_PER_HOUR), (101, 1, 2)],
)
def test_windows_that_make_no_sense_are_refused(percent: int, short_ns: int, long_ns: int) -> None:
    with pytest.raises(ConfigError, match="burn window"):
        BurnWindow(Severity.PAGE, Fraction(percent), short_ns, long_ns)
