"""`foreshock explain`: the story of one request of a kept run."""

from pathlib import Path

import click


@click.command("explain")
@click.argument("run_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--request", "number", type=click.IntRange(0), help="Number of the request.")
def command(run_dir: Path, number: int | None) -> int:
    """Say why a request of RUN_DIR ended as it did; without --request, list some that failed."""
    from scenarios.explain import explain_request, failed_requests
    from scenarios.runs.directory import load

    record = load(run_dir)
    if number is not None:
        click.echo(explain_request(record, number))
        return 0
    numbers = failed_requests(record, 20)
    if not numbers:
        click.echo("every request completed; choose one with --request")
        return 0
    click.echo("first requests that did not complete; choose one with --request:")
    click.echo(" ".join(str(number) for number in numbers))
    return 0
