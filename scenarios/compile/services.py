"""Services: copies placed in zones, endpoints with their calls resolved."""

from dataclasses import replace

from models.service.spec import CallSpec, Cancel, EndpointSpec, InstanceSpec, ServiceSpec
from scenarios.compile.findings import Findings, no_endpoint
from scenarios.compile.laws import distribution_of
from scenarios.compile.queueing import queue_of, shedding_of
from scenarios.compile.resources import resources_of
from scenarios.compile.stores import compile_cache, compile_replication
from scenarios.document.scenario import ScenarioDoc
from scenarios.document.services import (
    DEFAULT_MACHINE,
    EndpointDoc,
    InOneZone,
    ServiceDoc,
)
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted


def compile_services(
    document: ScenarioDoc, zones: tuple[str, ...], findings: Findings
) -> tuple[ServiceSpec, ...]:
    """All services in the order of the file; calls that lead nowhere become problems."""
    for name in document.services:
        if name in document.traffic:
            findings.at_key(
                ("services", name), f"{quoted(name)} is also the name of a source under traffic"
            )
    return tuple(
        ServiceSpec(
            name=name,
            instances=_instances(name, doc, document, zones, findings),
            slots=doc.slots,
            queue_limit=doc.queue.limit,
            endpoints=_endpoints(name, doc, document, findings),
            cancel=Cancel(doc.cancel),
            start_up_ns=doc.start_up,
            queue=queue_of(name, doc.queue, findings),
            shedding=shedding_of(name, doc.shed, findings),
            resources=resources_of(name, doc, findings),
            replication=compile_replication(name, doc, zones, findings),
        )
        for name, doc in document.services.items()
    )


def _instances(
    service: str,
    service_doc: ServiceDoc,
    document: ScenarioDoc,
    zones: tuple[str, ...],
    findings: Findings,
) -> tuple[InstanceSpec, ...]:
    doc = service_doc.instances
    path: KeyPath = ("services", service, "instances")
    if doc.machine != DEFAULT_MACHINE and doc.machine not in document.machines:
        findings.unknown((*path, "machine"), "machine", doc.machine, document.machines)
    if isinstance(doc.spread, InOneZone):
        if doc.spread.zone not in zones:
            findings.unknown((*path, "spread", "zone"), "zone", doc.spread.zone, zones)
        zones = (doc.spread.zone,)
    weights = doc.weights or (1,) * doc.count
    if len(weights) != doc.count:
        findings.at_value((*path, "weights"), f"{doc.count} instances but {len(weights)} weights")
        return ()
    return tuple(
        InstanceSpec(
            f"{service}-{index}",
            zones[index % len(zones)],
            doc.machine,
            weight,
            _labels(service_doc, index),
        )
        for index, weight in enumerate(weights)
    )


def _labels(doc: ServiceDoc, index: int) -> tuple[tuple[str, str], ...]:
    """Labels of one copy; its own go before those of its service."""
    own = {name: values[index % len(values)] for name, values in doc.instances.labels.items()}
    return tuple((doc.labels | own).items())


def _endpoints(
    service: str, doc: ServiceDoc, document: ScenarioDoc, findings: Findings
) -> tuple[EndpointSpec, ...]:
    return tuple(
        EndpointSpec(
            name=name,
            work=distribution_of(endpoint.work),
            steps=_steps(("services", service, "endpoints", name), endpoint, document, findings),
            request_bytes=endpoint.request,
            response_bytes=endpoint.response,
            disk_bytes=endpoint.disk,
            writes=endpoint.writes,
            cache=compile_cache(
                ("services", service, "endpoints", name, "cache"),
                endpoint,
                findings,
                requests_have_keys=any(one.keys for one in document.traffic.values()),
            ),
        )
        for name, endpoint in doc.endpoints.items()
    )


def _steps(
    path: KeyPath, endpoint: EndpointDoc, document: ScenarioDoc, findings: Findings
) -> tuple[tuple[CallSpec, ...], ...]:
    steps = []
    for index, call in enumerate(endpoint.calls):
        place: KeyPath = (*path, "calls", index)
        if isinstance(call, str):
            needed: list[tuple[KeyPath, str]] = [(place, call)]
            spared: list[tuple[KeyPath, str]] = []
        else:
            needed = [((*place, "parallel", at), text) for at, text in enumerate(call.parallel)]
            spared = [((*place, "optional", at), text) for at, text in enumerate(call.optional)]
        resolved = [resolve_call(text, where, document, findings) for where, text in needed]
        resolved += [
            None if target is None else replace(target, is_optional=True)
            for target in (resolve_call(text, where, document, findings) for where, text in spared)
        ]
        steps.append(tuple(target for target in resolved if target is not None))
    return tuple(steps)


def resolve_call(
    text: str, path: KeyPath, document: ScenarioDoc, findings: Findings
) -> CallSpec | None:
    """The endpoint that ``service.ENDPOINT`` means; None, and a problem, if there is none."""
    service, dot, endpoint = text.partition(".")
    if not dot:
        findings.at_value(path, f"{quoted(text)} is not a call; write service.ENDPOINT")
        return None
    if service not in document.services:
        findings.unknown(path, "service", service, document.services)
        return None
    known = document.services[service].endpoints
    if endpoint not in known:
        findings.at_value(path, no_endpoint(service, endpoint, known))
        return None
    return CallSpec(service, endpoint)
