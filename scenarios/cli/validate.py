"""`foreshock validate`: every error of a scenario file at once, and nothing is run."""

from pathlib import Path

import click


@click.command("validate")
@click.argument("scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Replace a value.")
@click.option("--plugin", "plugins", multiple=True, metavar="MODULE", help="Import a plug-in.")
def command(scenario: Path, overrides: tuple[str, ...], plugins: tuple[str, ...]) -> int:
    """Check SCENARIO and name every error with its line, or say what it describes."""
    from models.base.time import format_duration
    from scenarios.compile.balancing import KEYS_OF
    from scenarios.fault_words import fault_plan
    from scenarios.load import load

    loaded = load(scenario, overrides)
    plan = loaded.blueprint
    if plugins or plan.processes or any(e.balancer.policy not in KEYS_OF for e in plan.edges):
        from scenarios.plugins import load_extensions

        load_extensions(plugins, plan)
    instances = sum(len(service.instances) for service in plan.services)
    click.echo(
        f"{scenario}: valid. {plan.name}: {len(plan.services)} services,"
        f" {instances} instances in {len(plan.zones)} zones,"
        f" {_counted(len(plan.faults), 'fault')},"
        f" {_counted(len(loaded.expectations), 'expectation')},"
        f" {format_duration(plan.phases.end_ns)}"
    )
    for fault in plan.faults:
        click.echo(f"  {fault_plan(fault)}")
    return 0


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
