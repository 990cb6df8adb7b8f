"""Policies of a mesh from their written form; every flaw is found where it is written."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.base.outcome import Outcome
from models.traffic.config import EdgeConfig
from models.traffic.mesh.policy import MeshConfig, Policy, PolicyType, Scope, ServiceEntry
from models.traffic.mesh.resolver import Resolver
from models.traffic.mesh.rules import (
    PERCENT,
    BalancingRule,
    BreakerRule,
    Destination,
    FaultRule,
    RetryRule,
    Rule,
    Share,
    SplitRule,
    TimeoutRule,
)
from models.traffic.mesh.validation import MeshValidator
from scenarios.compile.balancing import KEYS_OF, balancer_config, check_balancer
from scenarios.compile.edges import EDGE, breaker_config, check_breaker
from scenarios.compile.findings import Findings
from scenarios.compile.retries import check_retries, retry_config
from scenarios.document.edges import BalancerDoc, EdgeDoc
from scenarios.document.mesh import MeshFaultDoc, MeshPolicyDoc
from scenarios.source.marks import KeyPath
from scenarios.source.problems import quoted

_PLACE = re.compile(r"policies\[(\d+)\]")
_FINEST = 4
"""Decimals of a percent that a fault rule can tell apart."""
_SCOPES = {"service", "edge"}


@dataclass(frozen=True, slots=True)
class MeshScene:
    """Whom policies may name: services with their subsets, then sources; ``edges`` as written."""

    entries: tuple[ServiceEntry, ...]
    zones: tuple[str, ...]
    databases: tuple[str, ...]
    edges: tuple[EdgeConfig, ...]
    findings: Findings

    @property
    def callees(self) -> tuple[str, ...]:
        """Services that somebody calls."""
        return tuple(dict.fromkeys(edge.callee for edge in self.edges))

    def subsets_of(self, service: str) -> tuple[str, ...]:
        """Names of a service's subsets."""
        return next((entry.subsets for entry in self.entries if entry.name == service), ())


def compile_policies(docs: Sequence[MeshPolicyDoc], path: KeyPath, scene: MeshScene) -> MeshConfig:
    """One state of the mesh. A policy of the file becomes one policy for each of its rules."""
    policies: list[Policy] = []
    places: list[KeyPath] = []
    seen: dict[tuple[Scope, str], int] = {}
    is_fit = True
    for number, doc in enumerate(docs):
        where: KeyPath = (*path, number)
        scope = _scope(doc, where, scene)
        if scope is None:
            is_fit = False
            continue
        rules = list(_rules(doc, where, scope, scene))
        if not rules:
            scene.findings.at_key(where, "a policy holds a rule; this one says nothing")
            is_fit = False
        for key, kind, rule in rules:
            known = seen.setdefault((scope, key), number)
            if known != number:
                message = f"said for the same edges by policies[{known}] already"
                scene.findings.at_key((*where, key), message)
                is_fit = False
            policies.append(Policy(f"{number}/{key}", kind, (rule,), scope))
            places.append((*where, key))
    config = MeshConfig(scene.entries, tuple(policies), scene.edges)
    if is_fit:
        _report_flaws(config, places, path, scene)
        _check_hedges(config, path, scene)
    return config


def _scope(doc: MeshPolicyDoc, path: KeyPath, scene: MeshScene) -> Scope | None:
    """Where a policy holds; None, and a problem, if there is no such place."""
    findings = scene.findings
    if doc.edge is None:
        if doc.service is not None and doc.service not in scene.callees:
            findings.unknown(
                (*path, "service"), "service that is called", doc.service, scene.callees
            )
            return None
        return Scope(doc.service or "")
    if doc.service is not None:
        findings.at_key((*path, "edge"), "a policy is for a service or for an edge, not for both")
        return None
    match = EDGE.fullmatch(doc.edge)
    written = {(edge.caller, edge.callee) for edge in scene.edges}
    if match is None or match.groups() not in written:
        known = [f"{edge.caller} -> {edge.callee}" for edge in scene.edges]
        findings.unknown((*path, "edge"), "edge", doc.edge, known)
        return None
    return Scope(match.group(2), match.group(1))


def _rules(
    doc: MeshPolicyDoc, path: KeyPath, scope: Scope, scene: MeshScene
) -> Iterator[tuple[str, PolicyType, Rule]]:
    """Every rule of a policy by its key."""
    findings, written = scene.findings, doc.model_fields_set - _SCOPES
    if doc.timeout is not None:
        yield "timeout", PolicyType.RESILIENCE, TimeoutRule(doc.timeout)
    if doc.retry is not None:
        check_retries(path, EdgeDoc(retry=doc.retry), findings)
        yield "retry", PolicyType.RESILIENCE, RetryRule(retry_config(doc.retry, None))
    if "breaker" in written:
        if doc.breaker is not None:
            check_breaker((*path, "breaker"), doc.breaker, findings)
        yield "breaker", PolicyType.RESILIENCE, BreakerRule(breaker_config(doc.breaker))
    if doc.balancer is not None and _is_known(doc.balancer, (*path, "balancer"), scene):
        yield "balancer", PolicyType.TRAFFIC, BalancingRule(balancer_config(doc.balancer))
    if doc.split is not None and _is_splittable((*path, "split"), scope, scene):
        shares = _shares(doc.split, (*path, "split"), scope.callee, findings)
        yield "split", PolicyType.TRAFFIC, SplitRule(shares)
    if doc.fault is not None:
        yield "fault", PolicyType.FAULT, _fault(doc.fault, (*path, "fault"), findings)


def _is_known(doc: BalancerDoc, path: KeyPath, scene: MeshScene) -> bool:
    """Whether proxies can take that policy up while they run."""
    if doc.policy not in KEYS_OF:
        scene.findings.unknown((*path, "policy"), "policy", doc.policy, KEYS_OF)
        return False
    if doc.policy == "prequal":
        message = "a proxy does not begin to probe while it runs; write it under edges"
        scene.findings.at_value((*path, "policy"), message)
        return False
    check_balancer(path, doc, scene.zones, scene.findings)
    return True


def _is_splittable(path: KeyPath, scope: Scope, scene: MeshScene) -> bool:
    if not scope.callee:
        scene.findings.at_key(path, "a split is for a service or an edge")
        return False
    if scope.callee in scene.databases:
        message = f"{quoted(scope.callee)} is a database; its calls follow roles"
        scene.findings.at_key(path, message)
        return False
    return True


def _shares(
    split: Mapping[str, float], path: KeyPath, callee: str, findings: Findings
) -> tuple[Share, ...]:
    shares = []
    for subset, ratio in split.items():
        percent = round(PERCENT * ratio)
        if abs(percent - PERCENT * ratio) > 10**-_FINEST:
            findings.at_value((*path, subset), "shares of a split are whole percents")
        shares.append(Share(Destination(callee, subset), percent))
    return tuple(shares)


def _fault(doc: MeshFaultDoc, path: KeyPath, findings: Findings) -> FaultRule:
    if not (doc.delayed or doc.aborted):
        findings.at_key(path, "say which share of the calls is delayed or aborted")
    elif bool(doc.delay) != bool(doc.delayed):
        findings.at_key(path, "a delay has a length (delay) and a share of the calls (delayed)")
    return FaultRule(
        doc.delay,
        _percent(doc.delayed),
        _percent(doc.aborted),
        Outcome[doc.abort_as.upper()],
    )


def _percent(ratio: float) -> float:
    """A share in percent, without the dust of binary fractions."""
    percent = PERCENT * ratio
    near = round(percent, _FINEST)
    return near if abs(near - percent) < 10 ** -(2 * _FINEST) else percent


def _report_flaws(
    config: MeshConfig, places: Sequence[KeyPath], path: KeyPath, scene: MeshScene
) -> None:
    """What the validator of the control plane finds, where it is written."""
    for flaw in MeshValidator().flaws(config):
        match = _PLACE.match(flaw.where)
        place = path if match is None else places[int(match.group(1))]
        scene.findings.at_key(place, flaw.message)


def _check_hedges(config: MeshConfig, path: KeyPath, scene: MeshScene) -> None:
    resolver = Resolver(config)
    for edge in scene.edges:
        hedges = edge.proxy is not None and edge.proxy.hedge is not None
        if hedges and resolver.effective(edge.caller, edge.callee).retry.retries:
            message = (
                f"'{edge.caller} -> {edge.callee}' hedges; an edge hedges or retries, not both"
            )
            scene.findings.at_key(path, message)
