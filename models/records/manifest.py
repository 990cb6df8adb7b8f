"""The manifest: what the indices in the tables mean, and the facts of the run's world."""

from dataclasses import dataclass

from models.base.time import DurationNs, TimeNs


@dataclass(frozen=True, slots=True)
class Phase:
    """A named stretch of the run: warm_up, measure, heal or settle. Half-open [start, end)."""

    name: str
    start_ns: TimeNs
    end_ns: TimeNs


@dataclass(frozen=True, slots=True)
class InstanceInfo:
    """One running copy of a service, or one client node of a load source (``is_client``)."""

    name: str
    service: str
    zone: str
    machine: str
    slots: int
    is_client: bool = False


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """A service as configured. ``queue_limit`` counts waiting work per instance."""

    name: str
    slots: int
    queue_limit: int
    instance_count: int


@dataclass(frozen=True, slots=True)
class EdgeInfo:
    """A caller (service or load source) that calls a service, and the policies on the way."""

    caller: str
    callee: str
    balancer: str
    timeout_ns: DurationNs
    retries: int


@dataclass(frozen=True, slots=True)
class CallNode:
    """One position in a call tree. ``parent`` is -1 for the entry called by a load source."""

    source: str
    parent: int
    caller: str
    service: str
    endpoint: str
    request_bytes: int
    response_bytes: int


@dataclass(frozen=True, slots=True)
class LoadPiece:
    """Offered rate of one source, from ``start_ns`` to the next piece or the end of the run."""

    source: str
    start_ns: TimeNs
    rate_per_s: float


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """Name and labels (sorted pairs) of one sampled series."""

    name: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything about a run but its tables, its verdicts and the machine that computed it."""

    schema_version: int
    scenario: str
    question: str
    section: str
    seed: int
    shuffle_ties: bool
    spec_digest: str
    wall_start_ns: TimeNs
    phases: tuple[Phase, ...]
    zones: tuple[str, ...]
    services: tuple[ServiceInfo, ...]
    instances: tuple[InstanceInfo, ...]
    edges: tuple[EdgeInfo, ...]
    sources: tuple[str, ...]
    load: tuple[LoadPiece, ...]
    call_nodes: tuple[CallNode, ...]
    series: tuple[SeriesInfo, ...]

    def phase(self, name: str) -> Phase:
        """The phase of that name; raises KeyError when the run has none."""
        for phase in self.phases:
            if phase.name == name:
                return phase
        raise KeyError(name)

    @property
    def end_ns(self) -> TimeNs:
        """End of the last phase."""
        return self.phases[-1].end_ns
