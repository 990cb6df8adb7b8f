"""Edges: every caller-callee pair that a call needs, with the policies written for it."""

import re
from collections.abc import Mapping, Sequence

from models.base.time import NS_PER_S
from models.service.spec import ServiceSpec
from models.traffic.config import BreakerConfig, EdgeConfig, PoolConfig
from scenarios.compile.balancing import balancer_config, check_balancer
from scenarios.compile.findings import Findings, unknown_name
from scenarios.compile.proxy import check_proxy, proxy_config
from scenarios.compile.retries import check_retries, deadline_config, retry_config
from scenarios.document.edges import BreakerDoc, EdgeDoc
from scenarios.document.scenario import ScenarioDoc
from scenarios.source.marks import KeyPath
from scenarios.source.problems import closest, quoted

EDGE = re.compile(r"\s*(\S+)\s*->\s*(\S+)\s*")
_ANY = "*"
_DELIVERY = EdgeDoc(timeout=0)
"""A message queue waits for its consumers as long as a message is invisible."""


def compile_edges(
    document: ScenarioDoc, services: Sequence[ServiceSpec], findings: Findings
) -> tuple[EdgeConfig, ...]:
    """One edge per pair: sources first, then services, in the order of the file.

    A field is taken from ``a -> b``, else from ``* -> b``, else from ``defaults.edge``.
    """
    pairs = _pairs_in_use(document, services)
    written = _written_edges(document, findings)
    for name, doc in document.edges.items():
        _check_policies(("edges", name), doc, document, findings)
    _check_policies(("defaults", "edge"), document.defaults.edge, document, findings)
    edges = []
    for caller, callee in pairs:
        keys = ((_ANY, callee), (caller, callee))
        layers = [document.edges[written[key]] for key in keys if key in written]
        if caller in document.queues:
            layers.insert(0, _DELIVERY)
        edges.append(_edge(caller, callee, [document.defaults.edge, *layers], document))
    return tuple(edges)


def _pairs_in_use(
    document: ScenarioDoc, services: Sequence[ServiceSpec]
) -> tuple[tuple[str, str], ...]:
    pairs = [(name, source.to) for name, source in document.traffic.items()]
    pairs += _consumers(document)
    pairs += [
        (service.name, call.service)
        for service in services
        for endpoint in service.endpoints
        for step in endpoint.steps
        for call in step
    ]
    return tuple(dict.fromkeys(pairs))


def _consumers(document: ScenarioDoc) -> list[tuple[str, str]]:
    """Each queue and the service it delivers to."""
    return [(name, queue.to.partition(".")[0]) for name, queue in document.queues.items()]


def _pairs_meant(document: ScenarioDoc) -> tuple[tuple[str, str], ...]:
    """Pairs that are called, and those that a misspelt call was probably meant to be.

    An edge is not called superfluous for a mistake in the call that would use it.
    """
    called = [(name, source.to) for name, source in document.traffic.items()]
    called += _consumers(document)
    called += [
        (name, text.partition(".")[0])
        for name, service in document.services.items()
        for endpoint in service.endpoints.values()
        for call in endpoint.calls
        for text in ((call,) if isinstance(call, str) else (*call.parallel, *call.optional))
    ]
    return tuple(
        (caller, closest(callee, document.services) or callee)
        for caller, callee in dict.fromkeys(called)
    )


def _written_edges(document: ScenarioDoc, findings: Findings) -> Mapping[tuple[str, str], str]:
    """Key text of each pair that the file has an entry for; wrong keys become problems."""
    callers = (*document.traffic, *document.queues, *document.services)
    pairs = _pairs_meant(document)
    written: dict[tuple[str, str], str] = {}
    for key in document.edges:
        path: KeyPath = ("edges", key)
        match = EDGE.fullmatch(key)
        if match is None:
            findings.at_key(path, "an edge is written: caller -> service")
            continue
        pair = (match.group(1), match.group(2))
        if pair in written:
            findings.at_key(path, f"the same edge as {quoted(written[pair])}")
        written[pair] = key
        problem = _wrong_end(pair, callers, document, pairs)
        if problem:
            findings.at_key(path, problem)
    return written


def _wrong_end(
    pair: tuple[str, str],
    callers: Sequence[str],
    document: ScenarioDoc,
    pairs: Sequence[tuple[str, str]],
) -> str:
    caller, callee = pair
    if caller != _ANY and caller not in callers:
        return unknown_name("caller", caller, callers)
    if callee not in document.services:
        return unknown_name("service", callee, document.services)
    if any(callee == to and caller in (_ANY, start) for start, to in pairs):
        return ""
    if caller in document.traffic:
        return f"{quoted(caller)} sends its requests to {quoted(document.traffic[caller].to)}"
    if caller in document.queues:
        return f"{quoted(caller)} delivers to {quoted(dict(_consumers(document))[caller])}"
    return f"no endpoint of {quoted(caller)} calls {quoted(callee)}"


def _check_policies(path: KeyPath, doc: EdgeDoc, document: ScenarioDoc, findings: Findings) -> None:
    breaker = doc.breaker
    check_balancer((*path, "balancer"), doc.balancer, document.topology.zones, findings)
    check_proxy(path, doc, document.topology.zones, findings)
    check_retries(path, doc, findings)
    if breaker is not None:
        check_breaker((*path, "breaker"), breaker, findings)


def check_breaker(path: KeyPath, breaker: BreakerDoc, findings: Findings) -> None:
    """Find a breaker that could never open, or never close."""
    if breaker.minimum_calls > breaker.window:
        findings.at_value(
            (*path, "minimum_calls"),
            f"a window of {breaker.window} calls never holds {breaker.minimum_calls}",
        )
    if breaker.failure_ratio == 0:
        findings.at_value((*path, "failure_ratio"), "must be more than 0%")
    if breaker.slow_ratio == 0:
        findings.at_value((*path, "slow_ratio"), "must be more than 0%")
    if breaker.window_time % NS_PER_S:
        findings.at_value((*path, "window_time"), "a window of time is whole seconds")
    if breaker.open == 0:
        findings.at_value((*path, "open"), "must be more than 0")


def _edge(caller: str, callee: str, layers: Sequence[EdgeDoc], document: ScenarioDoc) -> EdgeConfig:
    chosen = {name: getattr(EdgeDoc(), name) for name in EdgeDoc.model_fields}
    for layer in layers:
        chosen |= {name: getattr(layer, name) for name in layer.model_fields_set}
    doc = EdgeDoc.model_construct(**chosen)
    return EdgeConfig(
        caller=caller,
        callee=callee,
        timeout_ns=doc.timeout,
        balancer=balancer_config(doc.balancer),
        breaker=breaker_config(doc.breaker),
        retry=retry_config(doc.retry, document.services.get(callee)),
        pool=None
        if doc.pool is None
        else PoolConfig(doc.pool.connections, doc.pool.pending, doc.pool.wait),
        proxy=proxy_config(doc),
        deadline=deadline_config(doc.deadline),
    )


def breaker_config(doc: BreakerDoc | None) -> BreakerConfig | None:
    """What the breakers of an edge are made from, None for none."""
    if doc is None:
        return None
    return BreakerConfig(
        window_calls=doc.window,
        minimum_calls=doc.minimum_calls,
        failure_ratio=doc.failure_ratio,
        open_ns=doc.open,
        half_open_permits=doc.half_open_permits,
        window_ns=doc.window_time,
        slow_ratio=doc.slow_ratio,
        slow_ns=doc.slow,
    )
