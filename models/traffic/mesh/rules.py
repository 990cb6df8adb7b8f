"""The rules of traffic that a policy can hold, one kind each, as frozen values.

Each kind of rule says all there is to say about its subject: of two rules of one kind the more
specific one replaces the other whole.
"""

from dataclasses import dataclass
from typing import TypeAlias

from models.base.outcome import Outcome
from models.base.time import DurationNs
from models.traffic.config import BalancerConfig, BreakerConfig, RetryConfig
from models.traffic.gateway.headers import HeaderMatch

PERCENT = 100
MILLIONTHS_OF_PERCENT = 10_000
"""Shares finer than whole percents are held as millionths: 10,000 of them are one percent."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A service, or one ``subset`` of its instances (a version, say); "" is all of them."""

    service: str
    subset: str = ""


@dataclass(frozen=True, slots=True)
class BalancingRule:
    """How the instance is picked."""

    balancer: BalancerConfig


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """The breaker of each instance; None takes a breaker away that a wider scope had put."""

    breaker: BreakerConfig | None


@dataclass(frozen=True, slots=True)
class RetryRule:
    """What is tried again."""

    retry: RetryConfig


@dataclass(frozen=True, slots=True)
class TimeoutRule:
    """Bound on each attempt; 0 means none."""

    timeout_ns: DurationNs


@dataclass(frozen=True, slots=True)
class Share:
    """So many percent of the requests go to one destination."""

    destination: Destination
    percent: int


@dataclass(frozen=True, slots=True)
class SplitRule:
    """Requests are split over destinations; the shares sum to 100.

    With a ``sticky_header``, requests with the same value of that header go to the same place
    for as long as the shares stay, and raising the last share at the cost of the one before it
    moves requests to it and no others; those without the header are spread at random.
    """

    shares: tuple[Share, ...]
    sticky_header: str = ""


@dataclass(frozen=True, slots=True)
class Mirror:
    """A copy of ``percent`` of the requests goes to another destination; nobody waits for it."""

    destination: Destination
    percent: float = 100.0


@dataclass(frozen=True, slots=True)
class MirrorRule:
    """Copies of requests; copies are not copied again."""

    mirrors: tuple[Mirror, ...]


@dataclass(frozen=True, slots=True)
class HeaderRoute:
    """Requests that meet all conditions go to the destination, whatever the split says."""

    conditions: tuple[HeaderMatch, ...]
    destination: Destination


@dataclass(frozen=True, slots=True)
class HeaderRouteRule:
    """Routes in order; the first whose conditions hold is taken."""

    routes: tuple[HeaderRoute, ...]


@dataclass(frozen=True, slots=True)
class FaultRule:
    """Requests that are held up, or end without being sent, on purpose.

    ``delay_percent`` of the requests wait ``delay_ns``; independently, ``abort_percent`` end as
    ``abort_outcome``, after their delay if they have one. Only requests that meet
    ``conditions`` are touched.

    Source: Envoy fault filter.
    """

    delay_ns: DurationNs = 0
    delay_percent: float = 0.0
    abort_percent: float = 0.0
    abort_outcome: Outcome = Outcome.ERROR
    conditions: tuple[HeaderMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class TelemetryRule:
    """What proxies tell of requests: share of traces, whether metrics and logs are written."""

    sampling_percent: float = 1.0
    writes_metrics: bool = True
    writes_log: bool = False
    tags: tuple[tuple[str, str], ...] = ()


Rule: TypeAlias = (
    BalancingRule
    | BreakerRule
    | RetryRule
    | TimeoutRule
    | SplitRule
    | MirrorRule
    | HeaderRouteRule
    | FaultRule
    | TelemetryRule
)


def millionths(percent: float) -> int:
    """A share in percent as millionths, to the nearest."""
    return round(percent * MILLIONTHS_OF_PERCENT)
