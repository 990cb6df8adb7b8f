"""`foreshock run`: run a scenario, keep the run, judge it, write its report."""

import sys
from pathlib import Path

import click


@click.command("run")
@click.argument("scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Use this seed, not the file's.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Replace a value.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("runs"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, nothing else.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML.")
@click.option("--report/--no-report", default=True, show_default=True, help="Write the report.")
@click.option("--shuffle-ties", is_flag=True, help="Permute events of one instant by the seed.")
@click.option("--plugin", "plugins", multiple=True, metavar="MODULE", help="Import a plug-in.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(  # noqa: PLR0913, PLR0917 - the options of the command line
    scenario: Path,
    seed: int | None,
    overrides: tuple[str, ...],
    out: Path,
    as_json: bool,
    junit: Path | None,
    report: bool,
    shuffle_ties: bool,
    plugins: tuple[str, ...],
    quiet: bool,
) -> int:
    """Run SCENARIO in virtual time and judge its expectations.

    The run is kept in a directory under --out, with its report.
    """
    from scenarios.cli.document import run_document
    from scenarios.cli.outcome import EXIT_OF_VERDICT, keep, print_end
    from scenarios.cli.progress import ProgressLine
    from scenarios.cli.progress import quiet as no_progress
    from scenarios.load import load
    from scenarios.plugins import load_extensions
    from scenarios.runs.execute import RunOptions, execute

    if junit is not None and not junit.parent.is_dir():
        raise click.BadParameter(f"there is no directory {junit.parent}", param_hint="--junit")
    loaded = load(scenario, overrides)
    extensions = load_extensions(plugins, loaded.blueprint)
    line = ProgressLine(loaded.blueprint.phases.end_ns)
    is_silent = quiet or (as_json and not sys.stderr.isatty())
    options = RunOptions(
        seed=seed,
        shuffle_ties=shuffle_ties,
        progress=no_progress if is_silent else line,
        extensions=extensions,
        plugins=plugins,
    )
    try:
        record = execute(loaded, options)
    finally:
        line.close()
    run_dir = keep(record, loaded, out, with_report=report)
    if junit is not None:
        from reports.junit import junit_xml

        junit.write_text(junit_xml(record), encoding="utf-8")
    if as_json:
        click.echo(run_document(record, run_dir))
    else:
        print_end(record, run_dir, plugins=plugins)
    return EXIT_OF_VERDICT[record.verdict]
