"""The verb that takes a share of what instances work with, and gives it back."""

from collections.abc import Iterable

from models.faults.exhaustion import Exhaustion, Resource
from models.faults.plan import Fault
from models.faults.selection import matches, select
from models.service.spec import ServiceSpec
from sim.chaos.verb import Hit, Overlay, Scene, Verb
from sim.network.stations import stations_of
from sim.nodes.equipped import EquippedInstance
from sim.nodes.instance import Instance
from sim.nodes.provisioned import ProvisionedInstance
from sim.nodes.runtime import RuntimeInstance
from sim.nodes.short import Short


class ExhaustionVerb(Verb[Exhaustion]):
    """Takes from those who have something to take."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._shares: dict[Resource, Overlay[float]] = {what: Overlay() for what in Resource}

    def aim(self, number: int, fault: Fault, kind: Exhaustion) -> Hit:
        """The instances that the selector names among those with that resource."""
        stream = self.scene.streams(f"fault/{number}/{fault.label}/selection")
        candidates = [one for one in self.scene.instances if self._has(one, kind.what)]
        return Hit(number, fault, select(kind.target, candidates, stream))

    def strike(self, kind: Exhaustion, hit: Hit) -> None:
        """Take it."""
        shares = self._shares[kind.what]
        for instance in hit.instances:
            self._withhold(instance, kind.what, shares.lay(instance, hit, kind.taken))

    def heal(self, kind: Exhaustion, hit: Hit) -> None:
        """Give it back."""
        shares = self._shares[kind.what]
        for instance in hit.instances:
            self._withhold(instance, kind.what, shares.lift(instance, hit))

    def _has(self, instance: Instance, what: Resource) -> bool:
        match what:
            case Resource.SLOTS:
                return isinstance(instance, Short)
            case Resource.CPU:
                return isinstance(instance, EquippedInstance) and instance.has_cores
            case Resource.MEMORY:
                return isinstance(instance, RuntimeInstance) and instance.has_memory
            case Resource.DISK:
                return isinstance(instance, ProvisionedInstance) and instance.has_disk
            case Resource.CONNECTIONS:
                return self.scene.lifecycle.has_connections(instance)

    def _withhold(self, instance: Instance, what: Resource, shares: tuple[float, ...]) -> None:
        match instance, what:
            case Short(), Resource.SLOTS:
                instance.withhold_slots(shares)
            case EquippedInstance(), Resource.CPU:
                instance.withhold_cores(shares)
            case RuntimeInstance(), Resource.MEMORY:
                instance.withhold_memory(shares)
            case ProvisionedInstance(), Resource.DISK:
                instance.withhold_disk(shares)
            case _:
                self.scene.lifecycle.withhold_connections(instance, shares)


def services_short_of_slots(
    services: Iterable[ServiceSpec], plan: Iterable[Fault]
) -> frozenset[str]:
    """Services some of whose instances may lose slots by the plan."""
    takers = [
        fault.kind.target
        for fault in plan
        if isinstance(fault.kind, Exhaustion) and fault.kind.what is Resource.SLOTS
    ]
    return frozenset(
        station.service
        for station in stations_of(services, ())
        if any(matches(target, station) for target in takers)
    )
