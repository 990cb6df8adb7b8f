"""Call trees, unrolled before the run: who calls whom, position by position.

Every position of a tree has its own stream of demands. All demands of a request are drawn when
it arrives, so two policies can be compared on common random numbers; only retries draw later,
from a stream apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.base.errors import ConfigError
from models.base.popularity import make_keys
from models.base.samplers import Sampler, make_sampler
from models.base.streams import Stream
from models.base.time import DurationNs
from models.records.manifest import CallNode
from models.service.spec import EndpointSpec, ServiceSpec
from models.service.traffic import SourceSpec

NODES_MAX = 10_000
DEPTH_MAX = 200


class PlanNode:
    """One position: calls ``endpoint`` of service number ``callee``.

    ``index`` counts over the whole world (column ``attempts.node``), ``slot`` within its tree
    (where its demand lies in ``Request.demands``). ``steps`` are run one after the other, the
    positions within a step in parallel; one that ``is_optional`` may fail. Where the endpoint has
    a cache with keys of its own, the key asked for lies in ``Request.demands`` as well, in the
    slot after the demand.
    """

    __slots__ = (
        "callee", "disk_bytes", "endpoint", "index", "is_optional", "request_bytes",
        "response_bytes", "retry_demand", "slot", "steps",
    )  # fmt: skip

    def __init__(
        self,
        *,
        callee: int,
        endpoint: EndpointSpec,
        index: int,
        slot: int,
        retry_demand: Sampler,
    ) -> None:
        self.callee = callee
        self.endpoint = endpoint.name
        self.request_bytes = endpoint.request_bytes
        self.response_bytes = endpoint.response_bytes
        self.disk_bytes = endpoint.disk_bytes
        self.index = index
        self.is_optional = False
        self.slot = slot
        self.retry_demand = retry_demand
        self.steps: tuple[tuple[PlanNode, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """The tree of one entry of a source's mix. ``demands[i]`` are the draws for slot ``i``.

    They are durations of work in ns, and keys for caches.
    """

    root: PlanNode
    share: float
    demands: tuple[Iterator[DurationNs], ...]


class Planner:
    """Unrolls the trees of all sources and keeps the list that the manifest publishes."""

    def __init__(self, services: Sequence[ServiceSpec], seed: int) -> None:
        self._number = {service.name: index for index, service in enumerate(services)}
        self._endpoints = {
            (service.name, endpoint.name): endpoint
            for service in services
            for endpoint in service.endpoints
        }
        self._seed = seed
        self.nodes: list[CallNode] = []

    def entries(self, source: SourceSpec) -> tuple[Entry, ...]:
        """One tree per endpoint that the source calls.

        Raises:
            ConfigError: an endpoint does not exist, the trees are too large to be meant, or one
                is deeper than 200 calls, as where services call each other in a circle.
        """
        entries = []
        for mix in source.mix:
            demands: list[Iterator[DurationNs]] = []
            caller = CallNode(source.name, -1, source.name, source.service, mix.endpoint, 0, 0)
            root = self._unroll(caller, f"{source.name}/{mix.endpoint}", demands, depth=1)
            entries.append(Entry(root, mix.share, tuple(demands)))
        return tuple(entries)

    def _unroll(
        self, call: CallNode, path: str, demands: list[Iterator[DurationNs]], *, depth: int
    ) -> PlanNode:
        endpoint = self._endpoint(call)
        index = len(self.nodes)
        if depth > DEPTH_MAX:
            raise ConfigError(
                f"{call.service}.{call.endpoint} lies more than {DEPTH_MAX} calls deep;"
                " do services call each other in a circle?"
            )
        if index >= NODES_MAX:
            raise ConfigError(f"the call trees have more than {NODES_MAX} positions")
        self.nodes.append(
            CallNode(
                call.source,
                call.parent,
                call.caller,
                call.service,
                call.endpoint,
                endpoint.request_bytes,
                endpoint.response_bytes,
            )
        )
        node = PlanNode(
            callee=self._number[call.service],
            endpoint=endpoint,
            index=index,
            slot=len(demands),
            retry_demand=make_sampler(endpoint.work, Stream(self._seed, f"demand/retry/{path}")),
        )
        demands.append(make_sampler(endpoint.work, Stream(self._seed, f"demand/{path}")).draws)
        if endpoint.cache is not None and endpoint.cache.keys is not None:
            demands.append(make_keys(endpoint.cache.keys, Stream(self._seed, f"keys/{path}")))
        steps = []
        for step_number, step in enumerate(endpoint.steps):
            children = []
            for call_number, spec in enumerate(step):
                child = CallNode(
                    call.source, index, call.service, spec.service, spec.endpoint, 0, 0
                )
                place = f"{path}/{step_number}.{call_number}:{spec.service}.{spec.endpoint}"
                position = self._unroll(child, place, demands, depth=depth + 1)
                position.is_optional = spec.is_optional
                children.append(position)
            steps.append(tuple(children))
        node.steps = tuple(steps)
        return node

    def _endpoint(self, call: CallNode) -> EndpointSpec:
        try:
            return self._endpoints[call.service, call.endpoint]
        except KeyError:
            raise ConfigError(f"there is no endpoint {call.service}.{call.endpoint}") from None
