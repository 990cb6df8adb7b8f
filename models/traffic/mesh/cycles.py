"""Requests that would be sent round and round: services that route to each other.

A request that is sent on to another service follows that service's routes in turn, unless it was
sent to a subset, so on every edge the routes must lead somewhere.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from models.traffic.mesh.policy import MeshConfig
from models.traffic.mesh.resolver import EdgePolicy, Resolver

ANY_CALLER = ""


def route_cycles(config: MeshConfig) -> Iterator[str]:
    """Describe one cycle for each caller that would meet one, in words.

    Callers without policies of their own see the same routes; they are told of once, as any.
    Shares of zero percent count: they are meant to grow.
    """
    resolver = Resolver(config)
    own = {policy.scope.caller: None for policy in config.policies if policy.scope.caller}
    for caller in (ANY_CALLER, *own):
        cycle = _cycle_of(resolver, caller)
        if cycle:
            who = f"'{caller}'" if caller else "any caller"
            yield f"requests of {who} are sent in a circle: {' -> '.join(cycle)}"
            if not caller:
                return


def _cycle_of(resolver: Resolver, caller: str) -> list[str]:
    graph = TopologicalSorter(
        {edge.callee: _sent_on_to(edge) for edge in resolver.edges_of(caller)}
    )
    try:
        graph.prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def _sent_on_to(edge: EdgePolicy) -> list[str]:
    """Whole services other than the one addressed, in the order of the rules."""
    destinations = [route.destination for route in edge.header_routes]
    if edge.split is not None:
        destinations += [share.destination for share in edge.split.shares]
    return [
        place.service for place in destinations if place.service != edge.callee and not place.subset
    ]
