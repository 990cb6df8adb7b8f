"""`foreshock report`: write the report of a kept run again."""

from pathlib import Path

import click


@click.command("report")
@click.argument("run_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(run_dir: Path) -> int:
    """Write RUN_DIR's report.html and figures anew from its record."""
    from scenarios.cli.outcome import write_report
    from scenarios.runs.directory import load

    click.echo(str(write_report(load(run_dir), run_dir)))
    return 0
