"""A cron schedule in a time zone: which instants it names.

The calendar arithmetic is cronsim's, which follows Debian cron on the days the clocks change:
a job with a fixed hour and minute that falls into the gap runs at the gap's end, one that falls
into the repeated hour runs the first time only; a job with a wildcard or step there follows real
elapsed time. This module adds what a scheduler needs on top: integer wall clocks, ticks that
strictly ascend from any starting instant, bounded catch-up, and errors with a hint. The zone's
rules come from the tz database of the machine (or the ``tzdata`` package).
"""

import datetime as dt
import difflib
import zoneinfo

from cronsim import CronSim, CronSimError

from models.base.errors import ConfigError
from models.base.time import NS_PER_S, TimeNs

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND = dt.timedelta(seconds=1)
_PROBE_NS = 946_684_800 * NS_PER_S
_FIELDS = "write five fields: minute hour day-of-month month day-of-week, for example '0 2 * * *'"
_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


class CronSchedule:
    """The instants named by five cron fields, or a nickname such as ``@hourly``, in a zone.

    All instants are wall-clock nanoseconds since the epoch; every tick is a whole minute of civil
    time, so ticks are at least a minute apart.

    Source: semantics.md 11.1 (Vixie fields, Debian rules for changing clocks). Differs from
    plain iteration of cronsim where that yields an instant at or before its start (a start in
    the repeated hour), the same instant twice (two times in one gap), or a local time that does
    not exist (a gap at midnight).
    """

    def __init__(self, expression: str, timezone: str = "UTC") -> None:
        """Read the expression.

        Raises:
            ConfigError: not five valid fields, an unknown zone, or a date that never comes.
        """
        self.expression = expression
        self.timezone = timezone
        self._fields = _five_fields(expression)
        self._zone = _zone(timezone)
        try:
            self.next_after(_PROBE_NS)
        except CronSimError as error:
            raise ConfigError(f"schedule '{expression}': {error}; {_FIELDS}") from None

    def next_after(self, wall: TimeNs) -> TimeNs:
        """First tick strictly later than ``wall``.

        Raises:
            ConfigError: no tick within fifty years.
        """
        after = _EPOCH + dt.timedelta(seconds=wall // NS_PER_S)
        ticks = CronSim(self._fields, after.astimezone(self._zone))
        for tick in ticks:
            instant = tick.astimezone(dt.UTC)
            if instant.astimezone(self._zone).replace(tzinfo=None) != tick.replace(tzinfo=None):
                ticks = CronSim(self._fields, (instant - _SECOND).astimezone(self._zone))
                instant = next(ticks).astimezone(dt.UTC)
            if instant > after:
                return (instant - _EPOCH) // _SECOND * NS_PER_S
        raise ConfigError(f"schedule '{self.expression}' names no date in fifty years")

    def latest_between(self, after: TimeNs, until: TimeNs) -> TimeNs | None:
        """Last tick in (after, until], or None. Bisects: cost grows with the log of the span."""
        tick = self.next_after(after)
        if tick > until:
            return None
        empty_from = until
        while (following := self.next_after(tick)) <= until:
            middle = (following + empty_from) // 2
            later = self.next_after(middle)
            if later <= until:
                tick = later
            else:
                tick, empty_from = following, middle
        return tick

    def ticks_between(self, after: TimeNs, until: TimeNs, *, limit: int) -> tuple[TimeNs, ...]:
        """Ticks in (after, until], ascending; when there are more, the latest ``limit``."""
        ticks: list[TimeNs] = []
        tick = self.next_after(after)
        while tick <= until and len(ticks) < limit:
            ticks.append(tick)
            tick = self.next_after(tick)
        if tick > until:
            return tuple(ticks)
        latest: list[TimeNs] = []
        end = until
        while len(latest) < limit and (last := self.latest_between(after, end)) is not None:
            latest.append(last)
            end = last - 1
        return tuple(reversed(latest))


def _five_fields(expression: str) -> str:
    if expression.startswith("@"):
        known = _NICKNAMES.get(expression.lower())
        if known is None:
            names = ", ".join(_NICKNAMES)
            raise ConfigError(f"schedule '{expression}' is not one of {names}; or {_FIELDS}")
        return known
    fields = expression.split()
    if len(fields) != 5:
        raise ConfigError(f"schedule '{expression}' has {len(fields)} fields; {_FIELDS}")
    return " ".join(fields)


def _zone(name: str) -> dt.tzinfo:
    if name == "UTC":
        return dt.UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        by_lower = {zone.lower(): zone for zone in sorted(zoneinfo.available_timezones())}
        near = difflib.get_close_matches(name.lower(), by_lower, n=1)
        hint = f"did you mean '{by_lower[near[0]]}'?" if near else "write for example Europe/Riga"
        raise ConfigError(f"'{name}' is not an IANA time zone; {hint}") from None
