"""Who is dead and who is dark, and the verbs that kill: crashes and outages.

Causes are counted, because faults overlap: the last one to end brings a process back.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from models.faults.content import Content
from models.faults.plan import Fault, HostLoss, InstanceCrash, RegionOutage, ZoneOutage
from models.faults.selection import select
from sim.chaos.contents import let_own_content_outlive, lose_disks
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

    def strike(self, kind: InstanceCrash, hit: Hit) -> None:
        """They die."""
        for node in hit.nodes:
            node.die()
        let_own_content_outlive(hit.instances, crash=kind.content is Content.KEPT)
        self._mortality.kill(hit.instances, hit.fault.label)
        let_own_content_outlive(hit.instances, crash=False)
        if kind.content is Content.LOST:
            lose_disks(hit.instances, self.scene.instances)

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


class Blackout:
    """Takes zones away with all that is in them, and gives them back."""

    def __init__(self, scene: Scene, mortality: Mortality) -> None:
        self._scene = scene
        self._mortality = mortality

    def hit(self, number: int, fault: Fault, zones: Sequence[str]) -> Hit:
        """Every instance of the zones."""
        return Hit(number, fault, [one for one in self._scene.instances if one.zone in zones])

    def begin(self, zones: Sequence[str], hit: Hit) -> None:
        """Darkness falls, then the control plane hears of it."""
        for zone in zones:
            self._scene.power.cut(zone)
            for link in self._scene.network.links_of(zone):
                link.cut()
        self._mortality.darken(hit.instances, hit.fault.label)
        for zone in zones:
            self._scene.lifecycle.zone_lost(zone)

    def end(self, zones: Sequence[str], hit: Hit) -> None:
        """Power and links are back before processes start."""
        for zone in zones:
            self._scene.power.restore(zone)
            for link in self._scene.network.links_of(zone):
                link.mend()
        for zone in zones:
            self._scene.lifecycle.zone_restored(zone)
        self._mortality.lighten(hit.instances)


class ZoneOutageVerb(Verb[ZoneOutage]):
    """Cuts the power and the links of a zone."""

    def __init__(self, scene: Scene, blackout: Blackout) -> None:
        super().__init__(scene)
        self._blackout = blackout

    def aim(self, number: int, fault: Fault, kind: ZoneOutage) -> Hit:
        """Every instance of the zone."""
        return self._blackout.hit(number, fault, (kind.zone,))

    def strike(self, kind: ZoneOutage, hit: Hit) -> None:
        """Take it away."""
        self._blackout.begin((kind.zone,), hit)

    def heal(self, kind: ZoneOutage, hit: Hit) -> None:
        """Give it back."""
        self._blackout.end((kind.zone,), hit)


class RegionOutageVerb(Verb[RegionOutage]):
    """Cuts the power and the links of all zones of a region."""

    def __init__(self, scene: Scene, blackout: Blackout) -> None:
        super().__init__(scene)
        self._blackout = blackout

    def aim(self, number: int, fault: Fault, kind: RegionOutage) -> Hit:
        """Every instance of the region."""
        return self._blackout.hit(number, fault, kind.region.zones)

    def strike(self, kind: RegionOutage, hit: Hit) -> None:
        """Take it away."""
        self._blackout.begin(kind.region.zones, hit)

    def heal(self, kind: RegionOutage, hit: Hit) -> None:
        """Give it back."""
        self._blackout.end(kind.region.zones, hit)
