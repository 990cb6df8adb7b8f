"""One way of a caller to a service: a channel, and what it was made from.

Most edges have one way, to all instances. Where calls are split, each subset has a way of its own.
A way that another one replaces is not used for new calls; those under way end as they began.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.traffic.balancer.base import Balancer
from models.traffic.config import EdgeConfig
from models.traffic.mesh.router import MeshRouter
from models.traffic.proxy.chain import ProxyChain
from models.traffic.retry import RetryPolicy
from sim.nodes.channel import Channel
from sim.nodes.instance import Instance
from sim.nodes.prober import Prober


@dataclass(frozen=True, slots=True)
class Subset:
    """Some instances of a service, by their names; ``members`` None are all of them."""

    name: str = ""
    members: frozenset[str] | None = None

    @property
    def path(self) -> str:
        """What it adds to the names of streams."""
        return f"/{self.name}" if self.name else ""

    def holds(self, instance: Instance) -> bool:
        """Whether the instance is one of them."""
        return self.members is None or instance.name in self.members


WHOLE = Subset()


@dataclass(frozen=True, slots=True)
class Routes:
    """Where the calls of an edge may go, and who decides that for each of them."""

    router: MeshRouter
    subsets: tuple[Subset, ...] = (WHOLE,)


@dataclass(slots=True)
class Way:
    """A channel with the policies it shares with its successor, if these stay the same.

    Without ``has_own_view`` its successor sees to its view of instances.
    """

    edge: EdgeConfig
    channel: Channel
    balancer: Balancer
    retry: RetryPolicy | None
    chain: ProxyChain | None = None
    prober: Prober | None = None
    subset: Subset = WHOLE
    has_own_view: bool = True

    def keeps_record_for(self, edge: EdgeConfig) -> bool:
        """Whether what is known of members still serves: same balancing, same breakers."""
        return (self.edge.balancer, self.edge.breaker) == (edge.balancer, edge.breaker)


def channels_of(entrances: Mapping[int, Channel], others: list[Channel]) -> dict[int, Channel]:
    """Every channel once: entrances by their services' numbers, all else by negative ones."""
    laid_out = dict(entrances)
    known = set(entrances.values())
    for channel in others:
        if channel not in known:
            known.add(channel)
            laid_out[-1 - len(known)] = channel
    return laid_out
