"""The calls between endpoints: no cycles, and trees of bounded size."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from models.service.spec import ServiceSpec
from scenarios.compile.findings import Findings
from scenarios.source.marks import KeyPath

CALL_TREE_NODES_MAX = 2000
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


def check_call_graph(calls: Mapping[Target, tuple[Target, ...]], findings: Findings) -> None:
    """Name a cycle at the call that closes it, or every endpoint whose tree is too large."""
    try:
        order = tuple(TopologicalSorter(calls).static_order())
    except CycleError as error:
        _report_cycle(list(error.args[1]), findings)
        return
    sizes: dict[Target, int] = {}
    for target in order:
        below = calls[target]
        sizes[target] = reduce(lambda total, call: total + sizes[call], below, 1)
        if sizes[target] > CALL_TREE_NODES_MAX >= max((sizes[call] for call in below), default=0):
            findings.at_key(
                _path(target),
                f"one request makes {sizes[target]:,} calls; the limit is {CALL_TREE_NODES_MAX:,}",
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


def reachable(
    calls: Mapping[Target, tuple[Target, ...]], entries: Sequence[Target]
) -> Iterator[Target]:
    """Every endpoint that a request to one of ``entries`` may touch, each once."""
    seen: set[Target] = set()
    waiting = list(entries)
    while waiting:
        target = waiting.pop()
        if target in seen:
            continue
        seen.add(target)
        yield target
        waiting.extend(calls[target])
