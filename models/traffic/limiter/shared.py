"""One limit for many callers: it is kept in a store, and the store is a message away.

The store answers as fast as its link lets it, or not at all. A caller that has waited its
time-out decides alone: open, so that a dead store costs the limit, or closed, so that it costs
the traffic. An answer that comes after that is not used, but what the store took stays taken.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from models.base.errors import ConfigError
from models.base.time import NS_PER_MS, DurationNs, TimeNs
from models.traffic.limiter.base import ADMITTED, RateLimiter


class DecidedBy(Enum):
    """Who let a call through or refused it.

    ``MEMORY`` is a refusal of the store's that still holds, ``SILENCE`` a store that did not
    answer in time.
    """

    STORE = "store"
    MEMORY = "memory"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """Question to the store; ``number`` comes back with the answer."""

    number: int
    key: str
    cost: int


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """0, or how long to wait, as every limiter answers; on the store's clock, so a duration."""

    number: int
    wait_ns: DurationNs


@dataclass(frozen=True, slots=True)
class SharedVerdict:
    """What becomes of the call with that number. ``wait_ns`` is 0 where nobody knows."""

    number: int
    is_admitted: bool
    wait_ns: DurationNs
    decided_by: DecidedBy


@dataclass(frozen=True, slots=True)
class SharedLimiterConfig:
    """The store has ``timeout_ns`` to answer; after that ``fails_open`` decides.

    With ``remembers_refusals`` a refused key is refused without asking until its wait is over.
    At most ``keys_max`` refusals are remembered.
    """

    timeout_ns: DurationNs = 20 * NS_PER_MS
    fails_open: bool = True
    remembers_refusals: bool = True
    keys_max: int = 10_000


class LimitStore:
    """The store's side: one limiter per key, made when the key is first seen.

    Of more than ``keys_max`` keys the one least recently asked for is forgotten, and begins anew.

    Raises:
        ConfigError: ``keys_max`` is below 1.
    """

    __slots__ = ("_keys_max", "_limiters", "_make")

    def __init__(self, make: Callable[[str], RateLimiter], *, keys_max: int = 10_000) -> None:
        if keys_max < 1:
            raise ConfigError(f"limit store: keys_max must be at least 1, not {keys_max}")
        self._make = make
        self._keys_max = keys_max
        self._limiters: OrderedDict[str, RateLimiter] = OrderedDict()

    def answer(self, request: StoreRequest, *, now: TimeNs) -> StoreAnswer:
        """Ask the key's limiter, on the store's own clock."""
        limiter = self._limiters.get(request.key)
        if limiter is None:
            limiter = self._limiters[request.key] = self._make(request.key)
            if len(self._limiters) > self._keys_max:
                self._limiters.popitem(last=False)
        self._limiters.move_to_end(request.key)
        return StoreAnswer(request.number, limiter.try_acquire(now, request.cost))


class SharedLimiter:
    """The caller's side.

    Each call gets a number. Either :meth:`ask` decides it from memory, or it returns the request
    to send, and one of :meth:`answered` and :meth:`tick` brings the verdict, exactly once.

    Source: Envoy global rate limit filter (``timeout`` 20 ms, ``failure_mode_deny`` false) and
    the near cache of its reference service.

    Raises:
        ConfigError: a time-out or a number of keys below 1.
    """

    __slots__ = ("_asked", "_config", "_number", "_refused_until")

    def __init__(self, config: SharedLimiterConfig) -> None:
        if config.timeout_ns < 1 or config.keys_max < 1:
            raise ConfigError("shared limiter: timeout_ns and keys_max must be at least 1")
        self._config = config
        self._number = 0
        self._asked: OrderedDict[int, tuple[TimeNs, StoreRequest]] = OrderedDict()
        self._refused_until: OrderedDict[str, TimeNs] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many calls have no verdict yet."""
        return len(self._asked)

    def ask(self, key: str, cost: int = 1, *, now: TimeNs) -> StoreRequest | SharedVerdict:
        """Decide a call from memory, or return what to ask the store."""
        self._number += 1
        until = self._refused_until.get(key)
        if until is not None:
            if now < until:
                return SharedVerdict(self._number, False, until - now, DecidedBy.MEMORY)
            del self._refused_until[key]
        request = StoreRequest(self._number, key, cost)
        self._asked[request.number] = (now + self._config.timeout_ns, request)
        return request

    def answered(self, answer: StoreAnswer, *, now: TimeNs) -> SharedVerdict | None:
        """Use the store's answer; None for one that comes too late or twice.

        An answer at the very instant of the time-out is in time unless :meth:`tick` came first.
        """
        asked = self._asked.pop(answer.number, None)
        if asked is None:
            return None
        is_admitted = answer.wait_ns == ADMITTED
        if not is_admitted and self._config.remembers_refusals and asked[1].cost == 1:
            self._refused_until[asked[1].key] = now + answer.wait_ns
            self._refused_until.move_to_end(asked[1].key)
            if len(self._refused_until) > self._config.keys_max:
                self._refused_until.popitem(last=False)
        return SharedVerdict(answer.number, is_admitted, answer.wait_ns, DecidedBy.STORE)

    def next_deadline(self) -> TimeNs | None:
        """When the oldest question has waited its time-out."""
        for deadline, _ in self._asked.values():
            return deadline
        return None

    def tick(self, *, now: TimeNs) -> tuple[SharedVerdict, ...]:
        """Decide the calls that have waited their time-out, in the order they came."""
        verdicts = []
        while self._asked:
            number, (deadline, _) = next(iter(self._asked.items()))
            if now < deadline:
                break
            del self._asked[number]
            verdicts.append(SharedVerdict(number, self._config.fails_open, 0, DecidedBy.SILENCE))
        return tuple(verdicts)
