"""The services as a drawing: callers left, callees right, lines for calls.

Layers come from the longest path of calls, lines that would go backwards are set aside, and
two barycentre sweeps put callees near their callers. The same input gives the same picture.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from models.records.manifest import Manifest
from models.records.record import RunRecord
from reports.tables.edges import EdgeRow, edge_rows

BOX_WIDTH, BOX_HEIGHT = 148, 50
GAP_X, GAP_Y, MARGIN = 148, 18, 8
_BEND = 38
_LABELS_PER_BOX = 3
_SWEEPS = 4
_NOTICEABLE_RATIO, _SERIOUS_RATIO = 0.001, 0.01


@dataclass(frozen=True, slots=True)
class Box:
    """A service or load source; ``zones`` pairs each zone with its number of instances."""

    name: str
    is_source: bool
    zones: tuple[tuple[str, int], ...]
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """Calls from one box to another as a curve; ``severity`` is calm, noticeable or serious."""

    row: EdgeRow
    path: str
    label_x: float
    label_y: float
    has_label: bool
    width: float
    severity: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and lines on a canvas of the given size (CSS pixels)."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def topology(record: RunRecord) -> Drawing:
    """Lay out the services of a run. Empty when the run has none."""
    manifest = record.manifest
    rows = edge_rows(record)
    names = _names(manifest)
    layers = layered(names, [(row.caller, row.callee) for row in rows])
    tallest = max((len(layer) for layer in layers), default=0)
    height = 2 * MARGIN + tallest * (BOX_HEIGHT + GAP_Y) - GAP_Y
    place: dict[str, tuple[float, float]] = {}
    for column, layer in enumerate(layers):
        top = (height - len(layer) * (BOX_HEIGHT + GAP_Y) + GAP_Y) / 2
        for position, name in enumerate(layer):
            x = MARGIN + column * (BOX_WIDTH + GAP_X)
            place[name] = (x, top + position * (BOX_HEIGHT + GAP_Y))
    zones = _zones(manifest)
    sources = set(manifest.sources)
    return Drawing(
        width=2 * MARGIN + max(1, len(layers)) * (BOX_WIDTH + GAP_X) - GAP_X,
        height=max(height, BOX_HEIGHT),
        boxes=tuple(Box(n, n in sources, zones.get(n, ()), *place[n]) for n in names),
        lines=tuple(_lines(rows, place)),
    )


def layered(names: Sequence[str], calls: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Columns of names so that calls go from left to right, except those that close a cycle."""
    forward = _acyclic(names, calls)
    depth = dict.fromkeys(names, 0)
    for name in callers_first(forward):
        for callee in forward[name]:
            depth[callee] = max(depth[callee], depth[name] + 1)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in names:
        layers[depth[name]].append(name)
    backward: dict[str, list[str]] = defaultdict(list)
    for caller, callees in forward.items():
        for callee in callees:
            backward[callee].append(caller)
    for sweep in range(_SWEEPS):
        goes_right = sweep % 2 == 0
        for index in range(1, len(layers)) if goes_right else range(len(layers) - 2, -1, -1):
            _sort(layers, index, backward if goes_right else forward)
    return layers


def callers_first(forward: Mapping[str, Sequence[str]]) -> list[str]:
    """Names in an order in which every caller stands before its callees (no cycles allowed)."""
    return list(TopologicalSorter(forward).static_order())[::-1]


def _sort(layers: list[list[str]], index: int, neighbours: Mapping[str, list[str]]) -> None:
    rank = {
        name: (position + 0.5) / len(layer)
        for layer in layers
        for position, name in enumerate(layer)
    }

    def barycentre(name: str) -> float:
        near = neighbours.get(name, [])
        return sum(rank[other] for other in near) / len(near) if near else rank[name]

    layers[index].sort(key=barycentre)


def _acyclic(names: Sequence[str], calls: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
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
            if callee == name or any(callee == above for above, _ in path):
                continue
            forward[name].append(callee)
            if callee not in finished:
                path.append((callee, 0))
    return forward


def _names(manifest: Manifest) -> tuple[str, ...]:
    edges = [name for edge in manifest.edges for name in (edge.caller, edge.callee)]
    services = [service.name for service in manifest.services]
    return tuple(dict.fromkeys((*manifest.sources, *services, *edges)))


def _zones(manifest: Manifest) -> dict[str, tuple[tuple[str, int], ...]]:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for instance in manifest.instances:
        if not instance.is_client:
            zones = counts[instance.service]
            zones[instance.zone] = zones.get(instance.zone, 0) + 1
    return {name: tuple(sorted(zones.items())) for name, zones in counts.items()}


def _lines(rows: Sequence[EdgeRow], place: Mapping[str, tuple[float, float]]) -> Iterator[Line]:
    busiest = max((row.attempts for row in rows), default=0)
    arriving: dict[str, list[EdgeRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: place[row.caller][1]):
        arriving[row.callee].append(row)
    for row in rows:
        beside = arriving[row.callee]
        port = (beside.index(row) + 1) / (len(beside) + 1)
        yield _line(row, place, port, busiest, has_label=len(beside) <= _LABELS_PER_BOX)


def _line(
    row: EdgeRow,
    place: Mapping[str, tuple[float, float]],
    port: float,
    busiest: int,
    *,
    has_label: bool,
) -> Line:
    (from_x, from_y), (to_x, to_y) = place[row.caller], place[row.callee]
    start_x, start_y = from_x + BOX_WIDTH, from_y + BOX_HEIGHT / 2
    end_x, end_y = to_x - 6, to_y + BOX_HEIGHT * port
    path = (
        f"M{start_x:.0f} {start_y:.0f}C{start_x + _BEND:.0f} {start_y:.0f} "
        f"{start_x + _BEND / 4:.0f} {end_y:.0f} {start_x + _BEND * 1.3:.0f} {end_y:.0f}"
        f"L{end_x:.0f} {end_y:.0f}"
    )
    share = row.attempts / busiest if busiest else 0.0
    return Line(
        row=row,
        path=path,
        label_x=end_x - 3,
        label_y=end_y - 4,
        has_label=has_label,
        width=round(1.2 + 2.8 * share**0.5, 2),
        severity=_severity(row.error_ratio),
    )


def _severity(ratio: float | None) -> str:
    if ratio is None or ratio < _NOTICEABLE_RATIO:
        return "calm"
    return "noticeable" if ratio < _SERIOUS_RATIO else "serious"
