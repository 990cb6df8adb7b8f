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
from models.base.portable import ln
from models.base.streams import Stream
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

    ``jitter_ratio`` shortens each time to live by a random share of up to that, so that what came
    together does not go together. With ``early_beta`` above 0 (1 is usual) a caller may be told
    to refresh a fresh value, the likelier the nearer its end and the longer its last fetch took.
    """

    capacity: int = 1000
    ttl_ns: DurationNs = 60 * NS_PER_S
    stale_ns: DurationNs = 0
    negative_ttl_ns: DurationNs = 0
    coalesces: bool = True
    jitter_ratio: float = 0.0
    early_beta: float = 0.0


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
    expires_at: TimeNs
    cost_ns: DurationNs
    is_negative: bool


@dataclass(slots=True, eq=False)
class _Flight:
    leader: int
    began_at: TimeNs
    waiters: list[int] = field(default_factory=list)
    is_outdated: bool = False


class ResponseCache(Generic[KeyT, ValueT]):
    """Keeps values by key. Callers are numbers, for as long as they wait.

    A caller told to ``FETCH`` or ``REFRESH`` ends it with :meth:`fetched`, :meth:`missing`,
    :meth:`failed` or :meth:`abandoned`; the first three return the callers who waited for it. A
    value is kept from the moment it came.

    ``stream`` is drawn from for jitter and early refreshes alone, and needed for those.

    Source: RFC 9111 and RFC 5861 (stale-while-revalidate), RFC 2308 (negative caching), Go
    ``singleflight``; early refreshes are XFetch of Vattani, Chierichetti and Lowenstein 2015,
    "Optimal probabilistic cache stampede prevention".

    Raises:
        ConfigError: a capacity or time to live below 1, a negative duration, a jitter not in
            [0, 1], a negative beta, or no stream for dice that are needed.
    """

    __slots__ = ("_config", "_entries", "_flights", "_stream")

    def __init__(self, config: CacheConfig, stream: Stream | None = None) -> None:
        if config.capacity < 1 or config.ttl_ns < 1:
            raise ConfigError("cache: capacity and ttl_ns must be at least 1")
        if config.stale_ns < 0 or config.negative_ttl_ns < 0:
            raise ConfigError("cache: durations must not be negative")
        if not 0.0 <= config.jitter_ratio <= 1.0 or config.early_beta < 0.0:
            raise ConfigError("cache: jitter_ratio must be in [0, 1], early_beta not negative")
        if stream is None and (config.jitter_ratio or config.early_beta):
            raise ConfigError("cache: jitter and early refreshes need a stream")
        self._config = config
        self._stream = stream
        self._entries: OrderedDict[KeyT, _Entry[ValueT]] = OrderedDict()
        self._flights: dict[KeyT, list[_Flight]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def ask(self, key: KeyT, caller: int, *, now: TimeNs) -> CacheAnswer[ValueT]:
        """Look a key up. Fresh until its time to live is over, not at that instant."""
        entry = self._entries.get(key)
        if entry is not None:
            if now < entry.expires_at:
                self._entries.move_to_end(key)
                if entry.is_negative:
                    return CacheAnswer(Lookup.NEGATIVE, None, entry.kept_at)
                lookup = Lookup.HIT
                if self._config.early_beta and self._is_early(entry, now):
                    lookup = self._refresh(key, caller, now, otherwise=Lookup.HIT)
                return CacheAnswer(lookup, entry.value, entry.kept_at)
            if not entry.is_negative and now < entry.expires_at + self._config.stale_ns:
                self._entries.move_to_end(key)
                lookup = self._refresh(key, caller, now, otherwise=Lookup.STALE)
                return CacheAnswer(lookup, entry.value, entry.kept_at)
        return CacheAnswer(self._miss(key, caller, now))

    def peek(self, key: KeyT) -> CacheAnswer[ValueT] | None:
        """The value kept for a key, however old, for a fallback. Changes nothing."""
        entry = self._entries.get(key)
        if entry is None or entry.is_negative:
            return None
        return CacheAnswer(Lookup.STALE, entry.value, entry.kept_at)

    def fetched(self, key: KeyT, caller: int, value: ValueT, *, now: TimeNs) -> tuple[int, ...]:
        """The caller has brought a value; returns who waited for it."""
        return self._land(key, caller, self._fresh(value, now, self._cost(key, caller, now)))

    def fill(self, key: KeyT, value: ValueT, *, now: TimeNs, age_ns: DurationNs = 0) -> None:
        """Keep a value as if it had been fetched ``age_ns`` ago; for a cache that starts warm."""
        self._keep(key, self._fresh(value, now - age_ns, 0))

    def missing(self, key: KeyT, caller: int, *, now: TimeNs) -> tuple[int, ...]:
        """The caller has learnt that there is nothing; returns who waited to learn it."""
        if self._config.negative_ttl_ns:
            expires_at = now + self._config.negative_ttl_ns
            entry = _Entry[ValueT](None, now, expires_at, 0, is_negative=True)
            return self._land(key, caller, entry)
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

    def _fresh(self, value: ValueT, now: TimeNs, cost_ns: DurationNs) -> _Entry[ValueT]:
        ttl_ns = self._config.ttl_ns
        if self._config.jitter_ratio:
            assert self._stream is not None
            ttl_ns -= int(self._config.jitter_ratio * ttl_ns * self._stream.uniform())
        return _Entry(value, now, now + ttl_ns, cost_ns, is_negative=False)

    def _cost(self, key: KeyT, caller: int, now: TimeNs) -> DurationNs:
        """How long the caller's flight has taken; the flight must exist, see :meth:`_land`."""
        flights = self._flights.get(key, ())
        return next((now - flight.began_at for flight in flights if flight.leader == caller), 0)

    def _is_early(self, entry: _Entry[ValueT], now: TimeNs) -> bool:
        assert self._stream is not None
        lead_ns = -entry.cost_ns * self._config.early_beta * ln(1.0 - self._stream.uniform())
        return now + lead_ns >= entry.expires_at

    def _miss(self, key: KeyT, caller: int, now: TimeNs) -> Lookup:
        flight = self._joinable(key)
        if flight is None:
            self._flights.setdefault(key, []).append(_Flight(caller, now))
            return Lookup.FETCH
        flight.waiters.append(caller)
        return Lookup.JOIN

    def _refresh(self, key: KeyT, caller: int, now: TimeNs, *, otherwise: Lookup) -> Lookup:
        if self._joinable(key) is not None:
            return otherwise
        self._flights.setdefault(key, []).append(_Flight(caller, now))
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
            self._keep(key, entry)
        return tuple(flight.waiters)

    def _keep(self, key: KeyT, entry: _Entry[ValueT]) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if len(self._entries) > self._config.capacity:
            self._entries.popitem(last=False)
