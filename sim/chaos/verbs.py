"""Which verb does which kind of fault."""

from collections.abc import Mapping
from typing import Any

from models.faults.ailments import (
    Abort,
    BadConfig,
    BadVersion,
    DependencyOutage,
    Hang,
    Pause,
    Slow,
)
from models.faults.clocks import ClockDrift, ClockSkew
from models.faults.exhaustion import Exhaustion
from models.faults.kind import FaultKind
from models.faults.plan import (
    AddedLatency,
    CacheFlush,
    ErrorRate,
    HostLoss,
    InstanceCrash,
    RegionOutage,
    ZoneOutage,
)
from models.faults.surge import LoadSurge
from sim.chaos.ailing import (
    AbortVerb,
    AddedLatencyVerb,
    CacheFlushVerb,
    ErrorRateVerb,
    HangVerb,
    PauseVerb,
    SlowVerb,
)
from sim.chaos.changes import (
    BadConfigVerb,
    BadVersionVerb,
    DependencyOutageVerb,
)
from sim.chaos.clocks import ClockDriftVerb, ClockSkewVerb
from sim.chaos.exhaustion import ExhaustionVerb
from sim.chaos.mortality import (
    Blackout,
    CrashVerb,
    HostLossVerb,
    Mortality,
    RegionOutageVerb,
    ZoneOutageVerb,
)
from sim.chaos.network import NETWORK_KINDS, NetworkVerb
from sim.chaos.spoiling import Spoiling
from sim.chaos.surges import LoadSurgeVerb
from sim.chaos.tempo import Tempo
from sim.chaos.verb import Overlay, Scene, Verb
from sim.nodes.mishap import Mishap

Verbs = Mapping[type[FaultKind], Verb[Any]]


def make_verbs(scene: Scene) -> Verbs:
    """One verb per kind. Kinds that act on the same thing share what they know of it."""
    mortality = Mortality(scene.lifecycle)
    blackout = Blackout(scene, mortality)
    tempo = Tempo(scene.kernel, scene.lifecycle)
    spoiling = Spoiling()
    mishaps: Overlay[Mishap] = Overlay()
    on_network = NetworkVerb(scene)
    return {
        InstanceCrash: CrashVerb(scene, mortality),
        HostLoss: HostLossVerb(scene, mortality),
        ZoneOutage: ZoneOutageVerb(scene, blackout),
        RegionOutage: RegionOutageVerb(scene, blackout),
        AddedLatency: AddedLatencyVerb(scene),
        ErrorRate: ErrorRateVerb(scene, spoiling),
        CacheFlush: CacheFlushVerb(scene),
        Abort: AbortVerb(scene, mishaps),
        Hang: HangVerb(scene, mishaps),
        Pause: PauseVerb(scene, tempo),
        Slow: SlowVerb(scene, tempo),
        DependencyOutage: DependencyOutageVerb(scene),
        BadVersion: BadVersionVerb(scene, spoiling, tempo),
        BadConfig: BadConfigVerb(scene, spoiling),
        LoadSurge: LoadSurgeVerb(scene),
        ClockSkew: ClockSkewVerb(scene),
        ClockDrift: ClockDriftVerb(scene),
        Exhaustion: ExhaustionVerb(scene),
        **dict.fromkeys(NETWORK_KINDS, on_network),
    }
