"""When something is broken, whom it hits, and the kinds that every platform knows.

A kind of fault is a frozen dataclass under
:class:`models.faults.kind.FaultKind`. Further kinds stand beside this
module by family; ``sim.chaos`` has a verb for each, found by its class.
"""

from dataclasses import dataclass

from models.base.distributions import Distribution
from models.base.time import DurationNs
from models.faults.content import Content
from models.faults.kind import FaultKind, InstanceFault
from models.faults.selector import Region


@dataclass(frozen=True, slots=True)
class InstanceCrash(InstanceFault):
    """The process dies at once, losing its work; connections to it are reset or refused.

    It restarts when the fault ends, or stays dead when the fault has no end. It then lacks what
    was in its memory (a cache of its own) and has what was on its disk, unless ``content`` says
    that all is KEPT or all is LOST. What a service keeps in common (messages, a shared cache) is
    lost with the last instance that has it: when all of them are hit.
    """

    name = "instance_crash"

    content: Content | None = None


@dataclass(frozen=True, slots=True)
class HostLoss(InstanceFault):
    """The hosts of the target instances fall silent; they start anew when the fault ends."""

    name = "host_loss"


@dataclass(frozen=True, slots=True)
class ZoneOutage(FaultKind):
    """Every host of a zone loses power and every message to or from the zone is lost."""

    name = "zone_outage"

    zone: str


@dataclass(frozen=True, slots=True)
class RegionOutage(FaultKind):
    """Every zone of a region is lost at once, as by a zone outage each."""

    name = "region_outage"

    region: Region

    @property
    def where(self) -> str:
        """For people: which."""
        return f"of region {self.region.name}"


@dataclass(frozen=True, slots=True)
class AddedLatency(InstanceFault):
    """Every request to the target instances takes that much longer, and every answer of theirs.

    Monitoring's scrapes of them as well; what they send on their own account (calls to other
    services, heartbeats) is not delayed.
    """

    name = "added_latency"

    delay: Distribution


@dataclass(frozen=True, slots=True)
class ErrorRate(InstanceFault):
    """The target instances answer that share of requests with an error, at once."""

    name = "error_rate"

    ratio: float


@dataclass(frozen=True, slots=True)
class CacheFlush(InstanceFault):
    """The caches that the target instances answer from are emptied, at once.

    A cache shared by a service is emptied for all its instances.
    """

    name = "cache_flush"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of the plan: ``at_ns`` counts from the start of measure; None lasts for ever."""

    label: str
    at_ns: DurationNs
    for_ns: DurationNs | None
    kind: FaultKind
