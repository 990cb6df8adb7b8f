"""Policies on one edge (caller to callee), as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from models.base.outcome import Outcome
from models.base.time import DURATION_NS_MAX, NS_PER_MS, NS_PER_S, DurationNs
from models.traffic.balancer.layers.config import LayersConfig
from models.traffic.balancer.prequal.config import PrequalConfig

if TYPE_CHECKING:
    from models.traffic.proxy.config import ProxyConfig


@dataclass(frozen=True, slots=True)
class BalancerConfig:
    """Which policy picks the instance. ``policy`` is a built-in name or a plug-in's.

    ``options`` are a plug-in's to read. Every other field belongs to some built-in policies (see
    ``FIELDS_OF`` in :mod:`models.traffic.balancer.policies`), which state its range, and means
    nothing to the rest. A ``hash_balance_factor`` (a percentage) bounds the load of each member;
    None leaves it unbounded. ``layers`` are laid around whichever policy it is.
    """

    policy: str = "least_request"
    choices: int = 2
    options: Mapping[str, str] = field(default_factory=dict)
    active_request_bias: float = 1.0
    scans_all: bool = False
    decay_ns: DurationNs = 10 * NS_PER_S
    ring_size_min: int = 1024
    ring_size_max: int = 8_388_608
    points_per_weight: int = 160
    table_size: int = 65_537
    hash_balance_factor: int | None = None
    prequal: PrequalConfig = PrequalConfig()
    layers: LayersConfig = LayersConfig()


@dataclass(frozen=True, slots=True)
class BreakerConfig:
    """Circuit breaker, one per caller and target.

    Looks back over the last ``window_calls`` calls, or over the last ``window_ns`` (whole seconds)
    if that is above 0. Opens when at least ``minimum_calls`` of them are recorded and the share
    of failures is at or above ``failure_ratio``, or the share of calls that took longer than
    ``slow_ns`` (None: none is slow) at or above ``slow_ratio``.

    It stays open for ``open_ns``, each time in a row ``open_growth`` times longer up to
    ``open_ns_max``; then the next call is the first probe, or, if ``is_automatic``, probing
    begins by itself. Half-open for ``half_open_ns_max`` without a verdict (0: no bound), it
    opens again.
    """

    window_calls: int = 100
    minimum_calls: int = 20
    failure_ratio: float = 0.5
    open_ns: DurationNs = 5 * NS_PER_S
    half_open_permits: int = 10
    window_ns: DurationNs = 0
    slow_ratio: float = 1.0
    slow_ns: DurationNs | None = None
    half_open_ns_max: DurationNs = 0
    is_automatic: bool = False
    open_growth: float = 1.0
    open_ns_max: DurationNs = DURATION_NS_MAX


class Jitter(Enum):
    """How a back-off t is spread, always uniformly.

    Not at all; over [0, t) (full); over [t / 2, t) (equal); over [t (1 - spread), t (1 + spread))
    (around); or over [base, 3 * the wait before) whatever t is (decorrelated).
    """

    NONE = "none"
    FULL = "full"
    EQUAL = "equal"
    AROUND = "around"
    DECORRELATED = "decorrelated"


class Growth(Enum):
    """How a back-off grows: not at all, as a power, or as the sum of the powers so far."""

    FIXED = "fixed"
    POWER = "power"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class BackoffConfig:
    """Back-off: min(cap, base * multiplier**try) unless ``growth`` says else, spread by ``jitter``.

    ``spread`` is in [0, 1] and used by ``Jitter.AROUND`` alone.
    """

    base_ns: DurationNs = 25 * NS_PER_MS
    cap_ns: DurationNs = 250 * NS_PER_MS
    jitter: Jitter = Jitter.FULL
    growth: Growth = Growth.POWER
    multiplier: float = 2.0
    spread: float = 0.2


@dataclass(frozen=True, slots=True)
class BudgetConfig:
    """Retry budget by tokens: each first try earns ``ratio``, each retry costs one token.

    The bucket starts with ``reserve`` tokens and never holds more than ``cap``.
    """

    ratio: float = 0.2
    reserve: int = 10
    cap: int = 100


@dataclass(frozen=True, slots=True)
class ThrottleConfig:
    """Retry budget by results: a failed try costs a token, one that succeeds earns ``ratio``.

    Retries are allowed while more than half of ``tokens_max`` are there.
    """

    tokens_max: int = 10
    ratio: float = 0.1


@dataclass(frozen=True, slots=True)
class ActiveShareConfig:
    """Retry budget by concurrency: retries may be ``ratio`` of what is under way.

    ``retries_min`` at a time are always allowed.
    """

    ratio: float = 0.2
    retries_min: int = 3


@dataclass(frozen=True, slots=True)
class WindowBudgetConfig:
    """Retry budget over a window: ``ratio`` of the first tries in the last ``window_ns``.

    ``retries_min_per_s`` are allowed on top, so that a caller with little traffic can retry.
    """

    ratio: float = 0.2
    retries_min_per_s: int = 10
    window_ns: DurationNs = 10 * NS_PER_S


@dataclass(frozen=True, slots=True)
class QuotaConfig:
    """Retry budget by costs: a retry costs, a success gives back.

    A success after a retry gives back what that retry cost, any other one ``refund``.
    """

    capacity: int = 500
    cost: int = 5
    timeout_cost: int = 10
    refund: int = 1


@dataclass(frozen=True, slots=True)
class RetryConfig:
    """``retries`` extra tries after the first, for the outcomes in ``retry_on``.

    ``once`` names endpoints of the callee whose calls must not be made twice: they are tried again
    only if it is certain that they were never begun.
    """

    retries: int = 0
    backoff: BackoffConfig = BackoffConfig()
    budget: (
        BudgetConfig | ThrottleConfig | ActiveShareConfig | WindowBudgetConfig | QuotaConfig | None
    ) = None
    retry_on: frozenset[Outcome] = frozenset(
        {
            Outcome.ERROR,
            Outcome.TIMEOUT,
            Outcome.QUEUE_FULL,
            Outcome.SHED,
            Outcome.REFUSED,
            Outcome.RESET,
            Outcome.BREAKER_OPEN,
        }
    )
    once: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """Connections that one caller has to one callee, each used by one try at a time.

    A try that finds none free waits up to ``wait_ns`` (0 is for ever) with at most ``pending``
    others.
    """

    connections: int
    pending: int = 1024
    wait_ns: DurationNs = NS_PER_S


@dataclass(frozen=True, slots=True)
class DeadlineConfig:
    """Until when a call is wanted, all its tries and back-offs together.

    ``total_ns`` counts from its first try, 0 is no bound. With ``propagates`` a call is wanted no
    longer than the work on whose behalf it is made, less ``margin_ns`` for the way back.

    Source: gRPC deadlines; Envoy ``x-envoy-expected-rq-timeout-ms``; semantics 8.5.
    """

    total_ns: DurationNs = 0
    propagates: bool = False
    margin_ns: DurationNs = 0


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """Everything a caller's side-car does on the way to one callee.

    ``timeout_ns`` bounds each attempt, ``deadline`` each call; 0 and None mean none. ``proxy`` is
    what it does besides.
    """

    caller: str
    callee: str
    timeout_ns: DurationNs = NS_PER_S
    balancer: BalancerConfig = BalancerConfig()
    breaker: BreakerConfig | None = None
    retry: RetryConfig = RetryConfig()
    pool: PoolConfig | None = None
    proxy: "ProxyConfig | None" = None
    deadline: DeadlineConfig | None = None

    @property
    def remembers_calls(self) -> bool:
        """True if what is decided about a try depends on the tries and times before it."""
        retry = self.retry
        is_stateful = (
            retry.backoff.jitter is Jitter.DECORRELATED
            or not isinstance(retry.budget, BudgetConfig | None)
            or bool(retry.once)
        )
        return self.deadline is not None or (retry.retries > 0 and is_stateful)
