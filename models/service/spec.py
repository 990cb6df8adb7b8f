"""What a service is: copies, capacity, endpoints and what each endpoint calls."""

from dataclasses import dataclass
from enum import Enum

from models.base.distributions import Distribution
from models.base.time import DurationNs
from models.service.cache import CacheSpec
from models.service.queueing import QueueSpec, SheddingSpec
from models.service.replication import ReplicationSpec
from models.service.resources import ResourcesSpec


class Cancel(Enum):
    """What happens to work whose caller has gone: nothing, dropped if queued, or stopped."""

    NONE = "none"
    QUEUED = "queued"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class CallSpec:
    """One downstream call: an endpoint of another service.

    Where it ``is_optional`` its failure is not its caller's.
    """

    service: str
    endpoint: str
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """Work done first, then ``steps`` in order; the calls inside one step run in parallel.

    The slot is held throughout, as a thread would be, unless the service says otherwise. Sizes
    are bytes on the wire; ``disk_bytes`` are read or written between the work and the calls.
    With a ``cache`` the calls are made only for what is not in it.
    """

    name: str
    work: Distribution
    steps: tuple[tuple[CallSpec, ...], ...] = ()
    request_bytes: int = 1024
    response_bytes: int = 8192
    cache: CacheSpec | None = None
    disk_bytes: int = 0
    writes: bool = False


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """One copy of a service: its name (``service-0``), zone, machine type and weight.

    ``labels`` are names and values by which faults may choose it.
    """

    name: str
    zone: str
    machine: str
    weight: int = 1
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service. ``slots`` requests run at once on each instance, ``queue_limit`` wait."""

    name: str
    instances: tuple[InstanceSpec, ...]
    slots: int
    queue_limit: int
    endpoints: tuple[EndpointSpec, ...]
    cancel: Cancel = Cancel.NONE
    start_up_ns: DurationNs = 0
    queue: QueueSpec = QueueSpec()
    shedding: SheddingSpec = SheddingSpec()
    resources: ResourcesSpec = ResourcesSpec()
    replication: ReplicationSpec | None = None


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """A machine type; ``speed_ratio`` divides every work duration (1.0 is the reference)."""

    name: str
    speed_ratio: float = 1.0
