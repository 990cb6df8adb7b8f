"""`foreshock run --reps N`: many runs, one answer with its doubt; after Ctrl-C, of those done."""

import json
import math
import shlex
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from time import perf_counter
from typing import TextIO

import click

from models.quality.interval import CONFIDENCE
from reports.quantities import MISSING, latency_text, money_text, rate_text, ratio_text
from scenarios.cli.exits import Exit
from scenarios.cli.outcome import COLOURS, EXIT_OF_VERDICT
from scenarios.runs.figures import Unit
from scenarios.runs.replications import Replication, ReplicationPlan, replicate
from scenarios.runs.summary import (
    AlternativeDifference,
    ExpectationShare,
    FigureMean,
    Summary,
    summarise,
)

JSON_SCHEMA_VERSION = 1
_PLAIN_EVERY_S = 10.0
_NS = 1_000_000_000
_SHOWN_NUMBERS = 10


def run_replications(plan: ReplicationPlan, *, jobs: int, as_json: bool, is_silent: bool) -> int:
    """Run, print and return the exit code; 130 with what was done when interrupted.

    Raises:
        click.Abort: interrupted before the first replication was done.
    """
    done: list[Replication] = []
    progress = _Progress(plan.count, sys.stderr)
    is_interrupted = False
    try:
        with closing(replicate(plan, jobs=jobs)) as replications:
            for replication in replications:
                done.append(replication)
                if not is_silent:
                    progress.show(len(done))
    except KeyboardInterrupt:
        is_interrupted = True
        if not done:
            raise click.Abort from None
    finally:
        progress.close()
    summary = summarise(done)
    if as_json:
        click.echo(_document(plan, done, summary))
    else:
        _print(plan, done, summary)
    if is_interrupted:
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    return EXIT_OF_VERDICT[summary.verdict]


class _Progress:
    """How many replications are done: one line rewritten, or one every ten seconds of work."""

    def __init__(self, count: int, stream: TextIO) -> None:
        self._count = count
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._began = self._shown = perf_counter()
        self._is_line_open = False

    def show(self, done: int) -> None:
        now = perf_counter()
        if not self._is_terminal and now - self._shown < _PLAIN_EVERY_S:
            return
        self._shown = now
        left_s = (now - self._began) / done * (self._count - done)
        text = f"{done} of {self._count} replications  {left_s:,.0f} s left"
        self._stream.write(f"\r\x1b[2K{text}" if self._is_terminal else f"{text}\n")
        self._stream.flush()
        self._is_line_open = self._is_terminal

    def close(self) -> None:
        if self._is_line_open:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()


def again_line(plan: ReplicationPlan, *extra: str) -> str:
    """The command that repeats the plan's scenario under its root seed, with ``extra`` words."""
    words = ["foreshock", "run", str(plan.loaded.path), "--seed", str(plan.root_seed), *extra]
    for override in plan.loaded.overrides:
        words += ["--set", override]
    if plan.shuffle_ties:
        words.append("--shuffle-ties")
    for plugin in plan.plugins:
        words += ["--plugin", plugin]
    return shlex.join(words)


def _print(plan: ReplicationPlan, done: Sequence[Replication], summary: Summary) -> None:
    blueprint = plan.loaded.blueprint
    asked = f": {blueprint.question}" if blueprint.question else ""
    click.echo(f"{blueprint.name}{asked}\n")
    percent = f"{CONFIDENCE:.0%}".replace("%", " %")
    for table in (
        _expectation_rows(summary, percent),
        _figure_rows(summary, percent),
        _difference_rows(summary, percent),
    ):
        if len(table) > 1:
            click.echo("\n".join(_aligned(table)) + "\n")
    failed = [run.number for run in done if EXIT_OF_VERDICT[run.verdict] is not Exit.OK]
    click.echo(f"runs     {len(done)} of {plan.count}, seeds derived from {plan.root_seed}")
    verdict = summary.verdict
    click.secho(f"verdict  {verdict.value}{_which(failed)}", fg=COLOURS[verdict], bold=True)
    for reason in dict.fromkeys(run.stop_reason for run in done if run.stop_reason):
        click.echo(f"stopped  {reason}")
    click.echo(f"again    {again_line(plan, '--reps', str(plan.count))}")
    shown = failed[0] if failed else 1
    click.echo(f"replay   {again_line(plan, '--rep', str(shown))}  (any number from 1)")


def _which(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    named = ", ".join(map(str, numbers[:_SHOWN_NUMBERS]))
    more = len(numbers) - _SHOWN_NUMBERS
    return f" in replication {named}" + (f" and {more} more" if more > 0 else "")


def _expectation_rows(summary: Summary, percent: str) -> list[tuple[str, ...]]:
    heading = ("", "expectation", "target", "holds in", f"true share ({percent})", "during")
    return [heading, *map(_expectation_row, summary.expectations)]


def _expectation_row(entry: ExpectationShare) -> tuple[str, ...]:
    held = entry.held
    return (
        "✓" if held.successes == held.trials else "✗",
        entry.expectation,
        entry.target,
        f"{held.successes} of {held.trials}",
        f"{ratio_text(held.low)} to {ratio_text(held.high)}",
        entry.during.replace("_", " "),
    )


def _figure_rows(summary: Summary, percent: str) -> list[tuple[str, ...]]:
    heading = ("figure", "mean", f"± ({percent})", "lowest", "highest", "runs")
    return [heading, *map(_figure_row, summary.figures)]


def _figure_row(entry: FigureMean) -> tuple[str, ...]:
    return (
        entry.name,
        _text(entry.interval.mean, entry.unit),
        _text(entry.interval.half_width, entry.unit),
        _text(entry.lowest, entry.unit),
        _text(entry.highest, entry.unit),
        str(entry.interval.count),
    )


def _difference_rows(summary: Summary, percent: str) -> list[tuple[str, ...]]:
    heading = ("alternative", "figure", "differs by", f"± ({percent})", "", "pairs")
    return [heading, *map(_difference_row, summary.differences)]


def _difference_row(entry: AlternativeDifference) -> tuple[str, ...]:
    interval = entry.difference.interval
    return (
        entry.alternative,
        entry.name,
        _text(interval.mean, entry.unit),
        _text(interval.half_width, entry.unit),
        "" if entry.difference.is_significant else "may be chance",
        str(interval.count),
    )


def _text(value: float, unit: Unit) -> str:
    if math.isinf(value):
        return MISSING
    match unit:
        case Unit.SECONDS:
            return latency_text(value * _NS)
        case Unit.RATIO:
            return ratio_text(value)
        case Unit.PER_SECOND:
            return rate_text(value)
        case Unit.USD:
            return money_text(value)
        case Unit.USD_PER_HOUR:
            return f"{money_text(value)}/h"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _document(plan: ReplicationPlan, done: Sequence[Replication], summary: Summary) -> str:
    """One JSON document; the same whatever the number of jobs, and without any wall time."""
    facts = {
        "schema_version": JSON_SCHEMA_VERSION,
        "scenario": plan.loaded.blueprint.name,
        "seed": plan.root_seed,
        "replications": plan.count,
        "replications_done": len(done),
        "confidence": CONFIDENCE,
        "verdict": summary.verdict.value,
        "expectations": [
            {
                "expectation": entry.expectation,
                "target": entry.target,
                "during": entry.during,
                "held": entry.held.successes,
                "runs": entry.held.trials,
                "share": entry.held.ratio,
                "share_low": entry.held.low,
                "share_high": entry.held.high,
                "failed_in": list(entry.failed_in),
            }
            for entry in summary.expectations
        ],
        "figures": [
            {
                "name": entry.name,
                "unit": entry.unit.value,
                "runs": entry.interval.count,
                "mean": entry.interval.mean,
                "half_width": _finite(entry.interval.half_width),
                "lowest": entry.lowest,
                "highest": entry.highest,
            }
            for entry in summary.figures
        ],
        "alternatives": [
            {
                "alternative": entry.alternative,
                "name": entry.name,
                "unit": entry.unit.value,
                "pairs": entry.difference.interval.count,
                "difference": entry.difference.interval.mean,
                "half_width": _finite(entry.difference.interval.half_width),
                "variance_ratio": entry.difference.variance_ratio,
            }
            for entry in summary.differences
        ],
        "runs": [_run_facts(run) for run in done],
        "again": again_line(plan, "--reps", str(plan.count)),
    }
    return json.dumps(facts, indent=2)


def _run_facts(run: Replication) -> dict[str, object]:
    return {
        "replication": run.number,
        "seed": run.seed,
        "digest": run.digest,
        "verdict": run.verdict.value,
        "stop_reason": run.stop_reason,
        "holds": [result.holds for result in run.expectations],
        "counts": asdict(run.counts),
        "figures": {figure.name: figure.value for figure in run.figures},
        "again": run.again,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
