"""Builds the channels of callers: one per service called, with its policies and targets."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from models.base.streams import Stream
from models.traffic.balancer.base import Balancer
from models.traffic.balancer.facts import CallerFacts, MemberFacts, PlacedBalancer
from models.traffic.balancer.layers.placement import facts_among
from models.traffic.balancer.policies import BalancerFactory, make_balancer
from models.traffic.balancer.prequal.probing import ProbingBalancer
from models.traffic.breaker import CircuitBreaker
from models.traffic.config import EdgeConfig
from models.traffic.proxy.chain import ProxyChain
from models.traffic.proxy.config import ProxyConfig
from models.traffic.retry import RetryPolicy
from sim.kernel.clocks import NodeClock
from sim.kernel.environment import Kernel
from sim.network.links import Network
from sim.nodes.careful import CarefulChannel
from sim.nodes.channel import Channel, ChannelPorts, Completion, Target
from sim.nodes.instance import Instance
from sim.nodes.limited import LimitedChannel
from sim.nodes.prober import Prober
from sim.nodes.proxy import ProxyChannel, Stages
from sim.nodes.stores.database import Databases
from sim.nodes.stores.limits import LimitStoreNode


@dataclass(slots=True)
class Caller:
    """A node that calls services: an instance, or the client node of a load source.

    ``service`` is the name under which its edges are configured. ``channels`` is keyed by the
    callee's service number and replaced when the caller restarts; so is ``placed``, the balancers
    among them that want to know where members stand, and ``probers``. ``withheld`` are shares of
    the connections in its pools that faults have taken.
    """

    index: int
    name: str
    service: str
    zone: str
    clock: NodeClock
    call_ended: Completion
    channels: dict[int, Channel] = field(default_factory=dict)
    placed: dict[int, PlacedBalancer] = field(default_factory=dict)
    probers: dict[int, Prober] = field(default_factory=dict)
    withheld: tuple[float, ...] = ()


class Wiring:
    """Knows every edge of the world and makes channels for whoever calls.

    ``limit_stores`` are to be set before the first caller is connected.
    """

    def __init__(
        self,
        kernel: Kernel,
        ports: ChannelPorts,
        network: Network,
        *,
        edges: Iterable[EdgeConfig],
        instances_of: Mapping[str, Sequence[Instance]],
        streams: Callable[[str], Stream],
        balancers: Mapping[str, BalancerFactory],
        databases: Databases,
    ) -> None:
        self._kernel = kernel
        self._ports = ports
        self._network = network
        self._edges: dict[str, list[EdgeConfig]] = {}
        for edge in edges:
            self._edges.setdefault(edge.caller, []).append(edge)
        self._instances_of = instances_of
        self._number = {service: index for index, service in enumerate(instances_of)}
        self._streams = streams
        self._balancers = balancers
        self._databases = databases
        self.limit_stores: Mapping[tuple[str, str], LimitStoreNode] = {}

    def callees(self, caller: Caller) -> list[str]:
        """Services that the caller calls, in the order of the configuration."""
        return [edge.callee for edge in self._edges.get(caller.service, ())]

    def connect(self, caller: Caller, life: int) -> None:
        """Give the caller fresh, empty channels; ``life`` counts its restarts."""
        for former in caller.channels.values():
            if isinstance(former, ProxyChannel):
                former.close()
        caller.channels.clear()
        caller.placed.clear()
        caller.probers.clear()
        for edge in self._edges.get(caller.service, ()):
            path = f"{caller.name}->{edge.callee}/{life}"
            retry = None
            if edge.retry.retries:
                retry = RetryPolicy(edge.retry, self._streams(f"retry/{path}"))
            balancer = make_balancer(
                edge.balancer, self._streams(f"balancer/{path}"), self._balancers
            )
            channel = self._kind_of(edge, balancer)
            made = caller.channels[self._number[edge.callee]] = channel(
                self._kernel,
                self._ports,
                caller_index=caller.index,
                balancer=balancer,
                retry=retry,
                timeout_ns=caller.clock.true_at(edge.timeout_ns),
                drift_ppm=caller.clock.drift_ppm,
                call_ended=caller.call_ended,
            )
            self._inform(balancer, caller, made, self._number[edge.callee])
            if isinstance(made, ProxyChannel):
                made.mount(self._stages(caller, edge, path), caller.clock)
            if isinstance(made, CarefulChannel):
                made.follow(edge)
            self._limit(made, edge, caller)
        if caller.withheld:
            self.withhold_connections(caller, caller.withheld)

    def has_pool(self, caller: Caller) -> bool:
        """Whether some of its connections are bounded."""
        return any(edge.pool is not None for edge in self._edges.get(caller.service, ()))

    def withhold_connections(self, caller: Caller, shares: tuple[float, ...]) -> None:
        """Leave a caller only the rest of the connections in its pools, in this life and others."""
        caller.withheld = shares
        for channel in caller.channels.values():
            if isinstance(channel, ProxyChannel) and channel.line is not None:
                channel.line.withhold(shares)

    def _kind_of(self, edge: EdgeConfig, balancer: Balancer) -> type[Channel]:
        """What the straight path does not do needs stages around it."""
        if (edge.caller, edge.callee) in self.limit_stores:
            return LimitedChannel
        if edge.remembers_calls:
            return CarefulChannel
        is_staged = edge.proxy is not None or edge.pool is not None or balancer.needs_key
        return ProxyChannel if is_staged or edge.callee in self._databases else Channel

    def _stages(self, caller: Caller, edge: EdgeConfig, path: str) -> Stages:
        chain = None
        if edge.proxy is not None or edge.remembers_calls:
            now = caller.clock.monotonic_at(self._kernel.now)
            chain = ProxyChain(edge.proxy or ProxyConfig(), self._streams(f"proxy/{path}"), now=now)
        return Stages(edge.callee, chain, edge.pool, self._databases.get(edge.callee))

    def _limit(self, channel: Channel, edge: EdgeConfig, caller: Caller) -> None:
        limit = None if edge.proxy is None else edge.proxy.limit
        if isinstance(channel, LimitedChannel) and limit is not None and limit.store is not None:
            store = self.limit_stores[edge.caller, edge.callee]
            channel.consult(store, limit.store, caller.zone)

    def _inform(self, balancer: Balancer, caller: Caller, channel: Channel, callee: int) -> None:
        """Prepare to tell a balancer what it wants to know of places, or of loads."""
        if isinstance(balancer, PlacedBalancer):
            balancer.situate(self._situation(caller))
            caller.placed[callee] = balancer
        if isinstance(balancer, ProbingBalancer):
            prober = Prober(self._kernel, balancer, caller.index, caller.clock)
            caller.probers[callee] = prober
            channel.pick_by(prober.pick)

    def add_target(self, caller: Caller, instance: Instance) -> None:
        """Bring an instance into the caller's view of its service."""
        channel = caller.channels[self._number[instance.service]]
        placed = caller.placed.get(self._number[instance.service])
        if placed is not None:
            placed.place(instance.index, self._place(caller, instance))
        self._show_to_prober(caller, instance)
        network = self._network.view(f"{caller.service}->{instance.service}")
        breaker_config = self._edge(caller, instance.service).breaker
        target = Target(
            instance=instance,
            out=network.link(caller.zone, instance.zone),
            back=network.link(instance.zone, caller.zone),
            breaker=None if breaker_config is None else CircuitBreaker(breaker_config),
            label=f"{caller.name} -> {instance.name}",
        )
        channel.add_target(target, instance.weight)

    def drop_target(self, caller: Caller, instance: Instance) -> None:
        """Take an instance out of the caller's view."""
        caller.channels[self._number[instance.service]].drop_target(instance.index)

    def sees(self, caller: Caller, instance: Instance) -> bool:
        """True while the instance is in the caller's view."""
        return caller.channels[self._number[instance.service]].sees(instance.index)

    def connect_all(self, caller: Caller) -> None:
        """Show the caller every instance there is; what discovery would list at rest."""
        for service in self.callees(caller):
            for instance in self._instances_of[service]:
                self.add_target(caller, instance)

    def _show_to_prober(self, caller: Caller, instance: Instance) -> None:
        prober = caller.probers.get(self._number[instance.service])
        if prober is not None:
            network = self._network.view(f"probes/{caller.service}->{instance.service}")
            out = network.link(caller.zone, instance.zone)
            prober.reach(instance, out, network.link(instance.zone, caller.zone))

    def _situation(self, caller: Caller) -> CallerFacts:
        peers = self._instances_of.get(caller.service, ())
        return facts_among([(peer.index, peer.zone) for peer in peers], caller.index, caller.zone)

    def _place(self, caller: Caller, instance: Instance) -> MemberFacts:
        priorities = self._edge(caller, instance.service).balancer.layers.priorities
        if priorities is None or priorities.order is None:
            return MemberFacts(instance.zone)
        return MemberFacts(instance.zone, priorities.order.priority(caller.zone, instance.zone))

    def _edge(self, caller: Caller, callee: str) -> EdgeConfig:
        for edge in self._edges[caller.service]:
            if edge.callee == callee:
                return edge
        raise KeyError((caller.service, callee))


def probed_services(edges: Iterable[EdgeConfig]) -> frozenset[str]:
    """Services whose instances are asked how busy they are."""
    return frozenset(edge.callee for edge in edges if edge.balancer.policy == "prequal")
