"""What is broken on purpose, as written: when, for how long, and what."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from scenarios.document.distributions import DistributionDoc
from scenarios.document.network_faults import NETWORK_FAULT_KINDS, NetworkFaultDoc
from scenarios.document.quantities import Ratio
from scenarios.document.selectors import FaultTiming, SelectorDoc
from scenarios.document.shapes import Name, Section, exactly_one_of, first_key_of


class ZoneDoc(Section):
    """A zone by name."""

    zone: Name


class AddedLatencyDoc(SelectorDoc):
    """Instances, and how much longer each message of theirs takes each way."""

    delay: DistributionDoc


class ErrorRateDoc(SelectorDoc):
    """Instances, and which share of requests they answer with an error."""

    ratio: Annotated[Ratio, Field(gt=0, le=1)]


class InstanceCrashFault(FaultTiming):
    """Processes die at once; they restart when the fault ends."""

    instance_crash: SelectorDoc


class ZoneOutageFault(FaultTiming):
    """A zone loses power and network."""

    zone_outage: ZoneDoc


class AddedLatencyFault(FaultTiming):
    """Messages to and from instances are slowed down."""

    added_latency: AddedLatencyDoc


class ErrorRateFault(FaultTiming):
    """Instances answer with errors."""

    error_rate: ErrorRateDoc


class CacheFlushFault(FaultTiming):
    """Caches of instances are emptied at once; it has no end, so no 'for'."""

    cache_flush: SelectorDoc


FAULT_KINDS = (
    "instance_crash",
    "zone_outage",
    "added_latency",
    "error_rate",
    "cache_flush",
    *NETWORK_FAULT_KINDS,
)
FaultDoc = Annotated[
    Annotated[InstanceCrashFault, Tag("<instance_crash")]
    | Annotated[ZoneOutageFault, Tag("<zone_outage")]
    | Annotated[AddedLatencyFault, Tag("<added_latency")]
    | Annotated[ErrorRateFault, Tag("<error_rate")]
    | Annotated[CacheFlushFault, Tag("<cache_flush")]
    | NetworkFaultDoc,
    Discriminator(first_key_of(FAULT_KINDS)),
    exactly_one_of("a fault", FAULT_KINDS),
]
