"""`foreshock replay`: run a kept run again from its own inputs and compare byte for byte."""

from pathlib import Path

import click

from scenarios.cli.exits import Exit


@click.command("replay")
@click.argument("run_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--plugin", "plugins", multiple=True, metavar="MODULE", help="Import a plug-in.")
def command(run_dir: Path, plugins: tuple[str, ...]) -> int:
    """Run RUN_DIR again; exit 0 if the digests are equal, 1 if not, whatever the verdict.

    The kept tables are compared, not only the digest written beside them.
    """
    from scenarios.cli.progress import ProgressLine
    from scenarios.load import load_kept
    from scenarios.plugins import load_extensions
    from scenarios.runs.compare import first_difference
    from scenarios.runs.directory import load as load_run
    from scenarios.runs.execute import RunOptions, execute

    kept = load_run(run_dir, check_digest=False)
    loaded = load_kept(run_dir, kept.overrides)
    line = ProgressLine(loaded.blueprint.phases.end_ns)
    options = RunOptions(
        seed=kept.manifest.seed,
        shuffle_ties=kept.manifest.shuffle_ties,
        progress=line,
        extensions=load_extensions(plugins, loaded.blueprint),
        plugins=plugins,
    )
    try:
        again = execute(loaded, options)
    finally:
        line.close()
    click.echo(f"kept     {kept.digest}")
    click.echo(f"again    {again.digest}")
    difference = first_difference(kept, again)
    if not difference:
        click.echo("equal    the run repeats byte for byte")
        return Exit.OK
    click.echo(f"differ   {difference}")
    if kept.stop_reason or again.stop_reason:
        click.echo(f"stopped  {kept.stop_reason or 'not'}; again: {again.stop_reason or 'not'}")
    return Exit.EXPECTATION_FAILED
