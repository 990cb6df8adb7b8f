"""Is a configuration of the mesh fit to be pushed? Every flaw is found, and each is located.

A rule's own numbers are judged by the decider that would use them, so that nothing is accepted
here which a proxy could not build.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.balancer.policies import NO_PLUGINS, BalancerFactory, make_balancer
from models.traffic.breaker import CircuitBreaker
from models.traffic.mesh.cycles import route_cycles
from models.traffic.mesh.policy import RULES_OF, MeshConfig, Policy, Scope
from models.traffic.mesh.rules import (
    MILLIONTHS_OF_PERCENT,
    PERCENT,
    BalancingRule,
    BreakerRule,
    Destination,
    FaultRule,
    HeaderRouteRule,
    MirrorRule,
    RetryRule,
    Rule,
    SplitRule,
    TelemetryRule,
    TimeoutRule,
    millionths,
)
from models.traffic.retry import RetryPolicy


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong and where: ``policies[2].rules[0].shares[1]``."""

    where: str
    message: str


Flaws: TypeAlias = Iterator[Flaw]
_TRIAL_SEED = 0


class MeshValidator:
    """Judges configurations. ``plugins`` are the balancing policies beside the built-in ones."""

    __slots__ = ("_plugins",)

    def __init__(self, plugins: dict[str, BalancerFactory] | None = None) -> None:
        self._plugins = NO_PLUGINS if plugins is None else plugins

    def flaws(self, config: MeshConfig) -> tuple[Flaw, ...]:
        """Everything that is wrong, in the order it is written down; cycles come last."""
        found = [*_flaws_of_services(config), *_repeated_names(config), *_conflicts(config)]
        subsets = {entry.name: entry.subsets for entry in config.services}
        for number, policy in enumerate(config.policies):
            found += self._flaws_of_policy(f"policies[{number}]", policy, subsets)
        if not found:
            found += [Flaw("policies", message) for message in route_cycles(config)]
        return tuple(found)

    def _flaws_of_policy(
        self, where: str, policy: Policy, subsets: dict[str, tuple[str, ...]]
    ) -> Flaws:
        for role, service in (("callee", policy.scope.callee), ("caller", policy.scope.caller)):
            if service and service not in subsets:
                yield Flaw(f"{where}.scope.{role}", f"no service '{service}'")
        if not policy.rules:
            yield Flaw(f"{where}.rules", "holds no rule")
        for number, rule in enumerate(policy.rules):
            place = f"{where}.rules[{number}]"
            if not isinstance(rule, RULES_OF[policy.type]):
                kind = type(rule).__name__
                yield Flaw(place, f"a policy of type '{policy.type.value}' holds no {kind}")
            for name, destination in _destinations(rule):
                yield from _flaws_of_destination(f"{place}.{name}", destination, subsets)
            yield from self._flaws_of_rule(place, rule, policy.scope)

    def _flaws_of_rule(self, where: str, rule: Rule, scope: Scope) -> Flaws:
        match rule:
            case BalancingRule():
                stream = Stream(_TRIAL_SEED, where)
                yield from _tried(
                    where, lambda: make_balancer(rule.balancer, stream, self._plugins)
                )
            case BreakerRule():
                if rule.breaker is not None:
                    breaker = rule.breaker
                    yield from _tried(where, lambda: CircuitBreaker(breaker))
            case RetryRule():
                stream = Stream(_TRIAL_SEED, where)
                yield from _tried(where, lambda: RetryPolicy(rule.retry, stream))
            case TimeoutRule():
                if rule.timeout_ns < 0:
                    yield Flaw(f"{where}.timeout_ns", "must not be negative")
            case SplitRule():
                yield from _flaws_of_split(where, rule)
            case _:
                yield from _flaws_of_other_rule(where, rule, scope)


def _flaws_of_other_rule(
    where: str, rule: MirrorRule | HeaderRouteRule | FaultRule | TelemetryRule, scope: Scope
) -> Flaws:
    match rule:
        case MirrorRule():
            for number, mirror in enumerate(rule.mirrors):
                place = f"{where}.mirrors[{number}]"
                yield from _flaws_of_percent(f"{place}.percent", mirror.percent)
                if mirror.destination == Destination(scope.callee):
                    yield Flaw(f"{place}.destination", "mirrors a service onto itself")
        case HeaderRouteRule():
            for number, route in enumerate(rule.routes):
                if not route.conditions:
                    yield Flaw(f"{where}.routes[{number}]", "has no condition; use a split")
        case FaultRule():
            yield from _flaws_of_percent(f"{where}.delay_percent", rule.delay_percent)
            yield from _flaws_of_percent(f"{where}.abort_percent", rule.abort_percent)
            if rule.delay_ns < 0:
                yield Flaw(f"{where}.delay_ns", "must not be negative")
        case TelemetryRule():
            yield from _flaws_of_percent(f"{where}.sampling_percent", rule.sampling_percent)
        case _:
            assert_never(rule)


def _flaws_of_services(config: MeshConfig) -> Flaws:
    names: set[str] = set()
    for number, entry in enumerate(config.services):
        if not entry.name or entry.name in names:
            yield Flaw(f"services[{number}]", f"'{entry.name}' is no name of its own")
        names.add(entry.name)


def _repeated_names(config: MeshConfig) -> Flaws:
    first: dict[str, int] = {}
    for number, policy in enumerate(config.policies):
        known = first.setdefault(policy.name, number)
        if known != number:
            yield Flaw(f"policies[{number}].name", f"'{policy.name}' is policies[{known}] already")


def _conflicts(config: MeshConfig) -> Flaws:
    """Two rules of one kind in one scope: nothing would say which of them holds."""
    first: dict[tuple[Scope, type[Rule]], str] = {}
    for number, policy in enumerate(config.policies):
        for place, rule in enumerate(policy.rules):
            where = f"policies[{number}].rules[{place}]"
            known = first.setdefault((policy.scope, type(rule)), where)
            if known != where:
                kind = type(rule).__name__
                yield Flaw(where, f"a {kind} for the same scope stands at {known} already")


def _destinations(rule: Rule) -> Iterator[tuple[str, Destination]]:
    if isinstance(rule, SplitRule):
        yield from ((f"shares[{n}]", share.destination) for n, share in enumerate(rule.shares))
    elif isinstance(rule, MirrorRule):
        yield from ((f"mirrors[{n}]", mirror.destination) for n, mirror in enumerate(rule.mirrors))
    elif isinstance(rule, HeaderRouteRule):
        yield from ((f"routes[{n}]", route.destination) for n, route in enumerate(rule.routes))


def _flaws_of_destination(
    where: str, destination: Destination, subsets: dict[str, tuple[str, ...]]
) -> Flaws:
    known = subsets.get(destination.service)
    if known is None:
        yield Flaw(f"{where}.destination", f"no service '{destination.service}'")
    elif destination.subset and destination.subset not in known:
        message = f"service '{destination.service}' has no subset '{destination.subset}'"
        yield Flaw(f"{where}.destination", message)


def _flaws_of_split(where: str, rule: SplitRule) -> Flaws:
    destinations = [share.destination for share in rule.shares]
    for number, share in enumerate(rule.shares):
        if not 0 <= share.percent <= PERCENT:
            yield Flaw(f"{where}.shares[{number}].percent", f"{share.percent} is not in [0, 100]")
        if share.destination in destinations[:number]:
            yield Flaw(f"{where}.shares[{number}].destination", "has a share already")
    total = sum(share.percent for share in rule.shares)
    if total != PERCENT:
        yield Flaw(f"{where}.shares", f"sum to {total} percent and not to {PERCENT}")


def _flaws_of_percent(where: str, percent: float) -> Flaws:
    if not 0.0 <= percent <= PERCENT:
        yield Flaw(where, f"{percent} is not in [0, 100]")
    elif millionths(percent) / MILLIONTHS_OF_PERCENT != percent:
        yield Flaw(where, f"{percent} is finer than a ten-thousandth of a percent")


def _tried(where: str, build: Callable[[], object]) -> Flaws:
    try:
        build()
    except ConfigError as error:
        yield Flaw(where, str(error))
