"""`foreshock dashboards`: the dashboards of a scenario as Grafana imports them."""

from pathlib import Path

import click


@click.command("dashboards")
@click.argument("scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where to write.",
)
def command(scenario: Path, out: Path) -> int:
    """Write each dashboard of SCENARIO as NAME.json for Grafana.

    A file that is written again replaces the one before it, and so does its import.
    """
    from reports.grafana import grafana_json
    from scenarios.load import load

    loaded = load(scenario)
    if not loaded.dashboards:
        click.echo("the scenario declares no dashboards", err=True)
    out.mkdir(parents=True, exist_ok=True)
    for dashboard in loaded.dashboards:
        path = out / f"{dashboard.name}.json"
        path.write_text(grafana_json(dashboard, loaded.blueprint.name), encoding="utf-8")
        click.echo(str(path))
    return 0
