"""Faults of the network and of what the registry tells: how each begins and how it ends.

Every fault begins with something that can be undone, and ends by undoing just that, so faults
that overlap add up and end one by one.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from models.base.errors import ConfigError
from models.faults.content import Content
from models.faults.network import (
    PROBES,
    BandwidthCut,
    Between,
    CertificateExpiry,
    LinkFault,
    NetworkFault,
    NetworkLatency,
    PacketDuplication,
    PacketLoss,
    PacketReordering,
    Partition,
    ProbeLoss,
    RegistryDown,
    StaleDiscovery,
)
from models.faults.plan import Fault
from sim.chaos.verb import Hit, Scene, Verb
from sim.network.rules import (
    Block,
    Delay,
    Duplication,
    Loss,
    Pipe,
    Reordering,
    Rule,
    Scope,
    Streams,
)
from sim.processes.registry_server import RegistryServer

NETWORK_KINDS: tuple[type[NetworkFault], ...] = (
    Partition,
    PacketLoss,
    ProbeLoss,
    PacketDuplication,
    PacketReordering,
    NetworkLatency,
    BandwidthCut,
    CertificateExpiry,
    StaleDiscovery,
    RegistryDown,
)
"""Every kind that :class:`NetworkVerb` does."""


class NetworkVerb(Verb[NetworkFault]):
    """Begins and ends faults on the links of a network and at its registry."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._undo: dict[int, Callable[[], None]] = {}

    def aim(self, number: int, fault: Fault, kind: NetworkFault) -> Hit:
        """The nodes that a fault of links is about; the registry, if it is about that."""
        if not isinstance(kind, LinkFault):
            return Hit(number, fault, others=["registry"])
        between = kind.between
        if between.one is None and between.other is None:
            return Hit(number, fault)
        scope = self._scope(Hit(number, fault), between)
        named = scope.senders if between.one is not None else scope.receivers
        return Hit(number, fault, others=self.scene.network.stations.names(named))

    def strike(self, kind: NetworkFault, hit: Hit) -> None:
        """Begin it.

        Raises:
            ConfigError: it is about a registry, and there is none.
        """
        if isinstance(kind, LinkFault):
            scope = self._scope(hit, kind.between)
            self._undo[hit.number] = self._strike_links(kind, hit, scope)
            return
        registry = self.scene.registry
        if registry is None:
            raise ConfigError(f"{kind.name} needs a registry, and there is none")
        self._undo[hit.number] = _strike_registry(registry, kind)

    def heal(self, kind: NetworkFault, hit: Hit) -> None:  # noqa: ARG002
        """Undo what was done when it struck."""
        self._undo.pop(hit.number)()

    def _strike_links(self, kind: LinkFault, hit: Hit, scope: Scope) -> Callable[[], None]:
        network = self.scene.network
        if isinstance(kind, CertificateExpiry):
            network.distrust(scope)
            return partial(network.trust, scope)
        rule = _rule(kind, scope, partial(self.stream, hit))
        network.impose(rule)
        return partial(network.lift, rule)

    def _scope(self, hit: Hit, between: Between) -> Scope:
        stations = self.scene.network.stations
        everyone = stations.everyone()
        ends = [
            everyone
            if selector is None
            else stations.select(selector, self.stream(hit, f"selection/{end}"))
            for end, selector in (("from", between.one), ("to", between.other))
        ]
        if between.one is None and between.other is not None:
            ends[0] = everyone - ends[1]
        elif between.other is None and between.one is not None:
            ends[1] = everyone - ends[0]
        return Scope(ends[0], ends[1], between.carries, both_ways=between.both_ways)


def _rule(kind: LinkFault, scope: Scope, streams: Streams) -> Rule:
    rule: Rule | None = None
    match kind:
        case Partition():
            rule = Block(scope)
        case PacketLoss(_, ratio):
            rule = Loss(scope, streams, ratio)
        case ProbeLoss(_, ratio):
            rule = Loss(replace(scope, carries=PROBES), streams, ratio)
        case PacketDuplication(_, ratio, gap):
            rule = Duplication(scope, streams, ratio, gap)
        case PacketReordering(_, ratio, delay):
            rule = Reordering(scope, streams, ratio, delay)
        case NetworkLatency(_, delay):
            rule = Delay(scope, streams, delay)
        case BandwidthCut(_, bytes_per_s):
            rule = Pipe(scope, bytes_per_s)
    assert rule is not None, kind
    return rule


def _strike_registry(registry: RegistryServer, kind: NetworkFault) -> Callable[[], None]:
    if isinstance(kind, RegistryDown):
        registry.halt()
        if kind.content is Content.LOST:
            registry.forget()
        return registry.resume
    return partial(registry.thaw, registry.freeze())
