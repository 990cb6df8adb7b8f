"""The calls between endpoints: no cycles, and trees of bounded size."""

from collections.abc import Mapping, Sequence
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from models.service.spec import ServiceSpec
from models.service.traffic import SourceSpec
from scenarios.compile.findings import Findings
from scenarios.source.marks import KeyPath

CALL_TREE_NODES_MAX = 2000
ALL_TREES_NODES_MAX = 10_000
_SHOWN_IN_CYCLE = 12

Target: TypeAlias = tuple[str, str]


def call_targets(services: Sequence[ServiceSpec]) -> dict[Target, tuple[Target, ...]]:
    """What each (service, endpoint) calls, with repetitions, in order."""
    return {
        (service.name, endpoint.name): tuple(
            (call.service, call.endpoint) for step in endpoint.steps for call in step
        )
        for service in services
        for endpoint in service.endpoints
    }


def check_call_graph(
    calls: Mapping[Target, tuple[Target, ...]], findings: Findings
) -> Mapping[Target, int]:
    """Name a cycle at its first endpoint, or every endpoint whose tree is too large.

    Returns how many calls one request to an endpoint makes, itself included; nothing if there
    is a cycle.
    """
    try:
        order = tuple(TopologicalSorter(calls).static_order())
    except CycleError as error:
        _report_cycle(list(error.args[1]), findings)
        return {}
    sizes: dict[Target, int] = {}
    for target in order:
        below = calls[target]
        sizes[target] = reduce(lambda total, call: total + sizes[call], below, 1)
        if sizes[target] > CALL_TREE_NODES_MAX >= max((sizes[call] for call in below), default=0):
            findings.at_key(
                _path(target),
                f"one request makes {sizes[target]:,} calls; the limit is {CALL_TREE_NODES_MAX:,}",
            )
    return sizes


def check_sources(
    sources: Sequence[SourceSpec], sizes: Mapping[Target, int], findings: Findings
) -> None:
    """All trees that load sources grow are laid out beforehand, so their sum is bounded."""
    total = sum(
        sizes.get((source.service, entry.endpoint), 0) for source in sources for entry in source.mix
    )
    if total > ALL_TREES_NODES_MAX:
        findings.at_key(
            ("traffic",),
            f"the endpoints in all mixes make {total:,} calls together;"
            f" the limit is {ALL_TREES_NODES_MAX:,}",
        )


def _report_cycle(cycle: list[Target], findings: Findings) -> None:
    """``cycle`` is callee first, as graphlib reports it, and closes with its first element."""
    walk = list(reversed(cycle))[:-1]
    first = min(
        range(len(walk)), key=lambda index: findings.located.key_mark(_path(walk[index])).sort_key
    )
    walk = [*walk[first:], *walk[:first]]
    names = [".".join(target) for target in (*walk, walk[0])]
    if len(names) > _SHOWN_IN_CYCLE:
        names = [*names[: _SHOWN_IN_CYCLE - 1], "...", names[-1]]
    findings.at_key((*_path(walk[0]), "calls"), f"calls go round in a circle: {' -> '.join(names)}")


def _path(target: Target) -> KeyPath:
    return ("services", target[0], "endpoints", target[1])
