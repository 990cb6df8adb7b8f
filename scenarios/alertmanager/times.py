"""Times of day, weekdays and dates as Alertmanager's file writes them.

Source: semantics 4.1; alertmanager timeinterval/timeinterval.go.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field

from models.alerting.routing.time_interval import Location, TimeInterval
from scenarios.document.quantities import mistake
from scenarios.document.shapes import Section
from scenarios.source.problems import quoted, suggestion

Ranges: TypeAlias = tuple[tuple[int, int], ...]

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_CLOCK = re.compile(r"(\d\d):(\d\d)")
_DAY_MAX = 31
_FIRST_YEAR, _LAST_YEAR = 1970, 2070
_HALF_DAY = timedelta(hours=12)


def _minute(value: object) -> int:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) * 60 + int(match[2]) > 24 * 60 or int(match[2]) >= 60:
        raise mistake(f"{quoted(value)} is no time of day; write 00:00 to 24:00, in quotes")
    return int(match[1]) * 60 + int(match[2])


def _ranges(read: Callable[[str], int]) -> BeforeValidator:
    def ranges(value: object) -> Ranges:
        if not isinstance(value, list):
            raise mistake(f"expected a list of ranges, got {quoted(value)}")
        return tuple(_range(str(one).strip().lower(), read) for one in value)

    return BeforeValidator(ranges)


def _range(text: str, read: Callable[[str], int]) -> tuple[int, int]:
    first, colon, last = text.partition(":")
    start = read(first)
    end = read(last) if colon else start
    if end < start and not (start > 0 > end):
        raise mistake(f"{quoted(text)} ends before it begins")
    return start, end


def _among(names: Sequence[str], offset: int) -> Callable[[str], int]:
    def place(text: str) -> int:
        if text in names:
            return names.index(text) + offset
        if text.isdigit() and offset and offset <= int(text) < offset + len(names):
            return int(text)
        raise mistake(f"{quoted(text)} is none of {', '.join(names)}{suggestion(text, names)}")

    return place


def _day(text: str) -> int:
    day = _whole(text)
    if not 1 <= abs(day) <= _DAY_MAX:
        raise mistake(f"{quoted(text)} is no day of a month: 1 to 31, or -1 (the last) to -31")
    return day


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise mistake(f"{quoted(text)} is no whole number") from error


def _location(value: object) -> Location:
    try:
        zone = ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise mistake(
            f"{quoted(value)} is no time zone; write for example Europe/Berlin"
        ) from error
    return location_of(zone)


def location_of(zone: ZoneInfo) -> Location:
    """The zone's offsets from 1970 on, found to the second."""
    changes: list[int] = []
    before = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    offsets = [_offset_s(before, zone)]
    end = datetime(_LAST_YEAR, 1, 1, tzinfo=UTC)
    while before < end:
        after = before + 2 * _HALF_DAY
        if _offset_s(after, zone) != offsets[-1]:
            changes.append(_change_s(before, after, zone))
            offsets.append(_offset_s(after, zone))
        before = after
    return Location(tuple(changes), tuple(offsets))


def _change_s(before: datetime, after: datetime, zone: ZoneInfo) -> int:
    low, high = int(before.timestamp()), int(after.timestamp())
    former = _offset_s(before, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_s(datetime.fromtimestamp(middle, UTC), zone) == former:
            low = middle
        else:
            high = middle
    return high


def _offset_s(instant: datetime, zone: ZoneInfo) -> int:
    offset = instant.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


class _TimesDoc(Section):
    start_time: Annotated[int, BeforeValidator(_minute)]
    end_time: Annotated[int, BeforeValidator(_minute)]


class TimeIntervalDoc(Section):
    """What holds when all that is written holds."""

    times: list[_TimesDoc] = Field(default_factory=list)
    weekdays: Annotated[Any, _ranges(_among(_WEEKDAYS, 0))] = ()
    days_of_month: Annotated[Any, _ranges(_day)] = ()
    months: Annotated[Any, _ranges(_among(_MONTHS, 1))] = ()
    years: Annotated[Any, _ranges(_whole)] = ()
    location: Annotated[Any, BeforeValidator(_location)] = Location()

    def interval(self) -> TimeInterval:
        """As the decider wants it."""
        return TimeInterval(
            times=tuple((one.start_time, one.end_time) for one in self.times),
            weekdays=self.weekdays,
            days_of_month=self.days_of_month,
            months=self.months,
            years=self.years,
            location=self.location,
        )
