"""Times of day, weekdays and dates during which a route is muted or active.

Source: semantics 4.1, 4.2; alertmanager timeinterval/timeinterval.go.
"""

from bisect import bisect_right
from dataclasses import dataclass

from models.base import calendar
from models.base.time import NS_PER_S, TimeNs


@dataclass(frozen=True, slots=True)
class Location:
    """A place's distance from UTC: ``offsets_s[i]`` holds before ``changes_s[i]``, in seconds.

    There is one offset more than there are changes; the last holds for good.
    """

    changes_s: tuple[int, ...] = ()
    offsets_s: tuple[int, ...] = (0,)

    def local_s(self, at_s: int) -> int:
        """Seconds since the epoch as the clocks of the place show them."""
        return at_s + self.offsets_s[bisect_right(self.changes_s, at_s)]


UTC = Location()


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """What holds when every field holds; a field without ranges always does.

    ``times`` are minutes of the day, from the first until just before the second. All others
    include both ends: ``weekdays`` from 0 (Sunday), ``days_of_month`` from 1 or, negative, back
    from the last day, ``months`` from 1, and ``years``.
    """

    times: tuple[tuple[int, int], ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    days_of_month: tuple[tuple[int, int], ...] = ()
    months: tuple[tuple[int, int], ...] = ()
    years: tuple[tuple[int, int], ...] = ()
    location: Location = UTC

    def contains(self, *, now: TimeNs) -> bool:
        """True when the instant lies in the interval; ``now`` counts from the Unix epoch."""
        local_s = self.location.local_s(now // NS_PER_S)
        minute = local_s // 60 % 1440
        if self.times and not any(start <= minute < end for start, end in self.times):
            return False
        return (
            _is_in(calendar.day_of_week(local_s), self.weekdays)
            and self._has_day(local_s)
            and _is_in(calendar.month(local_s), self.months)
            and _is_in(calendar.year(local_s), self.years)
        )

    def _has_day(self, local_s: int) -> bool:
        last = int(calendar.days_in_month(local_s))
        ranges = tuple(
            (_from_front(first, last), _from_front(end, last)) for first, end in self.days_of_month
        )
        return _is_in(calendar.day_of_month(local_s), ranges)


def _from_front(day: int, last: int) -> int:
    return last + day + 1 if day < 0 else day


def _is_in(value: float, ranges: tuple[tuple[int, int], ...]) -> bool:
    return not ranges or any(first <= value <= end for first, end in ranges)
