"""`foreshock report`: write the report of a kept run again."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from models.records.record import RunRecord


@click.command("report")
@click.argument("run_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--var", "chosen", multiple=True, metavar="NAME=VALUE", help="Set a variable of dashboards."
)
def command(run_dir: Path, chosen: tuple[str, ...]) -> int:
    """Write RUN_DIR's report.html and figures anew from its record."""
    from scenarios.cli.outcome import write_report
    from scenarios.runs.directory import load

    record = load(run_dir)
    click.echo(str(write_report(record, run_dir, _values(chosen, record))))
    return 0


def _values(chosen: tuple[str, ...], record: "RunRecord") -> dict[str, str]:
    """The variables asked for.

    Raises:
        click.BadParameter: no dashboard has such a variable, or the variable no such value.
    """
    from models.planning.queries import store_of
    from models.planning.variables import resolved_boards

    values = {name: value for name, _, value in (text.partition("=") for text in chosen)}
    if not values:
        return values
    boards = resolved_boards(record, store_of(record), values)
    known = {one.name: one.values for board in boards for one in board.variables}
    for text in chosen:
        name, _, value = text.partition("=")
        if value not in known.get(name, ()):
            there = ", ".join(known.get(name, ())) or f"no variable {name}"
            raise click.BadParameter(f"{text}: there is {there}", param_hint="--var")
    return values
