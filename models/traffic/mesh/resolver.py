"""What holds on one edge: the rules of all policies, the most specific of each kind.

The mesh as a whole says the least, a service more, an edge the most. Each kind of rule is
settled for itself: an edge's timeout beats the mesh's and leaves the mesh's retries alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from models.base.time import NS_PER_S, DurationNs
from models.traffic.config import BalancerConfig, BreakerConfig, EdgeConfig, RetryConfig
from models.traffic.mesh.policy import MeshConfig, Policy, Scope
from models.traffic.mesh.rules import (
    BalancingRule,
    BreakerRule,
    FaultRule,
    HeaderRoute,
    HeaderRouteRule,
    Mirror,
    MirrorRule,
    RetryRule,
    Rule,
    SplitRule,
    TelemetryRule,
    TimeoutRule,
)


@dataclass(frozen=True, slots=True)
class EdgePolicy:
    """All that a proxy does on the way from ``caller`` to ``callee``.

    Without any rule: least request among all instances, no breaker, one try of one second at
    most, nothing split, mirrored or broken.
    """

    caller: str
    callee: str
    timeout_ns: DurationNs = NS_PER_S
    balancer: BalancerConfig = BalancerConfig()
    breaker: BreakerConfig | None = None
    retry: RetryConfig = RetryConfig()
    header_routes: tuple[HeaderRoute, ...] = ()
    split: SplitRule | None = None
    mirrors: tuple[Mirror, ...] = ()
    fault: FaultRule | None = None
    telemetry: TelemetryRule = TelemetryRule()

    def edge_config(self) -> EdgeConfig:
        """The part that the caller's channel needs."""
        return self.laid_over(EdgeConfig(self.caller, self.callee))

    def laid_over(self, written: EdgeConfig) -> EdgeConfig:
        """The edge as it is written, except for what rules can be about.

        Which endpoints must not be called twice is theirs to say, and no rule's.
        """
        return replace(
            written,
            timeout_ns=self.timeout_ns,
            balancer=self.balancer,
            breaker=self.breaker,
            retry=replace(self.retry, once=self.retry.once | written.retry.once),
        )

    def with_rule(self, rule: Rule) -> "EdgePolicy":
        """The same policy, except for what the rule is about."""
        match rule:
            case TimeoutRule() | RetryRule() | BreakerRule() | BalancingRule():
                return self._with_handling(rule)
            case SplitRule() | MirrorRule() | HeaderRouteRule():
                return self._with_routing(rule)
            case FaultRule():
                return replace(self, fault=rule)
            case TelemetryRule():
                return replace(self, telemetry=rule)
            case _:
                assert_never(rule)

    def _with_handling(
        self, rule: TimeoutRule | RetryRule | BreakerRule | BalancingRule
    ) -> "EdgePolicy":
        match rule:
            case TimeoutRule():
                return replace(self, timeout_ns=rule.timeout_ns)
            case RetryRule():
                return replace(self, retry=rule.retry)
            case BreakerRule():
                return replace(self, breaker=rule.breaker)
            case BalancingRule():
                return replace(self, balancer=rule.balancer)
            case _:
                assert_never(rule)

    def _with_routing(self, rule: SplitRule | MirrorRule | HeaderRouteRule) -> "EdgePolicy":
        match rule:
            case SplitRule():
                return replace(self, split=rule)
            case MirrorRule():
                return replace(self, mirrors=rule.mirrors)
            case HeaderRouteRule():
                return replace(self, header_routes=rule.routes)
            case _:
                assert_never(rule)


def policy_of(edge: EdgeConfig) -> EdgePolicy:
    """What a proxy does for which no rule speaks: what its edge says."""
    return EdgePolicy(
        edge.caller,
        edge.callee,
        timeout_ns=edge.timeout_ns,
        balancer=edge.balancer,
        breaker=edge.breaker,
        retry=edge.retry,
    )


class Resolver:
    """Answers what holds on an edge, for one configuration that has been validated.

    An answer costs O(rules that touch the edge).
    """

    __slots__ = ("_policies", "_written", "config")

    def __init__(self, config: MeshConfig) -> None:
        self.config = config
        self._written = {(edge.caller, edge.callee): edge for edge in config.edges}
        self._policies: dict[Scope, list[Policy]] = {}
        for policy in config.policies:
            self._policies.setdefault(policy.scope, []).append(policy)

    def effective(self, caller: str, callee: str) -> EdgePolicy:
        """The policy of one edge, whether or not anything names it."""
        edge = EdgePolicy(caller, callee)
        written = self._written.get((caller, callee))
        if written is not None:
            edge = policy_of(written)
        for policy in self._from_widest(caller, callee):
            for rule in policy.rules:
                edge = edge.with_rule(rule)
        return edge

    def edges_of(self, caller: str) -> tuple[EdgePolicy, ...]:
        """The policies from ``caller`` to every service, in the order these are listed."""
        return tuple(self.effective(caller, service.name) for service in self.config.services)

    def _from_widest(self, caller: str, callee: str) -> Iterator[Policy]:
        for scope in (Scope(), Scope(callee), Scope(callee, caller)):
            yield from self._policies.get(scope, ())
