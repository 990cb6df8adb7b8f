"""`foreshock anomalies`: what a detector would have said about recorded series."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from models.alerting.anomaly.config import AnomalyConfig
    from models.alerting.anomaly.score import Scored

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("anomalies")
@click.argument("series", nargs=-1, required=True, type=_FILE)
@click.option("--labels", type=_FILE, help="JSON: file name -> list of [begin, end] marked wrong.")
@click.option(
    "--method",
    type=click.Choice(["seasonal", "ewma"]),
    default="seasonal",
    show_default=True,
    help="Compare with the same time of earlier periods, or with a forgetting average.",
)
@click.option(
    "--period", default="1d", show_default=True, help="Period (seasonal) or half-life (ewma)."
)
@click.option(
    "--sensitivity",
    type=click.Choice(["low", "medium", "high"]),
    default="medium",
    show_default=True,
)
@click.option("--in-a-row", type=click.IntRange(1), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    series: tuple[Path, ...],
    labels: Path | None,
    method: str,
    period: str,
    sensitivity: str,
    in_a_row: int,
    *,
    as_json: bool,
) -> int:
    """Run an anomaly detector over recorded SERIES (CSV: time,value) and count its alarms.

    With --labels, alarms outside every marked window are false and windows without an alarm are
    missed. Without labels every alarm counts as false.
    """
    from models.alerting.anomaly.score import score
    from scenarios.anomalies import read_marks, read_series

    config = _config(method, period, sensitivity, in_a_row)
    marks = {} if labels is None else read_marks(labels)
    scored = [score(config, read_series(path), marks.get(path.name, ())) for path in series]
    names = [path.name for path in series]
    click.echo(_document(names, scored) if as_json else _table(names, scored))
    return 0


def _config(method: str, period: str, sensitivity: str, in_a_row: int) -> "AnomalyConfig":
    from models.alerting.anomaly.config import (
        AnomalyConfig,
        EwmaConfig,
        SeasonalConfig,
        Sensitivity,
    )
    from models.base.time import parse_duration

    length_ns = parse_duration(period)
    return AnomalyConfig(
        SeasonalConfig(period_ns=length_ns) if method == "seasonal" else EwmaConfig(length_ns),
        Sensitivity[sensitivity.upper()],
        in_a_row=in_a_row,
    )


def _document(names: Sequence[str], scored: Sequence["Scored"]) -> str:
    rows = [
        {
            "series": name,
            "samples": row.samples,
            "windows": row.windows,
            "detected": row.detected,
            "false_alarms": row.false_alarms,
            "false_alarms_per_day": row.false_alarms_per_day,
        }
        for name, row in zip(names, scored, strict=True)
    ]
    return json.dumps({"series": rows}, indent=2)


def _table(names: Sequence[str], scored: Sequence["Scored"]) -> str:
    from models.alerting.anomaly.score import total

    labelled = [*names, "all"]
    width = max(map(len, labelled))
    lines = [f"{'series':{width}}  samples  detected  false alarms  per day"]
    for name, row in zip(labelled, [*scored, total(scored)], strict=True):
        found = f"{row.detected} of {row.windows}"
        lines.append(
            f"{name:{width}}  {row.samples:7,}  {found:>8}  {row.false_alarms:12,}"
            f"  {row.false_alarms_per_day:7.3f}"
        )
    return "\n".join(lines)
