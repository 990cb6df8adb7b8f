"""The verdict for a terminal, for pytest and for a Markdown comment: plain text, no colour."""

import unicodedata

from models.records.record import RunRecord, Verdict
from reports.quantities import count_text
from reports.verdict import HEADINGS, ExpectationRow, expectation_rows, headline

_MARKS = {True: "✓", False: "✗"}


def verdict_table(record: RunRecord) -> str:
    """One aligned line per expectation under a line of headings; no line end after the last.

    A record without expectations gives one line that says so.
    """
    rows = expectation_rows(record)
    if not rows:
        return "no expectations"
    return "\n".join(_aligned([HEADINGS, *(_marked(row) for row in rows)]))


def verdict_text(record: RunRecord) -> str:
    """Verdict, table, counts, seed and digest, and the replay line; ends with a line end."""
    lines = [
        f"{record.manifest.scenario}: {record.verdict.value.upper()}. {headline(record)}",
        "",
        verdict_table(record),
        "",
        counts_line(record),
        f"seed {record.manifest.seed}, digest {record.digest}",
        f"replay: {record.replay}",
    ]
    return "\n".join(lines) + "\n"


def verdict_markdown(record: RunRecord) -> str:
    """The same as GitHub-flavoured Markdown, for a comment on a change."""
    symbol = _MARKS[record.verdict is Verdict.PASSED]
    title = f"### {symbol} {_escaped(record.manifest.scenario)}: {record.verdict.value}"
    lines = [title, "", _escaped(headline(record))]
    rows = expectation_rows(record)
    if rows:
        lines += ["", _pipes(HEADINGS), _pipes(("---",) * len(HEADINGS))]
        lines += [_pipes([_escaped(cell) for cell in _marked(row)]) for row in rows]
    lines += ["", _escaped(counts_line(record)), "", "```", record.replay, "```"]
    return "\n".join(lines) + "\n"


def counts_line(record: RunRecord) -> str:
    """Every request offered and how it ended, as one line."""
    counts = record.counts
    parts = (
        (counts.completed, "completed"),
        (counts.failed, "failed"),
        (counts.rejected, "rejected"),
        (counts.timed_out, "timed out"),
        (counts.in_flight, "in flight"),
    )
    ends = ", ".join(f"{count_text(count)} {word}" for count, word in parts)
    return f"{count_text(counts.offered)} offered = {ends}"


def _marked(row: ExpectationRow) -> tuple[str, ...]:
    judgement, *rest = row.cells()
    return (f"{_MARKS[row.holds]} {judgement}", *rest)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        padded = [
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return lines


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pipes(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    for char in "\\`*_[]<>|":
        text = text.replace(char, f"\\{char}")
    return text.replace("\n", " ")
