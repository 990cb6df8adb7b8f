"""The vocabulary of what can be broken, and when. Executed by ``sim.chaos``."""

from dataclasses import dataclass
from typing import TypeAlias

from models.base.distributions import Distribution
from models.base.time import DurationNs
from models.faults.network import NetworkFault
from models.faults.selector import Selector


@dataclass(frozen=True, slots=True)
class InstanceCrash:
    """The process dies at once, losing its work; connections to it are reset or refused.

    It restarts when the fault ends, or stays dead when the fault has no end.
    """

    target: Selector


@dataclass(frozen=True, slots=True)
class ZoneOutage:
    """Every host of a zone loses power and every message to or from the zone is lost."""

    zone: str


@dataclass(frozen=True, slots=True)
class AddedLatency:
    """Every request to the target instances takes that much longer, and every answer of theirs.

    Monitoring's scrapes of them as well; what they send on their own account (calls to other
    services, heartbeats) is not delayed.
    """

    target: Selector
    delay: Distribution


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """The target instances answer that share of requests with an error, at once."""

    target: Selector
    ratio: float


@dataclass(frozen=True, slots=True)
class CacheFlush:
    """The caches that the target instances answer from are emptied, at once.

    A cache shared by a service is emptied for all its instances.
    """

    target: Selector


FaultKind: TypeAlias = (
    InstanceCrash | ZoneOutage | AddedLatency | ErrorRate | CacheFlush | NetworkFault
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of the plan: ``at_ns`` counts from the start of measure; None lasts for ever."""

    label: str
    at_ns: DurationNs
    for_ns: DurationNs | None
    kind: FaultKind
