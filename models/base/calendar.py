"""The civil calendar in UTC, from seconds since the epoch; fractions are cut off.

Whole numbers only, so it covers years that the standard library's dates do not.

Source: semantics 2.10; Hinnant, "chrono-compatible low-level date algorithms".
"""

from collections.abc import Callable
from math import isinf, isnan, nan
from typing import NamedTuple

_DAYS_BEFORE_EPOCH = 719_468
"""From 1 March of year 0 to 1 January 1970."""
_DAYS_PER_ERA = 146_097
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class _Date(NamedTuple):
    year: int
    month: int
    day: int


def minute(at_s: float) -> float:
    """Minute of the hour, 0 to 59."""
    return _of(at_s, lambda seconds: seconds // 60 % 60)


def hour(at_s: float) -> float:
    """Hour of the day, 0 to 23."""
    return _of(at_s, lambda seconds: seconds // 3600 % 24)


def day_of_week(at_s: float) -> float:
    """Day of the week, 0 (Sunday) to 6."""
    return _of(at_s, lambda seconds: (seconds // 86_400 + 4) % 7)


def day_of_month(at_s: float) -> float:
    """Day of the month, 1 to 31."""
    return _of(at_s, lambda seconds: _date(seconds).day)


def day_of_year(at_s: float) -> float:
    """Day of the year, 1 to 366."""
    return _of(at_s, _day_of_year)


def days_in_month(at_s: float) -> float:
    """Length of the month in days, 28 to 31."""
    return _of(at_s, lambda seconds: _length(_date(seconds)))


def month(at_s: float) -> float:
    """Month of the year, 1 to 12."""
    return _of(at_s, lambda seconds: _date(seconds).month)


def year(at_s: float) -> float:
    """The year."""
    return _of(at_s, lambda seconds: _date(seconds).year)


def _of(at_s: float, field: Callable[[int], int]) -> float:
    return nan if isnan(at_s) or isinf(at_s) else float(field(int(at_s)))


def _date(seconds: int) -> _Date:
    days = seconds // 86_400 + _DAYS_BEFORE_EPOCH
    era, day_of_era = divmod(days, _DAYS_PER_ERA)
    leap_days = day_of_era // 1460 - day_of_era // 36_524 + day_of_era // 146_096
    year_of_era = (day_of_era - leap_days) // 365
    day = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    months_since_march = (5 * day + 2) // 153
    day_of_month = day - (153 * months_since_march + 2) // 5 + 1
    in_next_year = months_since_march >= 10
    month_number = months_since_march - 9 if in_next_year else months_since_march + 3
    return _Date(era * 400 + year_of_era + in_next_year, month_number, day_of_month)


def _is_leap(year_number: int) -> bool:
    return year_number % 4 == 0 and (year_number % 100 != 0 or year_number % 400 == 0)


def _length(date: _Date) -> int:
    return 29 if date.month == 2 and _is_leap(date.year) else _MONTH_DAYS[date.month - 1]


def _day_of_year(seconds: int) -> int:
    date = _date(seconds)
    leap_day = date.month > 2 and _is_leap(date.year)
    return sum(_MONTH_DAYS[: date.month - 1]) + date.day + leap_day
