"""The last state of a run in the Prometheus text format: one value of each series that lives.

Instants are left out, as from a page that is being scraped: this is what each target showed last.

Source: Prometheus exposition formats, text version 0.0.4.
"""

from collections.abc import Iterable, Iterator
from math import inf

from reports.exposition.families import Family, Kind, Line
from reports.exposition.text import escaped, sample_text


def prometheus_text(families: Iterable[Family]) -> str:
    """Everything that was live at the end of the run."""
    return "".join(f"{line}\n" for family in families for line in _family(family))


def _family(family: Family) -> Iterator[str]:
    live = [line for line in family.lines if line.is_live]
    if not live:
        return
    yield f"# HELP {family.name} {escaped(family.help, quotes=False)}"
    yield f"# TYPE {family.name} {family.kind.value}"
    for line in sorted(live, key=part_order) if family.kind is Kind.HISTOGRAM else live:
        yield sample_text(line.name, line.labels, line.values[-1])


def part_order(line: Line) -> tuple[tuple[tuple[str, str], ...], int, float]:
    """The parts of one histogram together: buckets by their bounds, then sum and count."""
    labels = tuple(pair for pair in line.labels if pair[0] != "le")
    if line.name.endswith("_bucket"):
        return labels, 0, float(line.label("le") or inf)
    return labels, 1 if line.name.endswith("_sum") else 2, 0.0
