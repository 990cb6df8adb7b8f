"""A whole run as OpenMetrics: every sample with its civil instant.

`promtool tsdb create-blocks-from openmetrics` makes a database of it that Prometheus serves. A
counter whose name does not end in ``_total`` cannot be one here and is of unknown type. All points
of one metric stand together; those of a histogram instant by instant.

A series that vanished ends with its last sample: the format has no staleness marker, and a NaN in
its place would be read as a value. Whoever asks the database sees the series for one lookback more.

Source: OpenMetrics 1.0.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from models.base.time import NS_PER_S, TimeNs
from reports.exposition.families import Family, Kind, Line
from reports.exposition.prometheus import part_order
from reports.exposition.text import escaped, sample_text

_TOTAL = "_total"


def openmetrics_text(families: Iterable[Family], wall_start_ns: TimeNs) -> str:
    """All samples of all families. ``wall_start_ns`` is the civil instant of virtual time 0."""
    lines = [line for family in families for line in _family(family, wall_start_ns)]
    return "".join(f"{line}\n" for line in (*lines, "# EOF"))


def instant_text(time_ns: TimeNs) -> str:
    """Seconds since the epoch with as many decimals as there are, at most nine."""
    whole, rest = divmod(time_ns, NS_PER_S)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")


def _family(family: Family, wall_start_ns: TimeNs) -> Iterator[str]:
    name, kind = family.name, family.kind.value
    if family.kind is Kind.COUNTER:
        name = name.removesuffix(_TOTAL)
        kind = kind if name != family.name else "unknown"
    yield f"# TYPE {name} {kind}"
    yield f"# HELP {name} {escaped(family.help)}"
    if family.kind is Kind.HISTOGRAM:
        points = _histogram_points(family.lines)
    else:
        points = (
            (line, time_ns, value)
            for line in family.lines
            for time_ns, value in zip(line.times_ns, line.values, strict=True)
        )
    for line, time_ns, value in points:
        instant = instant_text(wall_start_ns + time_ns)
        yield f"{sample_text(line.name, line.labels, value)} {instant}"


def _histogram_points(lines: Iterable[Line]) -> Iterator[tuple[Line, TimeNs, float]]:
    ordered = sorted(lines, key=part_order)
    for _, parts in groupby(ordered, key=lambda line: part_order(line)[0]):
        by_instant: dict[TimeNs, list[tuple[Line, float]]] = {}
        for line in parts:
            for time_ns, value in zip(line.times_ns, line.values, strict=True):
                by_instant.setdefault(time_ns, []).append((line, value))
        for time_ns in sorted(by_instant):
            for line, value in by_instant[time_ns]:
                yield line, time_ns, value
