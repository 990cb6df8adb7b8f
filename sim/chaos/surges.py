"""The verb for surges of load, which has little to do: arrivals were drawn with the surges.

Only where faults are called off have sources to be told that what was planned does not come.
"""

from models.base.time import TimeNs
from models.faults.plan import Fault
from models.faults.surge import LoadSurge, surged
from models.service.traffic import RateProfile
from sim.chaos.verb import Hit, Scene, Verb
from sim.nodes.source import LoadSource


class LoadSurgeVerb(Verb[LoadSurge]):
    """Notes when surges begin and end."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._on: dict[int, tuple[TimeNs, Fault, LoadSurge]] = {}
        self._is_called_off = False
        self._revisions = 0

    def aim(self, number: int, fault: Fault, kind: LoadSurge) -> Hit:
        """The source."""
        return Hit(number, fault, others=[kind.source])

    def strike(self, kind: LoadSurge, hit: Hit) -> None:
        """Users come more often, as planned."""
        self._on[hit.number] = (self.scene.kernel.now, hit.fault, kind)

    def heal(self, kind: LoadSurge, hit: Hit) -> None:
        """Users come as before; they have to be told where that is earlier than planned."""
        struck_ns, fault, _ = self._on.pop(hit.number)
        is_planned = fault.for_ns is not None and self.scene.kernel.now >= struck_ns + fault.for_ns
        if self._is_called_off and not is_planned:
            self._revise(kind.source)

    def call_off(self) -> None:
        """No surge comes any more but those that are on."""
        self._is_called_off = True
        for source, _ in self.scene.sources:
            self._revise(source.name)

    def _revise(self, name: str) -> None:
        """Let a source go on with the surges that are on alone, if it was drawn with others."""
        for source, spec in self.scene.sources:
            is_drawn_with_surges = source.name == name and source.spec is not spec
            profile = spec.profile
            if is_drawn_with_surges and isinstance(source, LoadSource):
                assert isinstance(profile, RateProfile), "only a rate can surge"
                self._revisions += 1
                stream = self.scene.streams(f"arrivals/{name}/{self._revisions}")
                source.go_on_at(self._profile_now(name, profile), stream)

    def _profile_now(self, name: str, profile: RateProfile) -> RateProfile:
        for struck_ns, fault, kind in self._on.values():
            if kind.source == name:
                end_ns = None if fault.for_ns is None else struck_ns + fault.for_ns
                profile = surged(profile, struck_ns, end_ns, kind.factor)
        return profile
