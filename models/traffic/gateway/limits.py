"""How often: limits on a route, on each client of it, and on each address that calls it.

An address is limited before anyone asks who it is, which is what slows the guessing of
passwords down. A client is limited once it is known, and the route at last, so that a client
over its own limit takes nothing of what all share. A request that only the route's limit
refuses has used its client's token all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from models.base.errors import ConfigError
from models.base.time import DurationNs, TimeNs
from models.traffic.gateway.decision import Reason, Refusal
from models.traffic.limiter.base import Rate, RateLimiter
from models.traffic.limiter.token_bucket import TokenBucket

KEYS_MAX = 65_536


@dataclass(frozen=True, slots=True)
class RateLimit:
    """``rate`` in the long run, and up to ``burst`` at once."""

    rate: Rate
    burst: int

    @property
    def refill_ns(self) -> DurationNs:
        """After so long without a request nothing is remembered of those before."""
        return -(-self.burst * self.rate.per_ns // self.rate.permits)


LimiterFactory: TypeAlias = Callable[[RateLimit], RateLimiter]


def make_token_bucket(limit: RateLimit) -> RateLimiter:
    """The limiter that is used unless another kind is asked for.

    Raises:
        ConfigError: the burst is below 1.
    """
    return TokenBucket(limit.rate, limit.burst)


@dataclass(frozen=True, slots=True)
class RouteLimits:
    """Limits of one route; None: unlimited. Without authentication a client is its address."""

    per_address: RateLimit | None = None
    per_key: RateLimit | None = None
    per_route: RateLimit | None = None


class KeyedLimiters:
    """One limiter of the same kind for each key, and no more than ``keys_max`` of them.

    A key that has been silent for the time in which its limiter fills up is forgotten when room
    is needed; it would start over with the same. When there is none to forget, new keys share
    one limiter: forgetting a busy key would give it its burst again, and whoever calls under
    many names would choose when. O(1) per request, amortised.

    Raises:
        ConfigError: ``keys_max`` is below 1, or what making a limiter refuses.
    """

    __slots__ = ("_by_key", "_keys_max", "_limit", "_make", "_refill_ns", "_shared")

    def __init__(
        self, limit: RateLimit, make: LimiterFactory = make_token_bucket, keys_max: int = KEYS_MAX
    ) -> None:
        make(limit)
        if keys_max < 1:
            raise ConfigError("rate limit: keys_max must be at least 1")
        self._limit = limit
        self._make = make
        self._keys_max = keys_max
        self._refill_ns = limit.refill_ns
        self._by_key: dict[str, tuple[RateLimiter, TimeNs]] = {}
        self._shared: RateLimiter | None = None

    def __len__(self) -> int:
        return len(self._by_key)

    def try_acquire(self, key: str, now: TimeNs) -> DurationNs:
        """Take one token of the key's: 0, or the nanoseconds until one may be there."""
        limiter = self._limiter_of(key, now)
        return limiter.try_acquire(now, 1)

    def _limiter_of(self, key: str, now: TimeNs) -> RateLimiter:
        known = self._by_key.pop(key, None)
        if known is None and not self._has_room(now):
            if self._shared is None:
                self._shared = self._make(self._limit)
            return self._shared
        limiter = self._make(self._limit) if known is None else known[0]
        self._by_key[key] = (limiter, now)
        return limiter

    def _has_room(self, now: TimeNs) -> bool:
        if len(self._by_key) < self._keys_max:
            return True
        longest_silent = next(iter(self._by_key))
        if now - self._by_key[longest_silent][1] < self._refill_ns:
            return False
        del self._by_key[longest_silent]
        return True


class RouteLimiter:
    """All limits of one route.

    Raises:
        ConfigError: as :class:`KeyedLimiters`.
    """

    __slots__ = ("_addresses", "_keys", "_route")

    def __init__(self, limits: RouteLimits, make: LimiterFactory = make_token_bucket) -> None:
        self._addresses = _keyed(limits.per_address, make)
        self._keys = _keyed(limits.per_key, make)
        self._route: RateLimiter | None = None
        if limits.per_route is not None:
            self._route = make(limits.per_route)

    def admit_address(self, address: str, *, now: TimeNs) -> Refusal | None:
        """Count a request of an address that may be anyone's."""
        wait_ns = 0 if self._addresses is None else self._addresses.try_acquire(address, now)
        if wait_ns:
            return Refusal(Reason.ADDRESS_LIMITED, "too many requests of this address", wait_ns)
        return None

    def admit_client(self, client: str, *, now: TimeNs) -> Refusal | None:
        """Count a request of a client that is known, then against the route as a whole."""
        wait_ns = 0 if self._keys is None else self._keys.try_acquire(client, now)
        if wait_ns:
            return Refusal(Reason.KEY_LIMITED, f"too many requests of '{client}'", wait_ns)
        wait_ns = 0 if self._route is None else self._route.try_acquire(now, 1)
        if wait_ns:
            return Refusal(Reason.ROUTE_LIMITED, "too many requests on this route", wait_ns)
        return None


def _keyed(limit: RateLimit | None, make: LimiterFactory) -> KeyedLimiters | None:
    return None if limit is None else KeyedLimiters(limit, make)
