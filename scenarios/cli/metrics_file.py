"""`foreshock run --metrics FILE`: the run's metrics for other tools."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from models.records.record import RunRecord
    from scenarios.load import LoadedScenario

_PROMETHEUS = ".prom"
_OPENMETRICS = (".om", ".openmetrics")


def check_metrics_path(path: Path | None) -> None:
    """Refuse a file whose format nobody could tell, before the run and not after it.

    Raises:
        click.BadParameter: there is no such directory, or the name ends in neither form.
    """
    if path is None:
        return
    if not path.parent.is_dir():
        raise click.BadParameter(f"there is no directory {path.parent}", param_hint="--metrics")
    if path.suffix not in (_PROMETHEUS, *_OPENMETRICS):
        raise click.BadParameter(
            "the name must end in .om (OpenMetrics, every sample) or .prom (Prometheus text, the"
            " last ones)",
            param_hint="--metrics",
        )


def write_metrics(record: "RunRecord", loaded: "LoadedScenario", path: Path) -> None:
    """Write the file.

    Raises:
        OSError: the disk refuses.
    """
    from reports.exposition.families import families
    from reports.exposition.openmetrics import openmetrics_text
    from reports.exposition.prometheus import prometheus_text

    monitoring = loaded.blueprint.monitoring
    found = families(record, () if monitoring is None else monitoring.presentations)
    if path.suffix == _PROMETHEUS:
        text = prometheus_text(found)
    else:
        text = openmetrics_text(found, record.manifest.wall_start_ns)
    path.write_text(text, encoding="utf-8", newline="\n")
