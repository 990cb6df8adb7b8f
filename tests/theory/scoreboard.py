"""The table at the end of a theory session: every case with its half-width, and what waits.

Rows travel as user properties of test reports, so that they arrive from other processes too.
"""

from collections.abc import Iterator
from typing import Any

from tests.theory.cases import Case, all_cases
from tests.theory.judge import Judgement
from tests.theory.waiting import reason_of

PROPERTY = "theory"
HEADINGS = ("case", "known", "measured", "+- 99.9 %", "relative", "looked at", "CPU", "verdict")


def row(case: Case, judgement: Judgement) -> tuple[str, ...]:
    score = judgement.score
    known = case.value[0] if isinstance(case.value, list) else case.value
    looks = "" if judgement.looks == 1 else f" ({judgement.looks} looks)"
    note = f", {score.note}" if score.note else ""
    return (
        case.id,
        f"{known:.6g}",
        f"{score.estimate:.6g}",
        f"{score.half_width:.2g}",
        f"{score.relative:.2%}" if score.half_width else "exact",
        f"{score.size} {score.unit}",
        f"{judgement.seconds:.1f} s",
        f"{judgement.verdict}{looks}{note}",
    )


def waiting_lines() -> Iterator[str]:
    """The cases that wait, by reason."""
    by_reason: dict[str, list[str]] = {}
    for case in all_cases():
        why = reason_of(case)
        if why is not None:
            by_reason.setdefault(why, []).append(case.id)
    for why, ids in by_reason.items():
        yield f"{len(ids):3}  {why}: {', '.join(ids)}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if not rows:
        return
    rows.sort()
    table = [HEADINGS, *rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADINGS))]
    terminalreporter.section("theory: known answers and 99.9 % intervals")
    for line in table:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        terminalreporter.line("  ".join(cells).rstrip())
    terminalreporter.line("")
    terminalreporter.line("waiting:")
    for text in waiting_lines():
        terminalreporter.line(text)
