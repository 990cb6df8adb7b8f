"""Can the proxies of a world do what a mesh is to do? Of each release, and of all of them."""

from collections.abc import Iterable, Mapping

from models.base.errors import ConfigError
from models.traffic.balancer.policies import NO_PLUGINS, BalancerFactory
from models.traffic.mesh.config import Feature, MeshPlan
from models.traffic.mesh.policy import MeshConfig
from models.traffic.mesh.proxy_agent import Judge, accept_all
from models.traffic.mesh.resolver import EdgePolicy
from models.traffic.mesh.rules import HeaderRouteRule, MirrorRule, Rule, TelemetryRule
from models.traffic.mesh.validation import MeshValidator


def judge_of(plan: MeshPlan, service: str) -> Judge:
    """What the proxies of a service say to a configuration."""
    lacks = dict(plan.lacking).get(service, frozenset())
    return judge_without(lacks) if lacks else accept_all


def judge_without(lacks: frozenset[Feature]) -> Judge:
    """A proxy that refuses whatever it does not know, wherever it stands in a push."""

    def judge(edges: tuple[EdgePolicy, ...]) -> str | None:
        for edge in edges:
            for feature, is_asked in (
                (Feature.SPLIT, edge.split is not None),
                (Feature.FAULT, edge.fault is not None),
            ):
                if is_asked and feature in lacks:
                    return f"this proxy does not know '{feature.value}', asked for {edge.callee}"
        return None

    return judge


def check_plan(plan: MeshPlan, plugins: Mapping[str, BalancerFactory] = NO_PLUGINS) -> None:
    """Refuse a plan whose configurations have flaws, or ask for what channels cannot do.

    Raises:
        ConfigError: with every flaw.
    """
    validator = MeshValidator(dict(plugins))
    named = [("", plan.config)]
    named += [(f"changes[{n}].", change.config) for n, change in enumerate(plan.changes)]
    wrong = [
        f"{where}{flaw.where}: {flaw.message}"
        for where, config in named
        for flaw in validator.flaws(config)
    ]
    wrong += [
        f"{where}{place}: {message}"
        for where, config in named
        for place, message in _unserved(config)
    ]
    if wrong:
        raise ConfigError("; ".join(wrong))


def _unserved(config: MeshConfig) -> Iterable[tuple[str, str]]:
    for number, policy in enumerate(config.policies):
        for place, rule in enumerate(policy.rules):
            where = f"policies[{number}].rules[{place}]"
            reason = _why_unserved(rule, policy.scope.callee)
            if reason:
                yield where, reason


def _why_unserved(rule: Rule, callee: str) -> str:
    """Requests of a simulated world have no headers, and nobody to send a copy to."""
    if isinstance(rule, MirrorRule | HeaderRouteRule | TelemetryRule):
        return f"a simulated proxy does nothing with a {type(rule).__name__}"
    split = getattr(rule, "shares", ())
    if any(share.destination.service != callee for share in split):
        return "a split goes to subsets of the service itself"
    if getattr(rule, "conditions", ()) or getattr(rule, "sticky_header", ""):
        return "requests have no headers"
    return ""
