"""`foreshock run`: run a scenario, keep the run, judge it, write its report."""

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from models.records.record import RunRecord
    from scenarios.load import LoadedScenario


@click.command("run")
@click.argument("scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Use this seed, not the file's.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Replace a value.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("runs"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, nothing else.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML.")
@click.option(
    "--metrics",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the metrics: all of them to FILE.om (OpenMetrics), the last to FILE.prom.",
)
@click.option("--live", is_flag=True, help="Show the dashboards on stderr as time passes.")
@click.option(
    "--live-page",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep the dashboards in FILE, a page that loads itself anew.",
)
@click.option("--report/--no-report", default=True, show_default=True, help="Write the report.")
@click.option("--shuffle-ties", is_flag=True, help="Permute events of one instant by the seed.")
@click.option("--plugin", "plugins", multiple=True, metavar="MODULE", help="Import a plug-in.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@click.option("--reps", type=click.IntRange(1, 100_000), help="Run under so many seeds; see below.")
@click.option("--jobs", type=click.IntRange(1, 1024), default=1, help="Processes for --reps.")
@click.option("--rep", type=click.IntRange(1, 100_000), help="Run only this one of the --reps.")
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - the options of the command line
    context: click.Context,
    scenario: Path,
    seed: int | None,
    overrides: tuple[str, ...],
    out: Path,
    as_json: bool,
    junit: Path | None,
    metrics: Path | None,
    live: bool,
    live_page: Path | None,
    report: bool,
    shuffle_ties: bool,
    plugins: tuple[str, ...],
    quiet: bool,
    reps: int | None,
    jobs: int,
    rep: int | None,
) -> int:
    """Run SCENARIO in virtual time and judge its expectations.

    The run is kept in a directory under --out, with its report. With --reps, no run is kept: what
    is printed is how often each expectation holds, and the key numbers with their intervals. The
    seeds come from --seed; --rep K makes number K again, kept as any single run.
    """
    from scenarios.cli.metrics_file import check_metrics_path, write_metrics
    from scenarios.cli.onlookers import looking_on
    from scenarios.cli.progress import ProgressLine
    from scenarios.cli.progress import quiet as no_progress
    from scenarios.load import load
    from scenarios.plugins import load_extensions
    from scenarios.runs.execute import RunOptions, execute

    _refuse_contradictions(context)
    _check_junit_path(junit)
    check_metrics_path(metrics)
    loaded = load(scenario, overrides)
    extensions = load_extensions(plugins, loaded.blueprint)
    line = ProgressLine(loaded.blueprint.phases.end_ns)
    is_silent = quiet or (as_json and not sys.stderr.isatty())
    if reps is not None:
        from scenarios.cli.replications import run_replications
        from scenarios.runs.replications import ReplicationPlan

        plan = ReplicationPlan(loaded, _root(loaded, seed), reps, shuffle_ties, plugins)
        return run_replications(plan, jobs=jobs, as_json=as_json, is_silent=is_silent)
    with closing(line), looking_on(loaded, on_stderr=live, page=live_page) as looks_on:
        options = RunOptions(
            seed=seed if rep is None else _derived(_root(loaded, seed), rep),
            shuffle_ties=shuffle_ties,
            progress=no_progress if is_silent or live else line,
            extensions=extensions,
            plugins=plugins,
            live=looks_on,
        )
        record = execute(loaded, options)
    if metrics is not None:
        write_metrics(record, loaded, metrics)
    return _end(record, loaded, out, report=report, junit=junit, as_json=as_json, plugins=plugins)


def _check_junit_path(path: Path | None) -> None:
    """Refuse a file that could not be written, before the run and not after it.

    Raises:
        click.BadParameter: there is no such directory.
    """
    if path is not None and not path.parent.is_dir():
        raise click.BadParameter(f"there is no directory {path.parent}", param_hint="--junit")


def _end(
    record: "RunRecord",
    loaded: "LoadedScenario",
    out: Path,
    *,
    report: bool,
    junit: Path | None,
    as_json: bool,
    plugins: tuple[str, ...],
) -> int:
    """Keep the run and print how it ended."""
    from scenarios.cli.document import run_document
    from scenarios.cli.outcome import EXIT_OF_VERDICT, keep, print_end

    run_dir = keep(record, loaded, out, with_report=report)
    if junit is not None:
        from reports.junit import junit_xml

        junit.write_text(junit_xml(record), encoding="utf-8")
    if as_json:
        click.echo(run_document(record, run_dir))
    else:
        print_end(record, run_dir, plugins=plugins)
    return EXIT_OF_VERDICT[record.verdict]


def _root(loaded: "LoadedScenario", seed: int | None) -> int:
    return loaded.seed if seed is None else seed


def _derived(root_seed: int, number: int) -> int:
    from scenarios.runs.replications import replication_seed

    return replication_seed(root_seed, number)


def _refuse_contradictions(context: click.Context) -> None:
    """Options that say nothing together are refused, not ignored.

    Raises:
        click.UsageError: such a pair was given.
    """
    given = {
        name
        for name in context.params
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    if "reps" in given:
        for name in ("rep", "junit", "metrics", "live", "live_page", "out"):
            if name in given:
                option = name.replace("_", "-")
                raise click.UsageError(f"--{option} is for a single run, not for --reps")
    elif "jobs" in given:
        raise click.UsageError("--jobs is for --reps; a single run is one process")
