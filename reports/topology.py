"""The services as a drawing: callers left, callees right, lines for calls.

:mod:`reports.layers` says what stands where; here it becomes pixels, widths and severities.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.records.manifest import Manifest
from models.records.record import RunRecord
from reports.layers import Place, Stop, columns_of
from reports.quantities import MISSING, significant
from reports.tables.edges import EdgeRow, edge_rows

BOX_WIDTH, BOX_HEIGHT = 166, 48
GAP_X, GAP_Y, MARGIN = 104, 16, 8
_STOP_HEIGHT = 14
_BEND = 28
_LABELS_PER_BOX = 2
_NOTICEABLE_RATIO, _SERIOUS_RATIO = 0.001, 0.01

Point = tuple[float, float]


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
    """Calls from one box to another as a curve; ``severity`` is calm, noticeable or serious.

    ``label`` is empty where too many lines end in one box to write beside each.
    """

    row: EdgeRow
    path: str
    label: str
    label_x: float
    label_y: float
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
    columns = columns_of(names, [(row.caller, row.callee) for row in rows])
    height = 2 * MARGIN + max((_height(column) for column in columns), default=BOX_HEIGHT)
    at: dict[Place, Point] = {}
    for index, column in enumerate(columns):
        y = (height - _height(column)) / 2
        for place in column:
            at[place] = (MARGIN + index * (BOX_WIDTH + GAP_X), y)
            y += _extent(place) + GAP_Y
    zones, sources = _zones(manifest), set(manifest.sources)
    return Drawing(
        width=2 * MARGIN + max(1, len(columns)) * (BOX_WIDTH + GAP_X) - GAP_X,
        height=height,
        boxes=tuple(Box(n, n in sources, zones.get(n, ()), *at[n]) for n in names),
        lines=tuple(_lines(rows, at)),
    )


def _extent(place: Place) -> int:
    return _STOP_HEIGHT if isinstance(place, Stop) else BOX_HEIGHT


def _height(column: Sequence[Place]) -> int:
    return sum(_extent(place) + GAP_Y for place in column) - GAP_Y


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


def _lines(rows: Sequence[EdgeRow], at: Mapping[Place, Point]) -> Iterator[Line]:
    busiest = max((row.attempts for row in rows), default=0)
    stops: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for place, point in sorted(at.items(), key=lambda item: item[1]):
        if isinstance(place, Stop):
            stops[place.call].append(point)
    arriving: dict[str, list[EdgeRow]] = defaultdict(list)
    for row in rows:
        arriving[row.callee].append(row)
    for beside in arriving.values():
        beside.sort(key=lambda row: [at[row.caller], *stops[row.caller, row.callee]][-1][1])
    for row in rows:
        beside = arriving[row.callee]
        port = (beside.index(row) + 1) / (len(beside) + 1)
        start = (at[row.caller][0] + BOX_WIDTH, at[row.caller][1] + BOX_HEIGHT / 2)
        end = (at[row.callee][0] - 6, at[row.callee][1] + BOX_HEIGHT * port)
        share = row.attempts / busiest if busiest else 0.0
        yield Line(
            row=row,
            path=_path(start, stops[row.caller, row.callee], end),
            label=_label(row) if len(beside) <= _LABELS_PER_BOX else "",
            label_x=end[0] - 3,
            label_y=end[1] - 4,
            width=round(1.2 + 2.8 * share**0.5, 2),
            severity=_severity(row.error_ratio),
        )


def _path(start: Point, stops: Sequence[Point], end: Point) -> str:
    """A line that changes its height only between columns and crosses columns level."""
    x, y = start
    parts = [f"M{x:.0f} {y:.0f}"]
    for stop_x, stop_y in [*stops, end]:
        level = stop_y if (stop_x, stop_y) == end else stop_y + _STOP_HEIGHT / 2
        parts.append(
            f"C{x + _BEND:.0f} {y:.0f} {x + _BEND / 4:.0f} {level:.0f} "
            f"{x + _BEND * 1.3:.0f} {level:.0f}"
        )
        x, y = (end[0] if (stop_x, stop_y) == end else stop_x + BOX_WIDTH), level
        parts.append(f"L{x:.0f} {y:.0f}")
    return "".join(parts)


def _label(row: EdgeRow) -> str:
    calls = row.attempts
    count = f"{significant(calls / 1000, 2)}k" if calls >= 1000 else str(calls)
    errors = MISSING if row.error_ratio is None else f"{significant(row.error_ratio * 100, 2)} %"
    return f"{count} · {errors}"


def _severity(ratio: float | None) -> str:
    if ratio is None or ratio < _NOTICEABLE_RATIO:
        return "calm"
    return "noticeable" if ratio < _SERIOUS_RATIO else "serious"
