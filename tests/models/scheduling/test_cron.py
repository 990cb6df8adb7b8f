"""Vectors of semantics.md 11.1 (executed there with cronsim) and theory.json cron-*."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S
from models.scheduling.cron import CronSchedule

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def ns(text: str, zone: str = "UTC", fold: int = 0) -> int:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone), fold=fold)
    return (moment.astimezone(dt.UTC) - EPOCH) // dt.timedelta(microseconds=1) * 1000


def following(expression: str, zone: str, start: int, count: int) -> list[int]:
    schedule = CronSchedule(expression, zone)
    ticks = [start]
    for _ in range(count):
        ticks.append(schedule.next_after(ticks[-1]))
    return ticks[1:]


RIGA, NEW_YORK = "Europe/Riga", "America/New_York"


@pytest.mark.parametrize(
    ("expression", "zone", "start", "expected"),
    [
        (
            "0 * * * *",
            RIGA,
            "2021-03-28T01:30",
            ["2021-03-28T02:00+02:00", "2021-03-28T04:00+03:00", "2021-03-28T05:00+03:00"],
        ),
        (
            "30 3 * * *",
            RIGA,
            "2021-03-27T12:00",
            ["2021-03-28T04:00+03:00", "2021-03-29T03:30+03:00"],
        ),
        (
            "30 3 * * *",
            RIGA,
            "2021-10-30T12:00",
            ["2021-10-31T03:30+03:00", "2021-11-01T03:30+02:00"],
        ),
        (
            "*/30 * * * *",
            RIGA,
            "2021-10-31T02:10",
            [
                "2021-10-31T02:30+03:00",
                "2021-10-31T03:00+03:00",
                "2021-10-31T03:30+03:00",
                "2021-10-31T03:00+02:00",
            ],
        ),
        (
            "30 2 * * *",
            NEW_YORK,
            "2025-03-08T12:00",
            ["2025-03-09T03:00-04:00", "2025-03-10T02:30-04:00"],
        ),
        (
            "30 1 * * *",
            NEW_YORK,
            "2025-11-01T12:00",
            ["2025-11-02T01:30-04:00", "2025-11-03T01:30-05:00"],
        ),
        ("*/15 2 * * *", NEW_YORK, "2025-03-09T00:00", ["2025-03-10T02:00-04:00"]),
        (
            "0 */3 * * *",
            NEW_YORK,
            "2025-11-02T00:00",
            ["2025-11-02T03:00-05:00", "2025-11-02T06:00-05:00", "2025-11-02T09:00-05:00"],
        ),
        (
            "0 0 29 2 *",
            "UTC",
            "2021-01-01T00:00",
            ["2024-02-29T00:00+00:00", "2028-02-29T00:00+00:00", "2032-02-29T00:00+00:00"],
        ),
        (
            "0 0 13 * FRI",
            "UTC",
            "2026-01-01T00:00",
            [f"2026-01-{day:02}T00:00+00:00" for day in (2, 9, 13, 16, 23)],
        ),
    ],
)
def test_schedule_follows_the_reference_table(
    expression: str, zone: str, start: str, expected: list[str]
) -> None:
    ticks = following(expression, zone, ns(start, zone), len(expected))
    assert ticks == [ns(text) for text in expected]


def test_next_is_strictly_later_than_the_start() -> None:
    schedule = CronSchedule("0 2 * * *")
    tick = ns("2026-03-02T02:00")
    assert schedule.next_after(tick - 1) == tick
    assert schedule.next_after(tick) == tick + NS_PER_DAY


def test_start_in_the_repeated_hour_does_not_yield_the_past() -> None:
    second_pass = ns("2021-10-31T03:10", RIGA, fold=1)
    assert CronSchedule("30 3 * * *", RIGA).next_after(second_pass) == ns("2021-11-01T03:30+02:00")


def test_two_times_in_one_gap_are_one_tick() -> None:
    ticks = following("0,30 3 * * *", RIGA, ns("2021-03-28T02:59", RIGA), 2)
    assert ticks == [ns("2021-03-28T04:00+03:00"), ns("2021-03-29T03:00+03:00")]


def test_gap_at_midnight_names_only_times_that_exist() -> None:
    # Cairo moved from 00:00 to 01:00 on 2024-04-26.
    start = ns("2024-04-25T12:00", "Africa/Cairo")
    assert following("*/30 * * * 5", "Africa/Cairo", start, 2) == [
        ns("2024-04-26T01:00+03:00"),
        ns("2024-04-26T01:30+03:00"),
    ]
    assert following("*/30 0 * * 5", "Africa/Cairo", start, 1) == [ns("2024-05-03T00:00+03:00")]


def test_weekdays_of_2027_are_261() -> None:
    # theory.json cron-count-weekday9-2027
    ticks = CronSchedule("30 9 * * 1-5").ticks_between(
        ns("2026-12-31T23:59"), ns("2027-12-31T23:59"), limit=1000
    )
    assert len(ticks) == 261


def test_next_leap_day_is_found() -> None:
    # theory.json cron-feb29
    assert CronSchedule("0 0 29 2 *").next_after(ns("2026-11-23T00:00")) == ns("2028-02-29T00:00")


@pytest.mark.parametrize(
    ("expression", "day"),
    [("30 2 * * *", "2027-03-14"), ("30 1 * * *", "2027-11-07")],
)
def test_fixed_time_runs_once_on_the_days_clocks_change(expression: str, day: str) -> None:
    # theory.json cron-dst-gap and cron-dst-overlap: naive matching runs 0 and 2 times
    start = ns(f"{day}T00:00", NEW_YORK) - 1
    ticks = CronSchedule(expression, NEW_YORK).ticks_between(
        start, start + 20 * NS_PER_HOUR, limit=10
    )
    assert len(ticks) == 1


@pytest.mark.parametrize(
    ("nickname", "fields"),
    [("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@Weekly", "0 0 * * SUN")],
)
def test_nicknames_stand_for_fields(nickname: str, fields: str) -> None:
    start = ns("2026-03-02T18:00")
    assert following(nickname, "UTC", start, 5) == following(fields, "UTC", start, 5)


def test_seven_is_sunday_and_hash_counts_weekdays() -> None:
    start = ns("2026-03-01T00:00")
    assert following("0 0 * * 7", "UTC", start, 1) == [ns("2026-03-08T00:00")]
    assert following("0 0 * * MON#2", "UTC", start, 1) == [ns("2026-03-09T00:00")]
    assert following("0 0 L * *", "UTC", start, 1) == [ns("2026-03-31T00:00")]


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("0 25 * * *", "hour"),
        ("0 2 * *", "4 fields"),
        ("0 0 2 * * *", "6 fields"),
        ("", "0 fields"),
        ("@every 5m", "@hourly"),
        ("0 0 30 2 *", "day-of-month"),
        ("*/0 * * * *", "minute"),
        ("0 0 */31 2 MON#5", "no date"),
    ],
)
def test_bad_schedule_is_refused_with_a_hint(expression: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        CronSchedule(expression)


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("Europe/Rigga", "did you mean 'Europe/Riga'"),
        ("europe/riga", "did you mean 'Europe/Riga'"),
        ("America", "not an IANA time zone"),
        ("../etc/passwd", "not an IANA time zone"),
        ("", "not an IANA time zone"),
    ],
)
def test_bad_zone_is_refused_with_a_hint(zone: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        CronSchedule("0 2 * * *", zone)


def test_between_excludes_its_start_and_includes_its_end() -> None:
    schedule = CronSchedule("*/5 * * * *")
    start = ns("2026-03-02T00:00")
    end = start + 10 * NS_PER_MINUTE
    assert schedule.ticks_between(start, end, limit=9) == (start + 5 * NS_PER_MINUTE, end)
    assert schedule.latest_between(start, end) == end
    assert schedule.latest_between(start, end - 1) == start + 5 * NS_PER_MINUTE
    assert schedule.latest_between(end - 1, end - 1) is None
    assert schedule.latest_between(start, start + 5 * NS_PER_MINUTE - 1) is None


def test_between_keeps_the_latest_when_there_are_more_than_the_limit() -> None:
    schedule = CronSchedule("* * * * *")
    end = ns("2026-03-02T00:00")
    for count in (2, 3, 4):
        ticks = schedule.ticks_between(end - count * NS_PER_MINUTE, end, limit=3)
        assert ticks == tuple(end - k * NS_PER_MINUTE for k in reversed(range(min(count, 3))))


def test_latest_of_ten_years_is_found_without_walking_them() -> None:
    calls = 0

    class Counting(CronSchedule):
        def next_after(self, wall: int) -> int:
            nonlocal calls
            calls += 1
            return super().next_after(wall)

    end = ns("2026-03-02T00:00")
    latest = Counting("* * * 1 *").latest_between(end - 3650 * NS_PER_DAY, end)
    assert latest == ns("2026-01-31T23:59")
    assert calls < 100


def _restricted(low: int, high: int) -> st.SearchStrategy[str]:
    value = st.integers(low, high)
    return st.one_of(
        st.just("*"),
        value.map(str),
        st.sampled_from(["*/2", "*/7"]),
        st.tuples(value, value).map(lambda pair: f"{min(pair)}-{max(pair)}"),
        st.tuples(value, value).map(lambda pair: f"{pair[0]},{pair[1]}"),
    )


def _members(field: str, low: int, high: int) -> set[int]:
    chosen: set[int] = set()
    for term in field.split(","):
        span, _, step = term.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        chosen.update(range(int(first), int(last or first) + 1, int(step or 1)))
    return chosen


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    minute=_restricted(0, 59),
    hour=_restricted(0, 23),
    day=_restricted(1, 28),
    weekday=_restricted(0, 6),
    start_minute=st.integers(0, 400 * 1440),
)
def test_utc_schedules_match_a_minute_by_minute_search(
    minute: str, hour: str, day: str, weekday: str, start_minute: int
) -> None:
    start = ns("2026-01-01T00:00") + start_minute * NS_PER_MINUTE
    found = CronSchedule(f"{minute} {hour} {day} * {weekday}").next_after(start)
    minutes, hours = _members(minute, 0, 59), _members(hour, 0, 23)
    days, weekdays = _members(day, 1, 31), _members(weekday, 0, 6)
    combine = all if day.startswith("*") or weekday.startswith("*") else any
    moment = EPOCH + dt.timedelta(seconds=start // NS_PER_S)
    while True:
        moment += dt.timedelta(minutes=1)
        on_day = combine((moment.day in days, moment.isoweekday() % 7 in weekdays))
        if not on_day:
            moment = moment.replace(hour=23, minute=59)
        elif moment.hour in hours and moment.minute in minutes:
            break
    assert found == (moment - EPOCH) // dt.timedelta(seconds=1) * NS_PER_S


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    expression=st.sampled_from(["30 3 * * *", "*/20 * * * *", "0,30 2,3 * * *", "15 */2 * * *"]),
    offset=st.integers(-6 * 3600, 30 * 3600),
    day=st.sampled_from(["2021-03-28", "2021-10-31"]),
)
def test_ticks_do_not_depend_on_where_the_search_begins(
    expression: str, offset: int, day: str
) -> None:
    schedule = CronSchedule(expression, RIGA)
    start = ns(f"{day}T00:00", RIGA) + offset * NS_PER_S
    tick = schedule.next_after(start)
    assert start < tick
    assert schedule.next_after(tick - 1) == tick
    assert schedule.next_after((start + tick) // 2) == tick
