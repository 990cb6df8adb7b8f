"""A cache in the world: content on a clock, and the requests that wait for what is missing."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from models.base.errors import ConfigError
from models.base.keys import KeyLaw
from models.base.outcome import Outcome
from models.base.popularity import is_absent
from models.base.streams import Stream
from models.service.cache import CacheSpec
from models.service.spec import InstanceSpec, ServiceSpec
from models.traffic.response_cache import CacheConfig, Lookup, ResponseCache
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.nodes.attempt import Attempt

FLIGHTS = (Lookup.FETCH, Lookup.REFRESH)
_AWAY = (*FLIGHTS, Lookup.JOIN)

NO_KEY = 0
"""What a request is about whose source gives it no key."""


class Asker(Protocol):
    """An instance that answers from a cache."""

    def fetch(self, attempt: Attempt) -> None:
        """Make the calls of this attempt; it had been waiting for another's."""

    def conclude(self, attempt: Attempt, outcome: Outcome) -> None:
        """Answer this attempt; what it waited for has come, or will not come."""


class _Asked(NamedTuple):
    """An attempt that fetches a key, or waits for another's fetch."""

    asker: Asker
    attempt: Attempt
    key: int


class Cache:
    """The content that one instance, or all instances of a service, answer from.

    ``hits`` and ``misses`` count look-ups: an old value that is served is a hit, and who waits
    for another's fetch has missed. ``fetches`` counts the look-ups that went on to make calls.
    """

    __slots__ = (
        "_absent_ratio",
        "_asked",
        "_clock",
        "_joined",
        "_kernel",
        "_key_of",
        "_store",
        "fetches",
        "hits",
        "misses",
    )

    def __init__(self, kernel: Kernel, spec: CacheSpec, clock: NodeClock, stream: Stream) -> None:
        config = CacheConfig(
            capacity=spec.capacity,
            ttl_ns=spec.ttl_ns,
            stale_ns=spec.stale_ns,
            negative_ttl_ns=spec.negative_ttl_ns,
            coalesces=spec.coalesces,
            jitter_ratio=spec.jitter_ratio,
            early_beta=spec.early_beta,
        )
        self._kernel = kernel
        self._clock = clock
        self._store: ResponseCache[int, None] = ResponseCache(config, stream)
        self._absent_ratio = spec.absent_ratio
        self._key_of = _key_of_request if spec.keys is None else _key_drawn
        self._asked: dict[int, _Asked] = {}
        self._joined: set[int] = set()
        self.hits = 0
        self.misses = 0
        self.fetches = 0
        if spec.is_warm:
            if spec.keys is None:
                raise ConfigError("a cache of other people's keys cannot start warm")
            self._warm(spec, spec.keys, stream)

    def __len__(self) -> int:
        return len(self._store)

    def ask(self, attempt: Attempt, asker: Asker) -> Lookup:
        """Look up the key that the attempt's request asks for."""
        key = self._key_of(attempt)
        found = self._store.ask(key, attempt.id, now=self._now()).lookup
        if found in _AWAY:
            self._asked[attempt.id] = _Asked(asker, attempt, key)
        if found in FLIGHTS:
            self.fetches += 1
        elif found is Lookup.JOIN:
            self._joined.add(attempt.id)
        if found is Lookup.FETCH or found is Lookup.JOIN:
            self.misses += 1
        else:
            self.hits += 1
        return found

    def ended(self, attempt: Attempt, outcome: Outcome) -> None:
        """The attempt has been answered; if it led a flight, those who waited for it are too."""
        asked = self._asked.pop(attempt.id, None)
        if asked is None:
            return
        for number in self._land(asked, outcome):
            waiter = self._asked.pop(number)
            self._joined.remove(number)
            waiter.asker.conclude(waiter.attempt, outcome)

    def lost(self, attempts: Iterable[Attempt]) -> None:
        """These attempts will not be answered. Who waited for one of them fetches now instead."""
        flights = [self._asked.pop(one.id) for one in attempts if one.id in self._asked]
        heirs = []
        for asked in flights:
            self._joined.discard(asked.attempt.id)
            heir = self._store.abandoned(asked.key, asked.attempt.id)
            if heir is not None:
                heirs.append(heir)
        for heir in heirs:
            waiter = self._asked.get(heir)
            if waiter is not None:
                self.fetches += 1
                self._joined.remove(heir)
                waiter.asker.fetch(waiter.attempt)

    def flush(self) -> None:
        """Forget everything, and do not keep what is on its way."""
        self._store.flush()

    def has_joined(self, number: int) -> bool:
        """True while the attempt of that number waits for the fetch of another."""
        return number in self._joined

    def _land(self, asked: _Asked, outcome: Outcome) -> tuple[int, ...]:
        number = asked.attempt.id
        if outcome is not Outcome.OK:
            return self._store.failed(asked.key, number)
        if self._absent_ratio and is_absent(asked.key, self._absent_ratio):
            return self._store.missing(asked.key, number, now=self._now())
        return self._store.fetched(asked.key, number, None, now=self._now())

    def _warm(self, spec: CacheSpec, keys: KeyLaw, stream: Stream) -> None:
        """Full from the start; the most popular key is the one most recently used."""
        now = self._now()
        present = (key for key in range(keys.count) if not is_absent(key, spec.absent_ratio))
        kept = [key for key, _ in zip(present, range(spec.capacity), strict=False)]
        for key in reversed(kept):
            self._store.fill(key, None, now=now, age_ns=stream.below(spec.ttl_ns))

    def _now(self) -> int:
        return self._clock.monotonic_at(self._kernel.now)


def _key_drawn(attempt: Attempt) -> int:
    """The key that was drawn for this endpoint when the request arrived."""
    return attempt.request.demands[attempt.node.slot + 1]


def _key_of_request(attempt: Attempt) -> int:
    """What the request is about, whatever endpoint it has come to."""
    key: int = getattr(attempt.request, "key", NO_KEY)
    return key


class Caches:
    """Makes the caches of a world, and knows them all by service and endpoint."""

    def __init__(
        self,
        kernel: Kernel,
        *,
        streams: Callable[[str], Stream],
        clocks: Callable[[str], NodeClock],
    ) -> None:
        self._kernel = kernel
        self._streams = streams
        self._clocks = clocks
        self.places: dict[tuple[str, str], list[Cache]] = {}

    def of(
        self, service: ServiceSpec, instance: InstanceSpec, clock: NodeClock
    ) -> Mapping[str, Cache]:
        """The caches that an instance answers from, by endpoint; a shared one is made once."""
        return {
            endpoint.name: self._cache(service.name, endpoint.name, endpoint.cache, instance, clock)
            for endpoint in service.endpoints
            if endpoint.cache is not None
        }

    def _cache(
        self, service: str, endpoint: str, spec: CacheSpec, instance: InstanceSpec, clock: NodeClock
    ) -> Cache:
        made = self.places.setdefault((service, endpoint), [])
        if spec.is_shared and made:
            return made[0]
        owner = service if spec.is_shared else instance.name
        if spec.is_shared:
            clock = self._clocks(f"cache/{service}")
        made.append(Cache(self._kernel, spec, clock, self._streams(f"cache/{owner}/{endpoint}")))
        return made[-1]
