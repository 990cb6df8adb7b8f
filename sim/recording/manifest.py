"""The manifest of a run, from the plan of its world."""

from collections.abc import Iterator

from models.records.manifest import (
    CallNode,
    EdgeInfo,
    InstanceInfo,
    LoadPiece,
    Manifest,
    Phase,
    SeriesInfo,
    ServiceInfo,
)
from sim.blueprint import Blueprint, Phases
from sim.recording.load import load_of

SCHEMA_VERSION = 1


def manifest_of(
    blueprint: Blueprint,
    *,
    seed: int,
    shuffle_ties: bool,
    call_nodes: tuple[CallNode, ...],
    series: tuple[SeriesInfo, ...],
) -> Manifest:
    """What the indices of the tables mean. The digest of the scenario is filled in by its loader.

    Instances come first, service by service, then one client node per load source.
    """
    return Manifest(
        schema_version=SCHEMA_VERSION,
        scenario=blueprint.name,
        question=blueprint.question,
        section=blueprint.section,
        seed=seed,
        shuffle_ties=shuffle_ties,
        spec_digest="",
        wall_start_ns=blueprint.phases.wall_start_ns,
        phases=tuple(_phases(blueprint.phases)),
        zones=blueprint.zones,
        services=tuple(
            ServiceInfo(service.name, service.slots, service.queue_limit, len(service.instances))
            for service in blueprint.services
        ),
        instances=tuple(_instances(blueprint)),
        edges=tuple(
            EdgeInfo(
                edge.caller, edge.callee, edge.balancer.policy, edge.timeout_ns, edge.retry.retries
            )
            for edge in blueprint.edges
        ),
        sources=tuple(source.name for source in blueprint.sources),
        load=tuple(
            LoadPiece(source.name, start, rate)
            for source in blueprint.surged_sources
            for start, rate in load_of(source, blueprint.phases.end_ns)
        ),
        call_nodes=call_nodes,
        series=series,
    )


def _phases(plan: Phases) -> Iterator[Phase]:
    """The phases that have a length, in order."""
    begins = 0
    for name, length in (
        ("warm_up", plan.warm_up_ns),
        ("measure", plan.measure_ns),
        ("heal", plan.heal_ns),
        ("settle", plan.settle_ns),
    ):
        if length:
            yield Phase(name, begins, begins + length)
        begins += length


def _instances(blueprint: Blueprint) -> Iterator[InstanceInfo]:
    for service in blueprint.services:
        for spec in service.instances:
            yield InstanceInfo(spec.name, service.name, spec.zone, spec.machine, service.slots)
    for source in blueprint.sources:
        yield InstanceInfo(source.name, source.name, source.zone, "", 0, is_client=True)
