"""Faults of the network and of what the registry tells: how each begins and how it ends.

Every fault begins with something that can be undone, and ends by undoing just that, so faults
that overlap add up and end one by one.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from models.base.errors import ConfigError
from models.base.streams import Stream
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
from sim.network.link import Link
from sim.network.links import Network
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

NETWORK_KINDS: dict[type[NetworkFault], str] = {
    Partition: "partition",
    PacketLoss: "packet_loss",
    ProbeLoss: "probe_loss",
    PacketDuplication: "packet_duplication",
    PacketReordering: "packet_reordering",
    NetworkLatency: "network_latency",
    BandwidthCut: "bandwidth_cut",
    CertificateExpiry: "certificate_expiry",
    StaleDiscovery: "stale_discovery",
    RegistryDown: "registry_down",
}
"""Every kind by its name in scenario files."""


def network_kind(kind: NetworkFault) -> str:
    """The name of a kind in scenario files."""
    return NETWORK_KINDS[type(kind)]


class NetworkFaults:
    """Begins and ends faults on the links of a network and at its registry."""

    def __init__(
        self,
        network: Network,
        registry: RegistryServer | None,
        streams: Callable[[str], Stream],
    ) -> None:
        self._network = network
        self._registry = registry
        self._streams = streams
        self._undo: dict[str, Callable[[], None]] = {}

    def links_of(self, zone: str) -> list[Link]:
        """Every link that begins or ends in ``zone``."""
        return self._network.links_of(zone)

    def strike(self, name: str, kind: NetworkFault) -> list[str]:
        """Begin a fault; the names of the nodes it is about. ``name`` is its own.

        Raises:
            ConfigError: it is about a registry, and there is none.
        """
        if isinstance(kind, LinkFault):
            scope = self._scope(name, kind.between)
            self._undo[name] = self._strike_links(name, kind, scope)
            named = scope.senders if kind.between.one is not None else scope.receivers
            everyone = kind.between.one is None and kind.between.other is None
            return [] if everyone else self._network.stations.names(named)
        if self._registry is None:
            raise ConfigError(f"{network_kind(kind)} needs a registry, and there is none")
        self._undo[name] = _strike_registry(self._registry, kind)
        return ["registry"]

    def heal(self, name: str) -> None:
        """End a fault."""
        self._undo.pop(name)()

    def _strike_links(self, name: str, kind: LinkFault, scope: Scope) -> Callable[[], None]:
        network = self._network
        if isinstance(kind, CertificateExpiry):
            network.distrust(scope)
            return partial(network.trust, scope)
        rule = _rule(kind, scope, lambda purpose: self._streams(f"{name}/{purpose}"))
        network.impose(rule)
        return partial(network.lift, rule)

    def _scope(self, name: str, between: Between) -> Scope:
        stations = self._network.stations
        everyone = stations.everyone()
        ends = [
            everyone
            if selector is None
            else stations.select(selector, self._streams(f"{name}/selection/{end}"))
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
        return registry.resume
    return partial(registry.thaw, registry.freeze())
