"""Client cache: keep answers for a while, and let one caller fetch what many are missing.

When a popular key expires, every caller misses it at once and the stampede is the outage. So the
first caller to miss leads a *flight* and the others wait for it. An answer that was asked for
before its key was invalidated must not be kept after: such a flight is outdated, it still answers
those who wait for it, but nobody joins it any more, and what it brings is not kept.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from models.base.errors import ConfigError, SimulationError
from models.base.time import NS_PER_S, DurationNs, TimeNs

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Lookup(Enum):
    """What a caller finds.

    ``HIT``: a fresh value. ``STALE``: an old one, good enough, and another caller refreshes it.
    ``REFRESH``: the same, and this caller must refresh it. ``NEGATIVE``: it is known that there
    is nothing. ``FETCH``: nothing, this caller must fetch. ``JOIN``: nothing, wait for the
    flight.
    """

    HIT = "hit"
    STALE = "stale"
    REFRESH = "refresh"
    NEGATIVE = "negative"
    FETCH = "fetch"
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class CacheConfig:
    """At most ``capacity`` keys, the least recently used leaves first.

    Values are fresh for ``ttl_ns`` and may be served ``stale_ns`` longer while one caller
    refreshes them. That there is nothing is remembered for ``negative_ttl_ns`` (0: not at all).
    Without ``coalesces`` every caller who misses fetches.
    """

    capacity: int = 1000
    ttl_ns: DurationNs = 60 * NS_PER_S
    stale_ns: DurationNs = 0
    negative_ttl_ns: DurationNs = 0
    coalesces: bool = True


@dataclass(frozen=True, slots=True)
class CacheAnswer(Generic[ValueT]):
    """What was found, the value if there is one, and when it was fetched."""

    lookup: Lookup
    value: ValueT | None = None
    kept_at: TimeNs | None = None


@dataclass(slots=True)
class _Entry(Generic[ValueT]):
    value: ValueT | None
    kept_at: TimeNs
    is_negative: bool


@dataclass(slots=True, eq=False)
class _Flight:
    leader: int
    waiters: list[int] = field(default_factory=list)
    is_outdated: bool = False


class ResponseCache(Generic[KeyT, ValueT]):
    """Keeps values by key. Callers are numbers, for as long as they wait.

    A caller told to ``FETCH`` or ``REFRESH`` ends it with :meth:`fetched`, :meth:`missing`,
    :meth:`failed` or :meth:`abandoned`; the first three return the callers who waited for it. A
    value is kept from the moment it came.

    Source: RFC 9111 and RFC 5861 (stale-while-revalidate), RFC 2308 (negative caching), Go
    ``singleflight``.

    Raises:
        ConfigError: a capacity or time to live below 1, or a negative duration.
    """

    __slots__ = ("_config", "_entries", "_flights")

    def __init__(self, config: CacheConfig) -> None:
        if config.capacity < 1 or config.ttl_ns < 1:
            raise ConfigError("cache: capacity and ttl_ns must be at least 1")
        if config.stale_ns < 0 or config.negative_ttl_ns < 0:
            raise ConfigError("cache: durations must not be negative")
        self._config = config
        self._entries: OrderedDict[KeyT, _Entry[ValueT]] = OrderedDict()
        self._flights: dict[KeyT, list[_Flight]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def ask(self, key: KeyT, caller: int, *, now: TimeNs) -> CacheAnswer[ValueT]:
        """Look a key up. Fresh until its time to live is over, not at that instant."""
        entry = self._entries.get(key)
        if entry is not None:
            age_ns = now - entry.kept_at
            if entry.is_negative and age_ns < self._config.negative_ttl_ns:
                self._entries.move_to_end(key)
                return CacheAnswer(Lookup.NEGATIVE, None, entry.kept_at)
            if not entry.is_negative and age_ns < self._config.ttl_ns + self._config.stale_ns:
                self._entries.move_to_end(key)
                is_fresh = age_ns < self._config.ttl_ns
                lookup = Lookup.HIT if is_fresh else self._refresh(key, caller)
                return CacheAnswer(lookup, entry.value, entry.kept_at)
        return CacheAnswer(self._miss(key, caller))

    def peek(self, key: KeyT) -> CacheAnswer[ValueT] | None:
        """The value kept for a key, however old, for a fallback. Changes nothing."""
        entry = self._entries.get(key)
        if entry is None or entry.is_negative:
            return None
        return CacheAnswer(Lookup.STALE, entry.value, entry.kept_at)

    def fetched(self, key: KeyT, caller: int, value: ValueT, *, now: TimeNs) -> tuple[int, ...]:
        """The caller has brought a value; returns who waited for it."""
        return self._land(key, caller, _Entry(value, now, is_negative=False))

    def missing(self, key: KeyT, caller: int, *, now: TimeNs) -> tuple[int, ...]:
        """The caller has learnt that there is nothing; returns who waited to learn it."""
        if self._config.negative_ttl_ns:
            return self._land(key, caller, _Entry(None, now, is_negative=True))
        waiters = self._land(key, caller, None)
        self._entries.pop(key, None)
        return waiters

    def failed(self, key: KeyT, caller: int) -> tuple[int, ...]:
        """The caller could not find out; returns who waited. What is kept stays kept."""
        return self._land(key, caller, None)

    def abandoned(self, key: KeyT, caller: int) -> int | None:
        """A caller no longer wants the key. Returns who must fetch now in its place, if anyone."""
        for flight in self._flights.get(key, ()):
            if caller in flight.waiters:
                flight.waiters.remove(caller)
                return None
            if flight.leader == caller:
                return self._hand_over(key, flight)
        return None

    def invalidate(self, key: KeyT) -> None:
        """Forget a key; what is being fetched for it will not be kept either."""
        self._entries.pop(key, None)
        for flight in self._flights.get(key, ()):
            flight.is_outdated = True

    def flush(self) -> None:
        """Forget everything, as a restart does to those who ask."""
        self._entries.clear()
        for flights in self._flights.values():
            for flight in flights:
                flight.is_outdated = True

    def _miss(self, key: KeyT, caller: int) -> Lookup:
        flight = self._joinable(key)
        if flight is None:
            self._flights.setdefault(key, []).append(_Flight(caller))
            return Lookup.FETCH
        flight.waiters.append(caller)
        return Lookup.JOIN

    def _refresh(self, key: KeyT, caller: int) -> Lookup:
        if self._joinable(key) is not None:
            return Lookup.STALE
        self._flights.setdefault(key, []).append(_Flight(caller))
        return Lookup.REFRESH

    def _joinable(self, key: KeyT) -> _Flight | None:
        flights = self._flights.get(key)
        if not self._config.coalesces or not flights or flights[-1].is_outdated:
            return None
        return flights[-1]

    def _hand_over(self, key: KeyT, flight: _Flight) -> int | None:
        """Another caller leads from now on, with a fetch of its own; or the flight ends."""
        if not flight.waiters:
            self._end(key, flight)
            return None
        flight.leader = flight.waiters.pop(0)
        flight.is_outdated = False
        return flight.leader

    def _end(self, key: KeyT, flight: _Flight) -> None:
        self._flights[key].remove(flight)
        if not self._flights[key]:
            del self._flights[key]

    def _land(self, key: KeyT, caller: int, entry: _Entry[ValueT] | None) -> tuple[int, ...]:
        for flight in self._flights.get(key, ()):
            if flight.leader == caller:
                break
        else:
            raise SimulationError(f"cache: caller {caller} leads no flight for {key!r}")
        self._end(key, flight)
        if entry is not None and not flight.is_outdated:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            if len(self._entries) > self._config.capacity:
                self._entries.popitem(last=False)
        return tuple(flight.waiters)
