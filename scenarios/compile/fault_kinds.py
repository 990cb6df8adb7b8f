"""What each kind of fault plans: one function for each section that names a kind."""

from functools import singledispatch

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
from models.faults.content import Content
from models.faults.exhaustion import Exhaustion, Resource
from models.faults.kind import FaultKind
from models.faults.network import (
    BandwidthCut,
    CertificateExpiry,
    NetworkLatency,
    PacketDuplication,
    PacketLoss,
    PacketReordering,
    Partition,
    ProbeLoss,
    RegistryDown,
    StaleDiscovery,
)
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
from scenarios.compile.laws import distribution_of
from scenarios.compile.network_faults import between, check_registry, check_somebody_probes
from scenarios.compile.targets import Surroundings
from scenarios.document import clock_faults as on_clocks
from scenarios.document import faults as written
from scenarios.document import network_faults as on_network
from scenarios.document.shapes import Section
from scenarios.source.marks import KeyPath


@singledispatch
def plan_of(doc: Section, around: Surroundings, path: KeyPath) -> FaultKind:  # noqa: ARG001
    """The kind of fault that a section at ``path`` asks for; mistakes go to the findings."""
    raise TypeError(f"no kind of fault is planned by {type(doc).__name__}")


@plan_of.register
def _(doc: written.InstanceCrashDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    whom = around.processes().select(doc, path)
    if doc.state == "lost":
        around.check_no_database(whom, (*path, "state"))
    return InstanceCrash(whom, None if doc.state is None else Content(doc.state))


@plan_of.register
def _(doc: written.HostLossDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return HostLoss(around.instances().select(doc, path))


@plan_of.register
def _(doc: written.ZoneOutageDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return ZoneOutage(around.zone(doc.zone, path))


@plan_of.register
def _(doc: written.RegionOutageDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return RegionOutage(around.region(doc.region, path))


@plan_of.register
def _(doc: written.AddedLatencyDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return AddedLatency(around.instances().select(doc, path), distribution_of(doc.delay))


@plan_of.register
def _(doc: written.ErrorRateDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return ErrorRate(around.instances().select(doc, path), doc.ratio)


@plan_of.register
def _(doc: written.CacheFlushDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return CacheFlush(around.cached().select(doc, path))


@plan_of.register
def _(doc: written.AbortDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return Abort(around.instances().select(doc, path), doc.ratio)


@plan_of.register
def _(doc: written.HangDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return Hang(around.instances().select(doc, path), doc.ratio)


@plan_of.register
def _(doc: written.PauseDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return Pause(around.instances().select(doc, path))


@plan_of.register
def _(doc: written.SlowDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return Slow(around.instances().select(doc, path), doc.factor)


@plan_of.register
def _(doc: written.DependencyOutageDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return DependencyOutage(around.service(doc.service, path))


@plan_of.register
def _(doc: written.BadVersionDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return BadVersion(around.instances().select(doc, path), doc.errors or 0.0, doc.slow or 1.0)


@plan_of.register
def _(doc: written.BadConfigDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return BadConfig(around.instances().select(doc, path), doc.ratio)


@plan_of.register
def _(doc: written.LoadSurgeDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return LoadSurge(around.rated_source(doc.source, path), doc.factor)


@plan_of.register
def _(doc: written.ExhaustDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    what = Resource(doc.what)
    return Exhaustion(around.having(what, doc, path).select(doc, path), what, doc.taken)


@plan_of.register
def _(doc: on_clocks.ClockSkewDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return ClockSkew(around.watchers(path).select(doc, path), doc.by)


@plan_of.register
def _(doc: on_clocks.ClockDriftDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return ClockDrift(around.watchers(path).select(doc, path), doc.rate)


@plan_of.register
def _(doc: on_network.PartitionDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return Partition(between(doc, path, around.stations()))


@plan_of.register
def _(doc: on_network.CertificateExpiryDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return CertificateExpiry(between(doc, path, around.stations()))


@plan_of.register
def _(doc: on_network.LossDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return PacketLoss(between(doc, path, around.stations()), doc.ratio)


@plan_of.register
def _(doc: on_network.DuplicationDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return PacketDuplication(
        between(doc, path, around.stations()), doc.ratio, distribution_of(doc.gap)
    )


@plan_of.register
def _(doc: on_network.ReorderingDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return PacketReordering(
        between(doc, path, around.stations()), doc.ratio, distribution_of(doc.delay)
    )


@plan_of.register
def _(doc: on_network.NetworkLatencyDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return NetworkLatency(between(doc, path, around.stations()), distribution_of(doc.delay))


@plan_of.register
def _(doc: on_network.BandwidthDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    return BandwidthCut(between(doc, path, around.stations()), doc.rate)


@plan_of.register
def _(doc: on_network.ProbeLossDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    stations = around.stations()
    check_somebody_probes(path, stations)
    return ProbeLoss(between(doc, path, stations), doc.ratio)


@plan_of.register
def _(_: on_network.StaleDiscoveryDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    check_registry(path, around.stations())
    return StaleDiscovery()


@plan_of.register
def _(doc: on_network.RegistryDownDoc, around: Surroundings, path: KeyPath) -> FaultKind:
    check_registry(path, around.stations())
    return RegistryDown(Content(doc.state))
