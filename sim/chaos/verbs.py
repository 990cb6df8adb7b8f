"""Which verb does which kind of fault."""

from collections.abc import Mapping
from typing import Any

from models.faults.ailments import Abort, Hang, Pause, Slow
from models.faults.kind import FaultKind
from models.faults.plan import (
    AddedLatency,
    CacheFlush,
    ErrorRate,
    HostLoss,
    InstanceCrash,
    ZoneOutage,
)
from sim.chaos.ailing import (
    AbortVerb,
    AddedLatencyVerb,
    CacheFlushVerb,
    ErrorRateVerb,
    HangVerb,
    PauseVerb,
    SlowVerb,
)
from sim.chaos.mortality import CrashVerb, HostLossVerb, Mortality, ZoneOutageVerb
from sim.chaos.network import NETWORK_KINDS, NetworkVerb
from sim.chaos.tempo import Tempo
from sim.chaos.verb import Overlay, Scene, Verb
from sim.nodes.mishap import Mishap

Verbs = Mapping[type[FaultKind], Verb[Any]]


def make_verbs(scene: Scene) -> Verbs:
    """One verb per kind. Kinds that act on the same thing share what they know of it."""
    mortality = Mortality(scene.lifecycle)
    tempo = Tempo(scene.kernel, scene.lifecycle)
    mishaps: Overlay[Mishap] = Overlay()
    on_network = NetworkVerb(scene)
    return {
        InstanceCrash: CrashVerb(scene, mortality),
        HostLoss: HostLossVerb(scene, mortality),
        ZoneOutage: ZoneOutageVerb(scene, mortality),
        AddedLatency: AddedLatencyVerb(scene),
        ErrorRate: ErrorRateVerb(scene),
        CacheFlush: CacheFlushVerb(scene),
        Abort: AbortVerb(scene, mishaps),
        Hang: HangVerb(scene, mishaps),
        Pause: PauseVerb(scene, tempo),
        Slow: SlowVerb(scene, tempo),
        **dict.fromkeys(NETWORK_KINDS, on_network),
    }
