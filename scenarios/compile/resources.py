"""What an instance works with, from its written form; what could never work is refused."""

from models.service.resources import (
    MILLI,
    CollectorSpec,
    DeviceSpec,
    Hold,
    MemorySpec,
    PausesSpec,
    ResourcesSpec,
    Sharing,
    WarmUpSpec,
)
from scenarios.compile.findings import Findings
from scenarios.compile.laws import distribution_of
from scenarios.document.resources import CollectorDoc, DeviceDoc, MemoryDoc
from scenarios.document.services import ServiceDoc
from scenarios.source.marks import KeyPath


def resources_of(service: str, doc: ServiceDoc, findings: Findings) -> ResourcesSpec:
    """Cores, memory, devices and pauses of a service's instances."""
    path: KeyPath = ("services", service)
    for name, endpoint in doc.endpoints.items():
        if endpoint.disk and doc.disk is None:
            findings.at_key(
                (*path, "endpoints", name, "disk"),
                "needs a disk: give the service one, as disk: {per_second: 200MB}",
            )
    pauses = doc.pauses
    warm_up = doc.warm_up
    return ResourcesSpec(
        millicores=None if doc.cores is None else round(doc.cores * MILLI),
        memory=None if doc.memory is None else _memory(path, doc.memory, findings),
        collector=None if doc.collector is None else _collector(path, doc.collector, findings),
        pauses=None
        if pauses is None
        else PausesSpec(distribution_of(pauses.every), distribution_of(pauses.length)),
        disk=_device((*path, "disk"), doc.disk, findings),
        network=_device((*path, "network"), doc.network, findings),
        warm_up=None if warm_up is None else WarmUpSpec(warm_up.for_, warm_up.begin, warm_up.steps),
        hold=Hold(doc.hold),
    )


def _memory(path: KeyPath, doc: MemoryDoc, findings: Findings) -> MemorySpec:
    if doc.base + doc.request > doc.limit:
        findings.at_value(
            (*path, "memory", "limit"), "leaves no room for one request: it is below base + request"
        )
    return MemorySpec(doc.limit, doc.base, doc.request, doc.leak)


def _collector(path: KeyPath, doc: CollectorDoc, findings: Findings) -> CollectorSpec:
    if doc.base >= doc.heap:
        findings.at_value((*path, "collector", "heap"), "is full from the start: base fills it")
    if not doc.allocates:
        findings.at_value(
            (*path, "collector", "allocates"), "must be more than 0, or it never has to run"
        )
    return CollectorSpec(
        heap_bytes=doc.heap,
        allocated_bytes=doc.allocates,
        base_bytes=doc.base,
        live_bytes=doc.live,
        pause_ns=doc.pause,
        per_live_ns=doc.per_request,
        free_bytes_min=max(1, doc.free_at_least),
    )


def _device(path: KeyPath, doc: DeviceDoc | None, findings: Findings) -> DeviceSpec | None:
    if doc is None:
        return None
    if not doc.per_second:
        findings.at_value((*path, "per_second"), "must be more than 0")
    return DeviceSpec(doc.per_second, Sharing(doc.sharing))
