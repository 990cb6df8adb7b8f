"""`foreshock schema`: the JSON Schema of scenario files, for editors."""

import json

import click


@click.command("schema")
def command() -> int:
    """Print the JSON Schema of scenario files."""
    from scenarios.document.schema import scenario_schema

    click.echo(json.dumps(scenario_schema(), indent=2))
    return 0
