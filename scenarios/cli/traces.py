"""`foreshock traces`: requests of a kept run as traces, for the tools people look at them with."""

import json
from pathlib import Path

import click


@click.command("traces")
@click.argument("run_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["otlp", "jaeger"]),
    default="otlp",
    show_default=True,
    help="OTLP/JSON for collectors, or what the Jaeger page opens.",
)
@click.option(
    "--request", "numbers", type=click.IntRange(0), multiple=True, help="Number of a request."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="How many traces, from the first request on, without --request.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the file there instead of printing it.",
)
def command(
    run_dir: Path, form: str, numbers: tuple[int, ...], limit: int, out: Path | None
) -> int:
    """Write requests of RUN_DIR as traces, one span for each attempt."""
    from itertools import islice

    from models.base.errors import SpecError
    from models.telemetry.tracing.attempts import RunTraces
    from models.telemetry.tracing.export.jaeger import jaeger_traces
    from models.telemetry.tracing.export.otlp import otlp_traces
    from scenarios.runs.directory import load

    record = load(run_dir)
    run = RunTraces(record.manifest, record.requests, record.attempts)
    for number in numbers:
        if run.trace(number) is None:
            raise SpecError(f"{run_dir}: no request {number}; there are {len(run):,}, from 0")
    chosen = run.traces(numbers) if numbers else islice(run.traces(), limit)
    spans = [span for trace in chosen for span in trace.spans]
    epoch_ns = record.manifest.wall_start_ns
    document = (
        otlp_traces(spans, epoch_ns=epoch_ns)
        if form == "otlp"
        else jaeger_traces(spans, epoch_ns=epoch_ns)
    )
    text = json.dumps(document, indent=1, ensure_ascii=False)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")
        click.echo(f"{out}: {len(spans):,} spans", err=True)
    return 0
