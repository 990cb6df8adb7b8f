"""A service mesh: who its proxies are, what holds at first, and what changes when."""

from collections.abc import Mapping, Sequence

from models.base.time import format_duration
from models.service.spec import ServiceSpec
from models.traffic.config import EdgeConfig
from models.traffic.mesh.config import (
    AgentConfig,
    ControlPlaneConfig,
    Feature,
    MeshChange,
    MeshPlan,
)
from models.traffic.mesh.policy import MeshConfig, ServiceEntry
from scenarios.compile.findings import Findings, unknown_name
from scenarios.compile.mesh_policies import MeshScene, compile_policies
from scenarios.document.mesh import MeshChangeDoc, MeshDoc
from scenarios.document.scenario import ScenarioDoc
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted
from sim.blueprint import Phases

_MESH: KeyPath = ("mesh",)


def compile_mesh(
    document: ScenarioDoc,
    zones: Sequence[str],
    services: Sequence[ServiceSpec],
    edges: tuple[EdgeConfig, ...],
    phases: Phases,
    findings: Findings,
) -> MeshPlan | None:
    """The plan of the mesh, None without one."""
    doc = document.mesh
    if doc is None:
        return None
    if doc.control_plane.zone not in zones:
        where: KeyPath = (*_MESH, "control_plane", "zone")
        findings.unknown(where, "zone", doc.control_plane.zone, zones)
    callers = dict.fromkeys((*document.traffic, *document.queues))
    members = _members(doc, services, findings)
    entries = [
        ServiceEntry(service.name, tuple(name for of, name, _ in members if of == service.name))
        for service in services
    ]
    scene = MeshScene(
        (*entries, *map(ServiceEntry, callers)),
        tuple(zones),
        tuple(service.name for service in services if service.replication is not None),
        edges,
        findings,
    )
    _check_lacking(doc, [entry.name for entry in scene.entries], findings)
    first = compile_policies(doc.policies, (*_MESH, "policies"), scene)
    return MeshPlan(
        doc.control_plane.zone,
        first,
        _changes(doc.changes, first, scene, phases),
        ControlPlaneConfig(doc.control_plane.ack_timeout, tries_max=doc.control_plane.tries),
        AgentConfig(doc.proxies.hello, doc.proxies.refresh),
        tuple(members),
        tuple(
            (service, frozenset(map(Feature, lacks)))
            for service, lacks in doc.proxies.lacking.items()
        ),
    )


def _check_lacking(doc: MeshDoc, known: Sequence[str], findings: Findings) -> None:
    for name in doc.proxies.lacking:
        if name not in known:
            where: KeyPath = (*_MESH, "proxies", "lacking", name)
            findings.at_key(where, unknown_name("service", name, known))


def _members(
    doc: MeshDoc, services: Sequence[ServiceSpec], findings: Findings
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Instances of each subset, by their labels; a subset that is empty is a mistake."""
    known = {service.name: service for service in services}
    found = []
    for name, subsets in doc.subsets.items():
        if name not in known:
            where: KeyPath = (*_MESH, "subsets", name)
            findings.at_key(where, unknown_name("service", name, known))
            continue
        for subset, labels in subsets.items():
            members = _labelled(known[name], labels)
            found.append((name, subset, members))
            if not members:
                message = f"no instance of {quoted(name)} has these labels"
                findings.at_key((*_MESH, "subsets", name, subset), message)
    return found


def _labelled(service: ServiceSpec, labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        instance.name
        for instance in service.instances
        if all(label in instance.labels for label in labels.items())
    )


def _changes(
    docs: Sequence[MeshChangeDoc], first: MeshConfig, scene: MeshScene, phases: Phases
) -> tuple[MeshChange, ...]:
    held = [first]
    changes = []
    for number, doc in enumerate(docs):
        path: KeyPath = (*_MESH, "changes", number)
        _check_instant(docs, number, path, phases, scene.findings)
        if doc.roll_back == (doc.policies is not None):
            message = "a change has policies or rolls back, one of the two"
            scene.findings.at_key(path, message)
        config = held[-2] if len(held) > 1 else first
        if doc.policies is not None:
            config = compile_policies(doc.policies, (*path, "policies"), scene)
        held.append(config)
        label = doc.name or ("roll-back" if doc.roll_back else f"changes[{number}]")
        changes.append(MeshChange(doc.at, config, label))
    return tuple(changes)


def _check_instant(
    docs: Sequence[MeshChangeDoc],
    number: int,
    path: KeyPath,
    phases: Phases,
    findings: Findings,
) -> None:
    at = docs[number].at
    if at >= phases.measure_ns:
        findings.at_value(
            (*path, "at"),
            f"happens {format_duration(at)} into measure, which is over after"
            f" {format_duration(phases.measure_ns)}",
        )
    elif number and at <= docs[number - 1].at:
        findings.at_value((*path, "at"), "each change is later than the one before")
