"""`foreshock demo`: the zone outage of the library, from nothing to a report."""

from pathlib import Path

import click


@click.command("demo")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("runs"))
def command(out: Path) -> int:
    """Run the demo scenario: an online shop loses a zone at peak."""
    from importlib.resources import files

    from scenarios.cli.outcome import EXIT_OF_VERDICT, keep, print_end
    from scenarios.cli.progress import ProgressLine
    from scenarios.load import load
    from scenarios.runs.execute import RunOptions, execute

    path = Path(str(files("scenarios"))) / "library" / "online-boutique" / "zone-outage.yaml"
    loaded = load(path)
    line = ProgressLine(loaded.blueprint.phases.end_ns)
    try:
        record = execute(loaded, RunOptions(progress=line))
    finally:
        line.close()
    print_end(record, keep(record, loaded, out, with_report=True))
    click.echo("next     open the report, then copy the scenario and change it to your platform")
    return EXIT_OF_VERDICT[record.verdict]
