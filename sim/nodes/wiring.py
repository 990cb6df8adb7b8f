"""Builds the channels of callers: one per service called, with its policies and targets."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from sim.nodes.routed import RoutedChannel
from sim.nodes.stores.database import Databases
from sim.nodes.stores.limits import LimitStoreNode
from sim.nodes.ways import WHOLE, Routes, Subset, Way, channels_of


@dataclass(slots=True)
class Caller:
    """A node that calls services: an instance, or the client node of a load source.

    ``service`` is the name under which its edges are configured. ``channels`` is keyed by the
    callee's service number; channels that calls do not enter by have negative keys. ``ways`` are
    those in use by callee, ``retired`` the others of this ``life``, ``view`` the instances in view
    by their index. ``rewired``, if set, is told when a channel has been replaced.
    ``withheld`` are shares of the connections in its pools that faults have taken.
    """

    index: int
    name: str
    service: str
    zone: str
    clock: NodeClock
    call_ended: Completion
    channels: dict[int, Channel] = field(default_factory=dict)
    ways: dict[int, list[Way]] = field(default_factory=dict)
    retired: list[Way] = field(default_factory=list)
    former_entrances: list[Channel] = field(default_factory=list)
    view: dict[int, Instance] = field(default_factory=dict)
    life: int = 1
    swaps: int = 0
    rewired: Callable[[], object] | None = None
    withheld: tuple[float, ...] = ()

    def all_ways(self) -> Iterator[Way]:
        """Those in use, then those that have been replaced."""
        for ways in self.ways.values():
            yield from ways
        yield from self.retired

    def begin(self, life: int) -> None:
        """A new life starts with nothing."""
        for kept in (self.channels, self.ways, self.view, self.retired, self.former_entrances):
            kept.clear()
        self.life = life
        self.swaps = 0


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

    def edges_of(self, caller: Caller) -> Sequence[EdgeConfig]:
        """The caller's edges as they are configured for its service."""
        return self._edges.get(caller.service, ())

    def connect(self, caller: Caller, life: int) -> None:
        """Give the caller fresh, empty channels; ``life`` counts its restarts."""
        for former in caller.all_ways():
            if isinstance(former.channel, ProxyChannel):
                former.channel.close()
        caller.begin(life)
        for edge in self._edges.get(caller.service, ()):
            number = self._number[edge.callee]
            way = self._make_way(caller, edge, f"{caller.name}->{edge.callee}/{life}")
            caller.ways[number] = [way]
            caller.channels[number] = way.channel
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

    def rewire(self, caller: Caller, edge: EdgeConfig, routes: Routes | None = None) -> None:
        """Serve an edge by other policies from now on; calls under way end as they began.

        What has not changed is kept: an equal channel stays; a time-out or retries alone leave
        the record of members as it is, also of those that are ejected. Another balancer or
        breaker begins with a clean record, limits and all. Connections are always new.
        """
        caller.swaps += 1
        number = self._number[edge.callee]
        formers = {way.subset: way for way in caller.ways[number]}
        subsets = (WHOLE,) if routes is None else routes.subsets
        ways = [self._succeed(caller, edge, subset, formers.get(subset)) for subset in subsets]
        caller.ways[number] = ways
        for former in formers.values():
            if former not in ways:
                former.channel.retire()
                caller.retired.append(former)
        if isinstance(caller.channels[number], RoutedChannel):
            caller.former_entrances.append(caller.channels[number])
        entrance = ways[0].channel if routes is None else self._entrance(caller, ways, routes)
        self._enter_by(caller, number, entrance)

    def _succeed(self, caller: Caller, edge: EdgeConfig, subset: Subset, former: Way | None) -> Way:
        if former is not None and former.edge == edge:
            return former
        path = f"{caller.name}->{edge.callee}/{caller.life}+{caller.swaps}{subset.path}"
        way = self._make_way(caller, edge, path, subset, former)
        if way.balancer is not getattr(former, "balancer", None):
            for instance in caller.view.values():
                if instance.service == edge.callee:
                    self._show(caller, way, instance)
        return way

    def _entrance(self, caller: Caller, ways: Sequence[Way], routes: Routes) -> Channel:
        entrance = RoutedChannel(
            self._kernel,
            self._ports,
            caller_index=caller.index,
            balancer=ways[0].balancer,
            retry=None,
            timeout_ns=0,
            drift_ppm=caller.clock.drift_ppm,
            call_ended=caller.call_ended,
        )
        by_subset = {way.subset.name: way.channel for way in ways}
        entrance.route_by(routes.router, ways[0].edge.callee, by_subset)
        return entrance

    def _enter_by(self, caller: Caller, number: int, entrance: Channel) -> None:
        entrances = {key: made for key, made in caller.channels.items() if key >= 0}
        entrances[number] = entrance
        others = [way.channel for way in caller.all_ways()] + caller.former_entrances
        caller.channels.clear()
        caller.channels.update(channels_of(entrances, others))
        if caller.withheld:
            self.withhold_connections(caller, caller.withheld)
        if caller.rewired is not None:
            caller.rewired()

    def _make_way(
        self,
        caller: Caller,
        edge: EdgeConfig,
        path: str,
        subset: Subset = WHOLE,
        former: Way | None = None,
    ) -> Way:
        """A channel without members, or one that keeps the record of the one it replaces."""
        heir = former if former is not None and former.keeps_record_for(edge) else None
        way = self._bare_way(caller, edge, path, former, heir)
        way.subset = subset
        channel = way.channel
        self._inform(way, caller, heir)
        if isinstance(channel, ProxyChannel):
            stages = self._stages(caller, edge, path, None if heir is None else heir.chain)
            way.chain = stages.chain
            channel.mount(stages, caller.clock)
        if isinstance(channel, CarefulChannel):
            channel.follow(edge)
        self._limit(channel, edge, caller)
        if heir is not None:
            channel.take_over(heir.channel)
            heir.has_own_view = False
        return way

    def _bare_way(
        self, caller: Caller, edge: EdgeConfig, path: str, former: Way | None, heir: Way | None
    ) -> Way:
        retry = None
        if former is not None and former.edge.retry == edge.retry:
            retry = former.retry
        elif edge.retry.retries:
            retry = RetryPolicy(edge.retry, self._streams(f"retry/{path}"))
        if heir is None:
            stream = self._streams(f"balancer/{path}")
            balancer = make_balancer(edge.balancer, stream, self._balancers)
        else:
            balancer = heir.balancer
        channel = self._kind_of(edge, balancer)(
            self._kernel,
            self._ports,
            caller_index=caller.index,
            balancer=balancer,
            retry=retry,
            timeout_ns=caller.clock.true_at(edge.timeout_ns),
            drift_ppm=caller.clock.drift_ppm,
            call_ended=caller.call_ended,
        )
        return Way(edge, channel, balancer, retry)

    def _kind_of(self, edge: EdgeConfig, balancer: Balancer) -> type[Channel]:
        """What the straight path does not do needs stages around it."""
        if (edge.caller, edge.callee) in self.limit_stores:
            return LimitedChannel
        if edge.remembers_calls:
            return CarefulChannel
        is_staged = edge.proxy is not None or edge.pool is not None or balancer.needs_key
        return ProxyChannel if is_staged or edge.callee in self._databases else Channel

    def _stages(
        self, caller: Caller, edge: EdgeConfig, path: str, former: ProxyChain | None
    ) -> Stages:
        needs_chain = edge.proxy is not None or edge.remembers_calls
        chain = former if needs_chain else None
        if needs_chain and chain is None:
            now = caller.clock.monotonic_at(self._kernel.now)
            chain = ProxyChain(edge.proxy or ProxyConfig(), self._streams(f"proxy/{path}"), now=now)
        return Stages(
            edge.callee, chain, edge.pool, self._databases.get(edge.callee), edge.retry.once
        )

    def _limit(self, channel: Channel, edge: EdgeConfig, caller: Caller) -> None:
        limit = None if edge.proxy is None else edge.proxy.limit
        if isinstance(channel, LimitedChannel) and limit is not None and limit.store is not None:
            store = self.limit_stores[edge.caller, edge.callee]
            channel.consult(store, limit.store, caller.zone)

    def _inform(self, way: Way, caller: Caller, former: Way | None) -> None:
        """Prepare to tell a balancer what it wants to know of places, or of loads."""
        if isinstance(way.balancer, PlacedBalancer) and former is None:
            way.balancer.situate(self._situation(caller))
        if isinstance(way.balancer, ProbingBalancer):
            way.prober = None if former is None else former.prober
            if way.prober is None:
                way.prober = Prober(self._kernel, way.balancer, caller.index, caller.clock)
            way.channel.pick_by(way.prober.pick)

    def add_target(self, caller: Caller, instance: Instance) -> None:
        """Bring an instance into the caller's view of its service."""
        caller.view[instance.index] = instance
        for way in self._ways_to(caller, instance):
            self._show(caller, way, instance)

    def drop_target(self, caller: Caller, instance: Instance) -> None:
        """Take an instance out of the caller's view."""
        del caller.view[instance.index]
        for way in self._ways_to(caller, instance):
            way.channel.drop_target(instance.index)

    def _ways_to(self, caller: Caller, instance: Instance) -> Iterator[Way]:
        """Every way that may send to an instance; of those that share a view the last."""
        for way in caller.all_ways():
            is_there = way.edge.callee == instance.service and way.subset.holds(instance)
            if is_there and way.has_own_view:
                yield way

    def _show(self, caller: Caller, way: Way, instance: Instance) -> None:
        if not way.subset.holds(instance):
            return
        if isinstance(way.balancer, PlacedBalancer):
            way.balancer.place(instance.index, self._place(caller, way.edge, instance))
        if way.prober is not None:
            self._show_to_prober(caller, way.prober, instance)
        network = self._network.view(f"{caller.service}->{instance.service}")
        breaker_config = way.edge.breaker
        target = Target(
            instance=instance,
            out=network.link(caller.zone, instance.zone),
            back=network.link(instance.zone, caller.zone),
            breaker=None if breaker_config is None else CircuitBreaker(breaker_config),
            label=f"{caller.name} -> {instance.name}",
        )
        way.channel.add_target(target, instance.weight)

    def sees(self, caller: Caller, instance: Instance) -> bool:
        """True while the instance is in the caller's view."""
        return instance.index in caller.view

    def connect_all(self, caller: Caller) -> None:
        """Show the caller every instance there is; what discovery would list at rest."""
        for service in self.callees(caller):
            for instance in self._instances_of[service]:
                self.add_target(caller, instance)

    def _show_to_prober(self, caller: Caller, prober: Prober, instance: Instance) -> None:
        network = self._network.view(f"probes/{caller.service}->{instance.service}")
        out = network.link(caller.zone, instance.zone)
        prober.reach(instance, out, network.link(instance.zone, caller.zone))

    def _situation(self, caller: Caller) -> CallerFacts:
        peers = self._instances_of.get(caller.service, ())
        return facts_among([(peer.index, peer.zone) for peer in peers], caller.index, caller.zone)

    def _place(self, caller: Caller, edge: EdgeConfig, instance: Instance) -> MemberFacts:
        priorities = edge.balancer.layers.priorities
        if priorities is None or priorities.order is None:
            return MemberFacts(instance.zone)
        return MemberFacts(instance.zone, priorities.order.priority(caller.zone, instance.zone))


def probed_services(edges: Iterable[EdgeConfig]) -> frozenset[str]:
    """Services whose instances are asked how busy they are."""
    return frozenset(edge.callee for edge in edges if edge.balancer.policy == "prequal")
