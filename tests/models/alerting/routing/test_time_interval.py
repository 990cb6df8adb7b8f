"""Time intervals (semantics 4.2; alertmanager timeinterval)."""

from datetime import UTC, datetime

import pytest

from models.alerting.routing.time_interval import Location, TimeInterval
from models.base.time import NS_PER_S


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * NS_PER_S


@pytest.mark.parametrize(
    ("interval", "instant", "expected"),
    [
        (TimeInterval(), "2024-02-29T12:00:00", True),
        (TimeInterval(times=((540, 1020),)), "2024-02-29T08:59:59", False),
        (TimeInterval(times=((540, 1020),)), "2024-02-29T09:00:00", True),
        (TimeInterval(times=((540, 1020),)), "2024-02-29T16:59:59", True),
        (TimeInterval(times=((540, 1020),)), "2024-02-29T17:00:00", False),
        (TimeInterval(times=((1380, 1440),)), "2024-02-29T23:59:59", True),
        (TimeInterval(weekdays=((1, 5),)), "2024-03-03T12:00:00", False),
        (TimeInterval(weekdays=((1, 5),)), "2024-03-04T00:00:00", True),
        (TimeInterval(weekdays=((1, 5),)), "2024-03-08T23:59:59", True),
        (TimeInterval(weekdays=((1, 5),)), "2024-03-09T00:00:00", False),
        (TimeInterval(days_of_month=((-1, -1),)), "2024-02-28T12:00:00", False),
        (TimeInterval(days_of_month=((-1, -1),)), "2024-02-29T12:00:00", True),
        (TimeInterval(days_of_month=((30, 31),)), "2024-02-29T12:00:00", False),
        (TimeInterval(days_of_month=((28, -1),)), "2024-02-28T12:00:00", True),
        (TimeInterval(months=((2, 3),)), "2024-03-31T12:00:00", True),
        (TimeInterval(months=((2, 3),)), "2024-04-01T00:00:00", False),
        (TimeInterval(years=((2023, 2024),)), "2024-12-31T23:59:59", True),
        (TimeInterval(years=((2023, 2024),)), "2025-01-01T00:00:00", False),
        (TimeInterval(weekdays=((4, 4),), months=((3, 3),)), "2024-02-29T12:00:00", False),
    ],
)
def test_holds_when_every_field_does(interval: TimeInterval, instant: str, expected: bool) -> None:
    assert interval.contains(now=at(instant)) is expected


def test_clocks_of_a_place_change_at_the_instant_of_the_change() -> None:
    spring = at("2024-03-31T01:00:00") // NS_PER_S
    berlin = Location((spring,), (3600, 7200))
    from_three = TimeInterval(times=((180, 240),), location=berlin)
    assert not from_three.contains(now=at("2024-03-31T00:59:59"))
    assert from_three.contains(now=at("2024-03-31T01:00:00"))
