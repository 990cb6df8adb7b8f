"""Services as written: copies, capacity, queue, endpoints and what they call."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from scenarios.document.distributions import DistributionDoc
from scenarios.document.gateway import GatewayDoc
from scenarios.document.quantities import Bytes, Duration, mistake
from scenarios.document.queueing import QueueDoc, ShedDoc
from scenarios.document.resources import (
    CollectorDoc,
    DeviceDoc,
    MemoryDoc,
    PausesDoc,
    WarmUpDoc,
)
from scenarios.document.shapes import (
    SECTION,
    SHORT,
    EndpointName,
    Name,
    Section,
    Several,
    short_or_section,
)
from scenarios.document.stores import CacheDoc, ReplicationDoc
from scenarios.source.problems import quoted

INSTANCES_MAX = 10_000
DEFAULT_MACHINE = "standard"


class InOneZone(Section):
    """All copies in one zone."""

    zone: Name


def _spread(value: object) -> object:
    if value == "zones" or isinstance(value, dict | InOneZone):
        return value
    raise mistake(f"expected 'zones' or a section such as {{zone: a}}, got {quoted(value)}")


SpreadDoc = Annotated[
    Annotated[Literal["zones"], Tag(SHORT)] | Annotated[InOneZone, Tag(SECTION)],
    Discriminator(short_or_section),
    BeforeValidator(_spread),
]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


LabelDoc = Annotated[
    Annotated[Several[str], Field(min_length=1)],
    BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
]


class InstancesDoc(Section):
    """How many copies, on which machines, where; ``weights`` has one number per copy.

    ``labels`` are those of its copies: a value for all, or a list that is dealt out in turn.
    """

    count: Annotated[int, Field(ge=1, le=INSTANCES_MAX)]
    machine: Name = DEFAULT_MACHINE
    spread: SpreadDoc = "zones"
    weights: Several[Annotated[int, Field(ge=1, le=1000)]] | None = None
    labels: dict[Name, LabelDoc] = Field(default_factory=dict)


class ParallelDoc(Section):
    """Calls made at the same time; the step ends with the last.

    A call under ``optional`` may fail: the endpoint then does without its answer.
    """

    parallel: Annotated[Several[str], Field(max_length=100)] = ()
    optional: Annotated[
        Several[str],
        Field(max_length=100),
        BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
    ] = ()

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.parallel and not self.optional:
            raise mistake("name at least one call under parallel or optional")
        return self


def _call(value: object) -> object:
    if isinstance(value, str | dict):
        return value
    raise mistake(
        "expected 'service.ENDPOINT' or a section {parallel: [...], optional: [...]},"
        f" got {quoted(value)}"
    )


CallDoc = Annotated[
    Annotated[str, Tag(SHORT)] | Annotated[ParallelDoc, Tag(SECTION)],
    Discriminator(short_or_section),
    BeforeValidator(_call),
]


class EndpointDoc(Section):
    """Work done first, then the calls in order; sizes are bytes on the wire.

    ``disk`` bytes are read or written between the two, where the service has a disk. With a
    ``cache`` the calls are made only for what is not in it. ``writes`` is for databases. One that
    is not ``idempotent`` is tried again only if it is certain that the try was never begun.
    """

    work: DistributionDoc
    calls: Annotated[Several[CallDoc], Field(max_length=100)] = ()
    request: Bytes = 1024
    response: Bytes = 8192
    disk: Bytes = 0
    cache: CacheDoc | None = None
    writes: bool = False
    idempotent: bool = True


class ServiceDoc(Section):
    """A named function of the platform and its running copies.

    ``slots`` are its threads: a request holds one from its turn to its answer, also while it
    waits for calls, unless ``hold`` is none. ``cores`` are shared equally by the requests at
    work, of which none uses more than one. ``labels`` are names and values by which faults may
    choose its instances.
    """

    instances: InstancesDoc
    labels: dict[Name, str] = Field(default_factory=dict)
    slots: Annotated[int, Field(ge=1, le=100_000)]
    queue: QueueDoc = QueueDoc(limit=100)
    shed: ShedDoc | None = None
    cores: Annotated[float, Field(ge=0.001, le=100_000)] | None = None
    hold: Literal["thread", "none"] = "thread"
    memory: MemoryDoc | None = None
    collector: CollectorDoc | None = None
    pauses: PausesDoc | None = None
    disk: DeviceDoc | None = None
    network: DeviceDoc | None = None
    warm_up: WarmUpDoc | None = None
    cancel: Literal["none", "queued", "running"] = "none"
    start_up: Duration = 0
    replication: ReplicationDoc | None = None
    gateway: GatewayDoc | None = None
    endpoints: Annotated[dict[EndpointName, EndpointDoc], Field(min_length=1)]


class MachineDoc(Section):
    """A machine type; ``speed`` 2 halves every work duration of the reference machine."""

    speed: Annotated[float, Field(gt=0, le=1000)] = 1.0
