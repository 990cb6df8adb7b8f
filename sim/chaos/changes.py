"""Verbs for what people do to a platform: a bad release, a bad setting, a service taken away.

Each ends by taking back just what it has changed.
"""

from models.faults.ailments import BadConfig, BadVersion, DependencyOutage
from models.faults.plan import Fault
from sim.chaos.spoiling import Spoiling
from sim.chaos.tempo import Tempo
from sim.chaos.verb import Hit, InstanceVerb, Overlay, Scene, Verb
from sim.nodes.instance import Instance


class DependencyOutageVerb(Verb[DependencyOutage]):
    """Shuts the doors of a service while any outage lasts."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._outages: Overlay[None] = Overlay()

    def aim(self, number: int, fault: Fault, kind: DependencyOutage) -> Hit:
        """Every instance of the service."""
        everyone = self.scene.instances
        return Hit(number, fault, [one for one in everyone if one.service == kind.service])

    def strike(self, kind: DependencyOutage, hit: Hit) -> None:  # noqa: ARG002
        """Refuse what comes."""
        for instance in hit.instances:
            _shut(instance, self._outages.lay(instance, hit, None))

    def heal(self, kind: DependencyOutage, hit: Hit) -> None:  # noqa: ARG002
        """Let in what comes, if no other outage is on."""
        for instance in hit.instances:
            _shut(instance, self._outages.lift(instance, hit))


def _shut(instance: Instance, outages: tuple[None, ...]) -> None:
    instance.is_shut = bool(outages)
    instance.refresh_plainness()


class BadVersionVerb(InstanceVerb[BadVersion]):
    """Makes instances fail and slow, beside whatever else does."""

    def __init__(self, scene: Scene, spoiling: Spoiling, tempo: Tempo) -> None:
        super().__init__(scene)
        self._spoiling = spoiling
        self._tempo = tempo

    def strike(self, kind: BadVersion, hit: Hit) -> None:
        """Roll it out."""
        self._spoiling.spoil(hit, kind.errors)
        for instance in hit.instances:
            self._tempo.slow(instance, hit.number, kind.factor)

    def heal(self, kind: BadVersion, hit: Hit) -> None:  # noqa: ARG002
        """Roll it back."""
        self._spoiling.relent(hit)
        for instance in hit.instances:
            self._tempo.forget(instance, hit.number)


class BadConfigVerb(InstanceVerb[BadConfig]):
    """Makes instances fail, beside whatever else does."""

    def __init__(self, scene: Scene, spoiling: Spoiling) -> None:
        super().__init__(scene)
        self._spoiling = spoiling

    def strike(self, kind: BadConfig, hit: Hit) -> None:
        """Tell them what is wrong."""
        self._spoiling.spoil(hit, kind.ratio)

    def heal(self, kind: BadConfig, hit: Hit) -> None:  # noqa: ARG002
        """Tell them better."""
        self._spoiling.relent(hit)
