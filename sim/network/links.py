"""Links between zones: how long a message takes, and whether it arrives at all.

Messages of one purpose that go the same way share a link with a latency stream of its own, so
that turning monitoring on, or adding an edge, does not shift the latencies of other traffic. The
empty zone name is the outside world where users live.

Faults hold links through the network, so that links made later are held as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from typing import Any

from models.base.distributions import Distribution
from models.base.samplers import make_sampler
from models.base.streams import Stream
from models.base.time import DurationNs
from models.faults.network import Carried
from sim.blueprint import LinksSpec
from sim.kernel.environment import Kernel
from sim.kernel.ties import NETWORK
from sim.network.link import CONTROL_BYTES, Link
from sim.network.rules import Rule, Scope, Way
from sim.network.stations import Stations

OUTSIDE = ""

_CARRIED = {
    "discovery": Carried.VIEWS,
    "monitoring": Carried.SCRAPES,
    "jobs": Carried.JOBS,
}


class Network:
    """All links of a world, by the names of the zones they join and by purpose.

    An instance speaks for one purpose; :meth:`view` gives the same network to another one.
    ``stations`` are the nodes on it.
    """

    def __init__(
        self,
        kernel: Kernel,
        zones: Iterable[str],
        spec: LinksSpec,
        seed: int,
        purpose: str = "control",
    ) -> None:
        self._kernel = kernel
        self._zones = (OUTSIDE, *zones)
        self._spec = spec
        self._seed = seed
        self._purpose = purpose
        self._carried = _carried_by(purpose)
        self._links: dict[Way, Link] = {}
        self._first: dict[tuple[str, str], Link] = {}
        self._rules: list[Rule] = []
        self._distrusted: list[Scope] = []
        self.stations = Stations(self._zones)
        for here in self._zones:
            for there in self._zones:
                self._first[here, there] = self.link(here, there)

    def view(self, purpose: str) -> Network:
        """The same zones, cuts, rules and latency laws, with streams of their own."""
        other = copy(self)
        other._purpose = purpose  # noqa: SLF001 - a view of ourselves
        other._carried = _carried_by(purpose)  # noqa: SLF001
        return other

    def link(self, here: str, there: str) -> Link:
        """The link for this purpose's messages from zone ``here`` to zone ``there``."""
        way = Way(here, there, self._purpose)
        if way not in self._links:
            self._links[way] = self._new_link(way)
        return self._links[way]

    def _new_link(self, way: Way) -> Link:
        here, there, purpose = way
        stream = Stream(self._seed, f"link/{purpose}/{here}->{there}")
        first = self._first.get((here, there))
        cuts = 0 if first is None else first.cuts
        link = Link(way, make_sampler(self._law(here, there), stream), cuts)
        for rule in self._rules:
            if self._touches(rule.scope, way):
                link.impose(rule)
        for scope in self._distrusted:
            if self._touches(scope, way):
                link.distrust(scope)
        return link

    def _law(self, here: str, there: str) -> Distribution:
        if OUTSIDE in (here, there):
            return self._spec.external
        return self._spec.same_zone if here == there else self._spec.cross_zone

    def links_of(self, zone: str) -> list[Link]:
        """Every link of every purpose that begins or ends in ``zone``."""
        return [link for way, link in self._links.items() if zone in (way.here, way.there)]

    def links(self) -> list[Link]:
        """Every link of every purpose."""
        return list(self._links.values())

    def impose(self, rule: Rule) -> None:
        """Let a rule speak on every link that its messages may take, present or to come."""
        self._rules.append(rule)
        for link in self._touched(rule.scope):
            link.impose(rule)

    def lift(self, rule: Rule) -> None:
        """Undo one :meth:`impose`."""
        self._rules.remove(rule)
        for link in self._touched(rule.scope):
            link.lift(rule)

    def distrust(self, scope: Scope) -> None:
        """Let no connection be made in that scope, as when a certificate has expired."""
        self._distrusted.append(scope)
        for link in self._touched(scope):
            link.distrust(scope)

    def trust(self, scope: Scope) -> None:
        """Undo one :meth:`distrust`."""
        self._distrusted.remove(scope)
        for link in self._touched(scope):
            link.trust(scope)

    def _touched(self, scope: Scope) -> list[Link]:
        return [link for way, link in self._links.items() if self._touches(scope, way)]

    def _touches(self, scope: Scope, way: Way) -> bool:
        only_requests = scope.carries == frozenset((Carried.REQUESTS,))
        is_request = _carried_by(way.purpose) is Carried.REQUESTS
        if only_requests != is_request and (only_requests or Carried.REQUESTS not in scope.carries):
            return False
        senders, receivers = self._zones_of(scope.senders), self._zones_of(scope.receivers)
        return (way.here in senders and way.there in receivers) or (
            scope.both_ways and way.here in receivers and way.there in senders
        )

    def _zones_of(self, numbers: frozenset[int]) -> set[str]:
        return {self.stations.zone_of(number) for number in numbers}

    def send(
        self,
        here: str,
        there: str,
        deliver: Callable[[Any], object],
        message: Any,
        *,
        ends: tuple[int, int] | None = None,
        carried: Carried | None = None,
        delay_ns: DurationNs = 0,
    ) -> None:
        """Carry a control-plane message: ``deliver(message)`` runs there, unless it is lost.

        ``ends`` are the numbers of the sending and the receiving station; without them the zones
        speak. It takes ``delay_ns`` longer than the link says.
        """
        kernel, link = self._kernel, self.link(here, there)
        if link.is_plain:
            arrival = kernel.now + next(link.latencies) + delay_ns
            kernel.post(arrival, NETWORK, deliver, message)
            return
        sender, receiver = ends or (self.stations.whole(here), self.stations.whole(there))
        carried = carried or self._carried
        arrivals = link.arrivals(sender, receiver, carried, CONTROL_BYTES, kernel.now)
        if not link.refuses(sender, receiver, carried):
            for arrival in arrivals:
                kernel.post(arrival + delay_ns, NETWORK, deliver, message)


def _carried_by(purpose: str) -> Carried:
    if "->" in purpose:
        return Carried.REQUESTS
    return _CARRIED.get(purpose, Carried.OTHER)
