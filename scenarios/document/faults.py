"""What is broken on purpose, as written: when, for how long, and what.

A fault is a section with ``at``, ``for`` and one key that names its kind. Each kind has a section
of its own here; ``scenarios.compile.fault_kinds`` says what it plans.
"""

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from scenarios.document.clock_faults import ClockDriftDoc, ClockSkewDoc
from scenarios.document.distributions import DistributionDoc
from scenarios.document.network_faults import (
    BandwidthDoc,
    CertificateExpiryDoc,
    DuplicationDoc,
    LossDoc,
    NetworkLatencyDoc,
    PartitionDoc,
    ProbeLossDoc,
    RegistryDownDoc,
    ReorderingDoc,
    StaleDiscoveryDoc,
)
from scenarios.document.quantities import Ratio, mistake
from scenarios.document.selectors import FaultTiming, SelectorDoc
from scenarios.document.shapes import Name, Section, exactly_one_of

SomeRatio: TypeAlias = Annotated[Ratio, Field(gt=0, le=1)]


class InstanceCrashDoc(SelectorDoc):
    """Processes die at once; they restart when the fault ends.

    They then lack what was in memory and have what was on disk. With ``state: kept`` caches of
    their own are as before; with ``lost``, caches that a service shares and the messages of a
    broker are gone too, if all instances of the service are hit.
    """

    state: Literal["kept", "lost"] | None = None


class HostLossDoc(SelectorDoc):
    """Hosts of instances fall silent, and start anew when the fault ends."""


class ZoneOutageDoc(Section):
    """A zone loses power and network."""

    zone: Name


class RegionOutageDoc(Section):
    """All zones of one of ``topology.regions`` lose power and network."""

    region: Name


class AddedLatencyDoc(SelectorDoc):
    """Each message to and from the instances takes so much longer."""

    delay: DistributionDoc


class ErrorRateDoc(SelectorDoc):
    """Instances answer that share of requests with an error."""

    ratio: SomeRatio


class CacheFlushDoc(SelectorDoc):
    """Caches of instances are emptied at once; it has no end, so no 'for'."""


class AbortDoc(SelectorDoc):
    """That share of connections to the instances is reset as the request arrives."""

    ratio: SomeRatio = 1.0


class HangDoc(SelectorDoc):
    """Instances accept that share of requests and never answer them."""

    ratio: SomeRatio = 1.0


class PauseDoc(SelectorDoc):
    """Processes stand still with their work and timers, then go on where they stood."""


class SlowDoc(SelectorDoc):
    """All work of the instances takes ``factor`` times as long."""

    factor: Annotated[float, Field(gt=1, le=1_000_000)]


class DependencyOutageDoc(Section):
    """A whole service refuses all requests; its processes run and keep their state."""

    service: Name


class BadVersionDoc(SelectorDoc):
    """A release that answers with errors or is slow, rolled back when the fault ends.

    ``errors`` is a share of requests, ``slow`` how many times as long all work takes.
    """

    errors: SomeRatio | None = None
    slow: Annotated[float, Field(gt=1, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _is_bad(self) -> Self:
        if self.errors is None and self.slow is None:
            raise mistake("say what is bad about it: errors, slow or both")
        return self


class BadConfigDoc(SelectorDoc):
    """Instances that were told something wrong answer that share of requests with an error."""

    ratio: SomeRatio = 1.0


class LoadSurgeDoc(Section):
    """A source under ``traffic`` whose arrivals are a rate brings ``factor`` times as much.

    A ``factor`` below 1 is less load; 0 is none.
    """

    source: Name
    factor: Annotated[float, Field(ge=0, le=1_000_000)]


class ExhaustDoc(SelectorDoc):
    """A share of what instances have of something is taken away while it lasts.

    That is of ``cores``, of the ``memory`` limit, of the bytes a second of the ``disk``, of the
    slots, or of the connections in the pools through which they call others. Shares of several
    faults add up.
    """

    what: Literal["cpu", "memory", "disk", "connections", "slots"]
    taken: SomeRatio

    @model_validator(mode="after")
    def _leaves_some(self) -> Self:
        if self.what == "disk" and self.taken == 1:
            raise mistake("a disk that moves nothing answers nobody; take less", field="taken")
        return self


_UNLESS_GIVEN: Any = None


def _one_kind(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [{"required": [kind]} for kind in FAULT_KINDS]
    for kind in FAULT_KINDS:
        schema["properties"][kind].pop("default")


class FaultSection(FaultTiming):
    """``at`` counts from the start of measure; without ``for`` the fault does not end."""

    model_config = ConfigDict(json_schema_extra=_one_kind)

    instance_crash: InstanceCrashDoc = _UNLESS_GIVEN
    host_loss: HostLossDoc = _UNLESS_GIVEN
    zone_outage: ZoneOutageDoc = _UNLESS_GIVEN
    region_outage: RegionOutageDoc = _UNLESS_GIVEN
    added_latency: AddedLatencyDoc = _UNLESS_GIVEN
    error_rate: ErrorRateDoc = _UNLESS_GIVEN
    cache_flush: CacheFlushDoc = _UNLESS_GIVEN
    abort: AbortDoc = _UNLESS_GIVEN
    hang: HangDoc = _UNLESS_GIVEN
    pause: PauseDoc = _UNLESS_GIVEN
    slow: SlowDoc = _UNLESS_GIVEN
    dependency_outage: DependencyOutageDoc = _UNLESS_GIVEN
    bad_version: BadVersionDoc = _UNLESS_GIVEN
    bad_config: BadConfigDoc = _UNLESS_GIVEN
    load_surge: LoadSurgeDoc = _UNLESS_GIVEN
    exhaust: ExhaustDoc = _UNLESS_GIVEN
    clock_skew: ClockSkewDoc = _UNLESS_GIVEN
    clock_drift: ClockDriftDoc = _UNLESS_GIVEN
    partition: PartitionDoc = _UNLESS_GIVEN
    packet_loss: LossDoc = _UNLESS_GIVEN
    probe_loss: ProbeLossDoc = _UNLESS_GIVEN
    packet_duplication: DuplicationDoc = _UNLESS_GIVEN
    packet_reordering: ReorderingDoc = _UNLESS_GIVEN
    network_latency: NetworkLatencyDoc = _UNLESS_GIVEN
    bandwidth_cut: BandwidthDoc = _UNLESS_GIVEN
    certificate_expiry: CertificateExpiryDoc = _UNLESS_GIVEN
    stale_discovery: StaleDiscoveryDoc = _UNLESS_GIVEN
    registry_down: RegistryDownDoc = _UNLESS_GIVEN

    @property
    def kind(self) -> str:
        """The key that names what is broken."""
        return next(kind for kind in FAULT_KINDS if kind in self.model_fields_set)

    @property
    def body(self) -> Section:
        """What stands under that key."""
        body = getattr(self, self.kind)
        assert isinstance(body, Section)
        return body


FAULT_KINDS = tuple(name for name in FaultSection.model_fields if name not in ("at", "for_"))
FaultDoc = Annotated[FaultSection, exactly_one_of("a fault", FAULT_KINDS)]
