"""Workload R: the reference on which speed is measured, and its definition.

2,000 requests/s (Poisson) -> least request of two over 10 instances of `front`, a breaker per
instance, 8 slots and a queue of 200 each -> after its own work, `front` calls `back` with the
same machinery over 6 instances.

* Service law: exponential, mean 15 ms in `front` and 10 ms in `back`. `front` keeps its slot
  while `back` works (about 65 % and 42 % busy).
* Links: every request and every response takes a lognormal latency, median 200 us, p99 1 ms.
* Time-outs of 250 ms an attempt; 2 retries with full jitter (25 ms doubling to 250 ms) under a
  budget of 20 %; breakers over 100 calls, open at 50 % for 5 s, 10 permits.
* Cancellation: none. Work whose caller has gone runs to its end.
* Control plane: a heartbeat a second from each instance. foreshock also runs leases, sweeps and
  every caller's view on it; the baseline only sends the beats.
* Recording: every attempt, with request, target, try, start, end and outcome.
"""

from math import log

from models.base.distributions import Exponential
from models.base.samplers import lognormal_from_quantiles
from models.base.time import NS_PER_MS, NS_PER_S, NS_PER_US
from models.discovery.config import DiscoveryConfig
from models.service.spec import CallSpec, EndpointSpec, InstanceSpec, ServiceSpec
from models.service.traffic import MixEntry, RateProfile, SourceSpec
from models.traffic.config import (
    BackoffConfig,
    BalancerConfig,
    BreakerConfig,
    BudgetConfig,
    EdgeConfig,
    RetryConfig,
)
from sim.blueprint import Blueprint, LinksSpec, Phases

RATE_PER_S = 2000.0
FRONT_INSTANCES, BACK_INSTANCES = 10, 6
FRONT_MEAN_S, BACK_MEAN_S = 0.015, 0.010
SLOTS, QUEUE_LIMIT = 8, 200
TIMEOUT_S, RETRIES = 0.250, 2
BACKOFF_BASE_S, BACKOFF_CAP_S, BUDGET_RATIO = 0.025, 0.250, 0.2
BREAKER_WINDOW, BREAKER_MINIMUM, BREAKER_RATIO = 100, 20, 0.5
BREAKER_OPEN_S, BREAKER_PERMITS = 5.0, 10
HEARTBEAT_S = 1.0
LINK_P50_S, LINK_P99_S = 0.000_200, 0.001
LINK_MU_S = log(LINK_P50_S)
LINK_SIGMA = log(LINK_P99_S / LINK_P50_S) / 2.326_347_874_040_841


def _service(name: str, count: int, mean_s: float, steps: tuple[CallSpec, ...]) -> ServiceSpec:
    return ServiceSpec(
        name=name,
        instances=tuple(InstanceSpec(f"{name}-{index}", "a", "m") for index in range(count)),
        slots=SLOTS,
        queue_limit=QUEUE_LIMIT,
        endpoints=(
            EndpointSpec("work", Exponential(round(mean_s * NS_PER_S)), (steps,) if steps else ()),
        ),
    )


def _edge(caller: str, callee: str) -> EdgeConfig:
    return EdgeConfig(
        caller,
        callee,
        timeout_ns=250 * NS_PER_MS,
        balancer=BalancerConfig("least_request"),
        breaker=BreakerConfig(
            BREAKER_WINDOW,
            BREAKER_MINIMUM,
            BREAKER_RATIO,
            round(BREAKER_OPEN_S * NS_PER_S),
            BREAKER_PERMITS,
        ),
        retry=RetryConfig(
            RETRIES,
            BackoffConfig(25 * NS_PER_MS, 250 * NS_PER_MS),
            BudgetConfig(BUDGET_RATIO),
        ),
    )


def blueprint(seconds: float) -> Blueprint:
    """Workload R as a foreshock blueprint that lasts that many virtual seconds."""
    latency = lognormal_from_quantiles(200 * NS_PER_US, 1000 * NS_PER_US)
    return Blueprint(
        name="workload-r",
        phases=Phases(measure_ns=round(seconds * NS_PER_S)),
        zones=("a",),
        services=(
            _service("front", FRONT_INSTANCES, FRONT_MEAN_S, (CallSpec("back", "work"),)),
            _service("back", BACK_INSTANCES, BACK_MEAN_S, ()),
        ),
        edges=(_edge("users", "front"), _edge("front", "back")),
        sources=(
            SourceSpec(
                "users", "front", (MixEntry("work", 1.0),), RateProfile((0,), (RATE_PER_S,)), "a"
            ),
        ),
        links=LinksSpec(latency, latency, latency),
        discovery=DiscoveryConfig("a"),
    )
