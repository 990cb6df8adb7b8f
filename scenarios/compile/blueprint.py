"""One document to one blueprint: the order in which the parts are compiled."""

from scenarios.compile.call_graph import call_targets, check_call_graph, check_sources
from scenarios.compile.edges import compile_edges
from scenarios.compile.expectations import compile_expectations
from scenarios.compile.experiment import compile_experiment, experiment_expectations
from scenarios.compile.faults import compile_faults
from scenarios.compile.findings import Findings
from scenarios.compile.gateways import compile_gateways
from scenarios.compile.mesh import compile_mesh
from scenarios.compile.monitoring import compile_monitoring
from scenarios.compile.network_faults import nodes_around
from scenarios.compile.platform import (
    compile_clocks,
    compile_discovery,
    compile_limits,
    compile_links,
    compile_machines,
    compile_phases,
    compile_prices,
    compile_regions,
    compile_zones,
)
from scenarios.compile.queues import compile_queues
from scenarios.compile.scheduling import compile_jobs, compile_scheduler
from scenarios.compile.services import compile_services
from scenarios.compile.targets import Surroundings
from scenarios.compile.traffic import compile_sources
from scenarios.compile.volume import check_volume
from scenarios.document.scenario import ScenarioDoc
from scenarios.expectations.spec import Expectation
from sim.blueprint import Blueprint, Plugin


def compile_document(
    document: ScenarioDoc, findings: Findings
) -> tuple[Blueprint, tuple[Expectation, ...]]:
    """The plan of the world and what is expected of it.

    Both are only good for use if ``findings`` stayed empty.
    """
    phases = compile_phases(document.time, document.limits, findings)
    zones = compile_zones(document.topology, findings)
    regions = compile_regions(document.topology, findings)
    services = compile_services(document, zones, findings)
    sources = compile_sources(document, zones, phases, findings)
    loads = dict.fromkeys(document.traffic) | {one.name: one for one in sources}
    queues, deliveries = compile_queues(document, services, findings)
    sources += deliveries
    check_sources(sources, check_call_graph(call_targets(services), findings), findings)
    monitoring = compile_monitoring(document.alerting, document.dashboards, zones, phases, findings)
    discovery = compile_discovery(document.discovery, zones, document.services, findings)
    mesh_zone = None if document.mesh is None else document.mesh.control_plane.zone
    others = nodes_around(sources, discovery, monitoring.config, mesh_zone)
    edges = compile_edges(document, services, findings)
    gateways = compile_gateways(document, findings)
    scheduler = compile_scheduler(document.scheduler, zones, findings)
    faults = compile_faults(
        document.faults,
        Surroundings(zones, regions, services, loads, edges, gateways, scheduler, others, findings),
        phases,
    )
    blueprint = Blueprint(
        name=document.scenario,
        phases=phases,
        zones=zones,
        services=services,
        edges=edges,
        mesh=compile_mesh(document, zones, services, edges, phases, findings),
        sources=sources,
        queues=queues,
        gateways=gateways,
        question=document.question,
        section=document.section,
        links=compile_links(document.topology),
        clocks=compile_clocks(document.topology),
        machines=compile_machines(document),
        discovery=discovery,
        monitoring=monitoring.config,
        scheduler=scheduler,
        jobs=compile_jobs(document, findings),
        faults=faults,
        experiment=compile_experiment(document, faults, findings),
        prices=compile_prices(document, findings),
        limits=compile_limits(document.limits),
        processes=tuple(
            Plugin(doc.name, tuple(sorted(doc.options.items()))) for doc in document.processes
        ),
        sample_interval_ns=document.sampling.interval,
    )
    _check_volume(blueprint, findings)
    expectations = compile_expectations(document, blueprint, monitoring, findings)
    return blueprint, (*experiment_expectations(document, blueprint), *expectations)


def _check_volume(blueprint: Blueprint, findings: Findings) -> None:
    """Surges are reckoned with where nothing is wrong with them."""
    check_volume(
        blueprint.sources if findings.problems else blueprint.surged_sources,
        end_ns=blueprint.phases.end_ns,
        events_max=blueprint.limits.events,
        findings=findings,
    )
