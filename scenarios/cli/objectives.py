"""`foreshock objectives`: from objectives to the recording rules and burn-rate alerts for them."""

from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("objectives")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rule file there instead of printing it.",
)
@click.option(
    "--period-days",
    type=click.IntRange(1, 366),
    default=30,
    show_default=True,
    help="Period of the budget, for Sloth files, which do not say it.",
)
def command(files: tuple[Path, ...], out: Path | None, period_days: int) -> int:
    """Turn objectives in FILES (Sloth prometheus/v1, OpenSLO v1) into a Prometheus rule file."""
    from models.alerting.objectives.rules import rule_groups
    from scenarios.objectives.read import read_objectives
    from scenarios.objectives.write import rule_file_text

    found = [one for file in files for one in read_objectives(file, period_days=period_days)]
    text = rule_file_text([group for one in found for group in rule_groups(one)])
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        click.echo(f"{out}: rules of {len(found)} objectives", err=True)
    return 0
