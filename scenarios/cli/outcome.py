"""What every run ends with: the kept directory, the verdict, and the line that repeats it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from models.records.record import RunRecord, Verdict
from reports.text import counts_line, verdict_table
from scenarios.cli.exits import Exit
from scenarios.load import LoadedScenario
from scenarios.runs.directory import save

REPORT_NAME = "report.html"
EXIT_OF_VERDICT = {
    Verdict.PASSED: Exit.OK,
    Verdict.FAILED: Exit.EXPECTATION_FAILED,
    Verdict.STOPPED: Exit.STOPPED,
}
COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.STOPPED: "yellow"}


def keep(record: RunRecord, loaded: LoadedScenario, out: Path, *, with_report: bool) -> Path:
    """Save the run under ``out`` as NAME-DIGEST, with its report, and return the directory.

    Raises:
        OSError: the disk refuses. If only the report could not be written, the run is kept.
    """
    directory = out / f"{record.manifest.scenario}-{record.digest[:12]}"
    save(record, directory, loaded.files)
    if with_report:
        write_report(record, directory)
    return directory


def write_report(
    record: RunRecord, directory: Path, variables: Mapping[str, str] | None = None
) -> Path:
    """Write the key figures and then ``report.html`` into the run's directory.

    ``variables`` are those of dashboards that are not to stand at their defaults.

    Raises:
        OSError: the disk refuses; no half-written report is left.
    """
    from reports.figures.files import write_figures
    from reports.page import render

    write_figures(record, directory / "figures")
    path = directory / REPORT_NAME
    part = directory / f"{REPORT_NAME}.part"
    try:
        part.write_text(render(record, variables), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def print_end(record: RunRecord, run_dir: Path, *, plugins: Sequence[str] = ()) -> None:
    """Print verdict, figures, and how to see and repeat the run."""
    manifest = record.manifest
    asked = f": {manifest.question}" if manifest.question else ""
    click.echo(f"{manifest.scenario}{asked}\n")
    if record.expectations:
        click.echo(verdict_table(record))
        click.echo()
    click.echo(counts_line(record))
    click.secho(f"verdict  {record.verdict.value}", fg=COLOURS[record.verdict], bold=True)
    if record.stop_reason:
        click.echo(f"stopped  {record.stop_reason}")
    click.echo(f"seed     {manifest.seed}")
    click.echo(f"digest   {record.digest}")
    report = run_dir / REPORT_NAME
    if report.exists():
        click.echo(f"report   {report}")
    click.echo(f"again    {record.replay}")
    words = ["foreshock", "replay", str(run_dir)]
    for plugin in plugins:
        words += ["--plugin", plugin]
    click.echo(f"replay   {shlex.join(words)}")
