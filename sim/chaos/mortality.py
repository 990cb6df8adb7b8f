"""Who is dead and who is dark, and the verbs that kill: crashes and outages.

Causes are counted, because faults overlap: the last one to end brings a process back.
"""

from collections import Counter
from collections.abc import Iterable

from models.faults.plan import Fault, HostLoss, InstanceCrash, ZoneOutage
from models.faults.selection import select
from sim.chaos.verb import Hit, InstanceVerb, Lifecycle, Scene, Verb
from sim.nodes.condition import Condition
from sim.nodes.instance import Instance


class Mortality:
    """Counts what holds each instance dead, and each host dark."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._killed: Counter[int] = Counter()
        self._darkened: Counter[int] = Counter()

    def kill(self, instances: Iterable[Instance], cause: str) -> None:
        """The processes die; in the dark nobody dies again."""
        for instance in instances:
            self._killed[instance.index] += 1
            if self._killed[instance.index] == 1 and not self._darkened[instance.index]:
                self._lifecycle.crash(instance, Condition.CRASHED, cause)

    def revive(self, instances: Iterable[Instance]) -> None:
        """One cause of death of each is gone."""
        for instance in instances:
            self._killed[instance.index] -= 1
            self._bring_back(instance)

    def darken(self, instances: Iterable[Instance], cause: str) -> None:
        """The hosts fall silent, with their processes."""
        for instance in instances:
            self._darkened[instance.index] += 1
            if self._darkened[instance.index] == 1:
                self._lifecycle.crash(instance, Condition.DARK, cause)

    def lighten(self, instances: Iterable[Instance]) -> None:
        """One cause of darkness of each is gone."""
        for instance in instances:
            self._darkened[instance.index] -= 1
            self._bring_back(instance)

    def _bring_back(self, instance: Instance) -> None:
        if self._darkened[instance.index]:
            return
        if self._killed[instance.index]:
            instance.become(Condition.CRASHED)
        else:
            self._lifecycle.restart(instance)


class CrashVerb(InstanceVerb[InstanceCrash]):
    """Kills processes, of services and of the control plane."""

    def __init__(self, scene: Scene, mortality: Mortality) -> None:
        super().__init__(scene)
        self._mortality = mortality

    def aim(self, number: int, fault: Fault, kind: InstanceCrash) -> Hit:
        """Nodes of the control plane only where the selector names them or their kind."""
        hit = super().aim(number, fault, kind)
        if kind.target.service or kind.target.instance:
            stream = self.stream(hit, "nodes")
            return Hit(number, fault, hit.instances, select(kind.target, self.scene.nodes, stream))
        return hit

    def strike(self, kind: InstanceCrash, hit: Hit) -> None:  # noqa: ARG002
        """They die."""
        for node in hit.nodes:
            node.die()
        self._mortality.kill(hit.instances, hit.fault.label)

    def heal(self, kind: InstanceCrash, hit: Hit) -> None:  # noqa: ARG002
        """They start again, unless something else keeps them dead."""
        for node in hit.nodes:
            node.revive()
        self._mortality.revive(hit.instances)


class HostLossVerb(InstanceVerb[HostLoss]):
    """Takes hosts away with their processes."""

    def __init__(self, scene: Scene, mortality: Mortality) -> None:
        super().__init__(scene)
        self._mortality = mortality

    def strike(self, kind: HostLoss, hit: Hit) -> None:  # noqa: ARG002
        """They fall silent."""
        self._mortality.darken(hit.instances, hit.fault.label)

    def heal(self, kind: HostLoss, hit: Hit) -> None:  # noqa: ARG002
        """They are back, unless something else keeps them dark."""
        self._mortality.lighten(hit.instances)


class ZoneOutageVerb(Verb[ZoneOutage]):
    """Cuts the power and the links of a zone."""

    def __init__(self, scene: Scene, mortality: Mortality) -> None:
        super().__init__(scene)
        self._mortality = mortality

    def aim(self, number: int, fault: Fault, kind: ZoneOutage) -> Hit:
        """Every instance of the zone."""
        return Hit(number, fault, [one for one in self.scene.instances if one.zone == kind.zone])

    def strike(self, kind: ZoneOutage, hit: Hit) -> None:
        """Darkness falls, then the control plane hears of it."""
        self.scene.power.cut(kind.zone)
        for link in self.scene.network.links_of(kind.zone):
            link.cut()
        self._mortality.darken(hit.instances, hit.fault.label)
        self.scene.lifecycle.zone_lost(kind.zone)

    def heal(self, kind: ZoneOutage, hit: Hit) -> None:
        """Power and links are back before processes start."""
        self.scene.power.restore(kind.zone)
        for link in self.scene.network.links_of(kind.zone):
            link.mend()
        self.scene.lifecycle.zone_restored(kind.zone)
        self._mortality.lighten(hit.instances)
