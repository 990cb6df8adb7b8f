"""What every run ends with: the kept directory, the verdict, and the line that repeats it."""

import shlex
from pathlib import Path

import click

from models.records.record import RunRecord, Verdict
from reports.text import counts_line, verdict_table
from scenarios.load import LoadedScenario
from scenarios.runs.directory import save

REPORT_NAME = "report.html"
_COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.STOPPED: "yellow"}


def keep(record: RunRecord, loaded: LoadedScenario, out: Path, *, with_report: bool) -> Path:
    """Save the run under ``out`` as NAME-DIGEST, with its report, and return the directory."""
    directory = out / f"{record.manifest.scenario}-{record.digest[:12]}"
    save(record, directory, loaded.files)
    if with_report:
        write_report(record, directory)
    return directory


def write_report(record: RunRecord, directory: Path) -> Path:
    """Write ``report.html`` and the key figures into the run's directory."""
    from reports.figures.files import write_figures
    from reports.page import render

    path = directory / REPORT_NAME
    path.write_text(render(record), encoding="utf-8")
    write_figures(record, directory / "figures")
    return path


def print_end(record: RunRecord, run_dir: Path) -> None:
    """Print verdict, figures, and how to see and repeat the run."""
    manifest = record.manifest
    click.echo(f"{manifest.scenario}: {manifest.question}")
    click.echo()
    if record.expectations:
        click.echo(verdict_table(record))
        click.echo()
    click.echo(counts_line(record))
    click.secho(f"verdict  {record.verdict.value}", fg=_COLOURS[record.verdict], bold=True)
    if record.stop_reason:
        click.echo(f"stopped  {record.stop_reason}")
    click.echo(f"seed     {manifest.seed}")
    click.echo(f"digest   {record.digest}")
    report = run_dir / REPORT_NAME
    if report.exists():
        click.echo(f"report   {report}")
    click.echo(f"again    {record.replay}")
    click.echo(f"replay   {shlex.join(['foreshock', 'replay', str(run_dir)])}")
