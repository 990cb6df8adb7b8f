"""Columns for a graph of calls, so that few lines cross and none runs under a box.

Layers come from the longest path of calls; calls that close a circle are set aside for the
layering. A call that skips a column gets a stop there, a place of its own between the boxes.
Barycentre sweeps then put callees near their callers. The same input gives the same columns.

Source: the layered method of Sugiyama, Tagawa and Toda (1981), without its fine placement.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise

Call = tuple[str, str]
_SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the line of a call crosses a column that it skips."""

    call: Call
    column: int


Place = str | Stop


def columns_of(names: Sequence[str], calls: Sequence[Call]) -> list[list[Place]]:
    """Places in each column from left to right, in each from top to bottom.

    Every name stands in exactly one column; calls go to the right, except those that close a
    circle. Both ends of every call must be among the names.
    """
    forward = without_circles(names, calls)
    column = _longest_paths(names, forward)
    columns: list[list[Place]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for name in names:
        columns[column[name]].append(name)
    after: dict[Place, list[Place]] = defaultdict(list)
    before: dict[Place, list[Place]] = defaultdict(list)
    for caller, callees in forward.items():
        for callee in callees:
            stops = [Stop((caller, callee), k) for k in range(column[caller] + 1, column[callee])]
            for stop in stops:
                columns[stop.column].append(stop)
            chain: list[Place] = [caller, *stops, callee]
            for left, right in pairwise(chain):
                after[left].append(right)
                before[right].append(left)
    for sweep in range(_SWEEPS):
        if sweep % 2 == 0:
            for index in range(1, len(columns)):
                _sort(columns, index, before)
        else:
            for index in range(len(columns) - 2, -1, -1):
                _sort(columns, index, after)
    return columns


def without_circles(names: Sequence[str], calls: Iterable[Call]) -> dict[str, list[str]]:
    """Callees of each name, without the calls that lead back to a caller (depth first)."""
    callees: dict[str, list[str]] = {name: [] for name in names}
    for caller, callee in calls:
        if callee not in callees[caller]:
            callees[caller].append(callee)
    finished: set[str] = set()
    forward: dict[str, list[str]] = {name: [] for name in names}
    for root in names:
        path: list[tuple[str, int]] = [(root, 0)] if root not in finished else []
        while path:
            name, step = path.pop()
            if step == len(callees[name]):
                finished.add(name)
                continue
            path.append((name, step + 1))
            callee = callees[name][step]
            if any(callee == above for above, _ in path):
                continue
            forward[name].append(callee)
            if callee not in finished:
                path.append((callee, 0))
    return forward


def _longest_paths(names: Sequence[str], forward: Mapping[str, Sequence[str]]) -> dict[str, int]:
    column = dict.fromkeys(names, 0)
    callees_first = TopologicalSorter(forward).static_order()
    for name in reversed(list(callees_first)):
        for callee in forward[name]:
            column[callee] = max(column[callee], column[name] + 1)
    return column


def _sort(
    columns: list[list[Place]], index: int, neighbours: Mapping[Place, Sequence[Place]]
) -> None:
    rank = {
        place: (position + 0.5) / len(column)
        for column in columns
        for position, place in enumerate(column)
    }

    def barycentre(place: Place) -> float:
        near = neighbours.get(place, ())
        return sum(rank[other] for other in near) / len(near) if near else rank[place]

    columns[index].sort(key=barycentre)
