"""Who is on the network: every node that sends or receives messages, by number.

The copies of services and the client nodes of load sources come first, so that their numbers are
their places in ``manifest.instances``; the nodes of the control plane follow. A node that does
not introduce itself speaks for its whole zone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.base.streams import Stream
from models.faults.selection import select
from models.faults.selector import Selector
from models.service.spec import ServiceSpec
from models.service.traffic import SourceSpec


@dataclass(frozen=True, slots=True)
class Station:
    """A node: chosen by faults as instances are. ``service`` of a source is its own name."""

    name: str
    service: str
    zone: str
    labels: tuple[tuple[str, str], ...] = ()


def stations_of(
    services: Iterable[ServiceSpec], sources: Iterable[SourceSpec]
) -> Iterator[Station]:
    """The copies of services and the client nodes of sources, in the order of the manifest."""
    for service in services:
        for instance in service.instances:
            yield Station(instance.name, service.name, instance.zone, instance.labels)
    for source in sources:
        yield Station(source.name, source.name, source.zone)


class Stations:
    """All nodes of a network. The number of a zone as a whole is negative."""

    def __init__(self, zones: Sequence[str]) -> None:
        self._zones = {zone: -1 - place for place, zone in enumerate(zones)}
        self._nodes: list[Station] = []

    def join(self, station: Station) -> int:
        """Make a node known; its number, counted from 0."""
        self._nodes.append(station)
        return len(self._nodes) - 1

    def whole(self, zone: str) -> int:
        """The number under which whoever gives no name in that zone sends and receives."""
        return self._zones[zone]

    def everyone(self) -> frozenset[int]:
        """Every node and every zone."""
        return frozenset((*self._zones.values(), *range(len(self._nodes))))

    def select(self, selector: Selector, stream: Stream) -> frozenset[int]:
        """The nodes a selector names; with them zones, where nothing but these is named."""
        numbers = {station: number for number, station in enumerate(self._nodes)}
        chosen = {numbers[station] for station in select(selector, self._nodes, stream)}
        if selector == Selector(zone=selector.zone) and selector.zone in self._zones:
            chosen.add(self._zones[selector.zone])
        if selector.region is not None and selector == Selector(region=selector.region):
            chosen |= {self._zones[zone] for zone in selector.region.zones if zone in self._zones}
        return frozenset(chosen)

    def names(self, numbers: frozenset[int]) -> list[str]:
        """Names of the nodes among ``numbers``, in the order of their numbers."""
        return [self._nodes[number].name for number in sorted(numbers) if number >= 0]

    def zone_of(self, number: int) -> str:
        """Where a node stands."""
        if number >= 0:
            return self._nodes[number].zone
        return next(zone for zone, whole in self._zones.items() if whole == number)
