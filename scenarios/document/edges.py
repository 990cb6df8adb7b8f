"""Policies on the way from a caller to a service, as written."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from models.base.outcome import TRIES_MAX
from scenarios.document.layers import Layered, PrequalDoc
from scenarios.document.proxy import (
    ConcurrencyDoc,
    FallbackDoc,
    HedgeDoc,
    LimitDoc,
    OutlierDoc,
)
from scenarios.document.quantities import Duration, PositiveDuration, Ratio
from scenarios.document.retries import BackoffDoc, BudgetDoc, DeadlineDoc
from scenarios.document.shapes import Section, Several


class BalancerDoc(Layered):
    """Which policy picks the instance; ``options`` are for a plug-in's policy.

    ``choices``, ``active_request_bias`` and ``full_scan`` are for least_request, the bias for
    weighted_least_request too, ``decay`` for peak_ewma. ring_hash
    (``ring_size_min`` to ``ring_size_max`` points), ketama (``points_per_weight``) and maglev
    (``table_size``, a prime) send requests about one key to one instance: the
    source's ``keys`` say what requests are about. ``hash_balance_factor`` bounds each instance's
    load, in percent of the average. ``prequal`` sends each request to the fastest among those that
    probes found not too busy.

    ``priorities``, ``zone_aware`` or ``zone_weights``, ``slow_start`` and ``subset`` are laid
    around the policy.
    """

    policy: str = "least_request"
    choices: Annotated[int, Field(ge=1, le=100)] = 2
    active_request_bias: Annotated[float, Field(ge=0.0, le=16.0)] = 1.0
    full_scan: bool = False
    decay: PositiveDuration = 10_000_000_000
    ring_size_min: Annotated[int, Field(ge=1, le=8_388_608)] = 1024
    ring_size_max: Annotated[int, Field(ge=1, le=8_388_608)] = 8_388_608
    points_per_weight: Annotated[int, Field(ge=1, le=10_000)] = 160
    table_size: Annotated[int, Field(ge=3, le=5_000_011)] = 65_537
    hash_balance_factor: Annotated[int, Field(ge=100, le=10_000)] | None = None
    prequal: PrequalDoc = PrequalDoc()
    options: dict[str, str] = Field(default_factory=dict)


def _budget(value: object) -> object:
    return value if isinstance(value, dict) or value is None else {"ratio": value}


def _balancer(value: object) -> object:
    return {"policy": value} if isinstance(value, str) else value


def _deadline(value: object) -> object:
    if value == "propagate":
        return {"propagate": True}
    return value if isinstance(value, dict) or value is None else {"total": value}


RetryOn = Literal[
    "error",
    "timeout",
    "queue_full",
    "shed",
    "expired",
    "refused",
    "reset",
    "breaker_open",
    "no_endpoint",
    "no_connection",
]


class RetryDoc(Section):
    """``retries`` are extra tries after the first, for the ends of a try listed in ``on``."""

    retries: Annotated[int, Field(ge=0, le=TRIES_MAX - 1)] = 0
    backoff: BackoffDoc = BackoffDoc()
    budget: Annotated[
        BudgetDoc | None, BeforeValidator(_budget, json_schema_input_type=Ratio | BudgetDoc | None)
    ] = None
    on: Several[RetryOn] = (
        "error",
        "timeout",
        "queue_full",
        "shed",
        "refused",
        "reset",
        "breaker_open",
    )


class BreakerDoc(Section):
    """Opens when enough of the last ``window`` calls failed; half-open after ``open``.

    ``window_time`` (whole seconds) looks at the calls of that time instead. Calls that took
    longer than ``slow`` open it too, when their share reaches ``slow_ratio``.
    """

    window: Annotated[int, Field(ge=1, le=100_000)] = 100
    minimum_calls: Annotated[int, Field(ge=1, le=100_000)] = 20
    failure_ratio: Ratio = 0.5
    open: Duration = 5_000_000_000
    half_open_permits: Annotated[int, Field(ge=1, le=100_000)] = 10
    window_time: Duration = 0
    slow: PositiveDuration | None = None
    slow_ratio: Ratio = 1.0


class PoolDoc(Section):
    """Connections of each caller to the service, one try at a time on each.

    A try that finds none free waits up to ``wait`` (0 is for ever) with at most ``pending``
    others; its own time-out begins when it is sent.
    """

    connections: Annotated[int, Field(ge=1, le=1_000_000)]
    pending: Annotated[int, Field(ge=0, le=1_000_000)] = 1024
    wait: Duration = 1_000_000_000


class EdgeDoc(Section):
    """What a caller's side-car does; ``timeout`` bounds each try, 0 means none.

    ``deadline`` bounds a call with all its tries: a duration, or ``propagate`` for what is left
    to the caller itself.
    """

    balancer: Annotated[
        BalancerDoc, BeforeValidator(_balancer, json_schema_input_type=str | BalancerDoc)
    ] = BalancerDoc()
    timeout: Duration = 1_000_000_000
    deadline: Annotated[
        DeadlineDoc | None, BeforeValidator(_deadline, json_schema_input_type=str | DeadlineDoc)
    ] = None
    retry: RetryDoc = RetryDoc()
    breaker: BreakerDoc | None = None
    pool: PoolDoc | None = None
    limit: LimitDoc | None = None
    concurrency: ConcurrencyDoc | None = None
    outlier: OutlierDoc | None = None
    hedge: HedgeDoc | None = None
    fallback: FallbackDoc | None = None


class DefaultsDoc(Section):
    """What holds where nothing else is said."""

    edge: EdgeDoc = EdgeDoc()
