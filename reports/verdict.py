"""The verdict and its reasons as rows of text, shared by page, terminal, Markdown and JUnit."""

from dataclasses import dataclass

from models.base.time import TimeNs
from models.records.manifest import Manifest
from models.records.record import ExpectationResult, RunRecord, Verdict
from reports.quantities import MINUS, MISSING, moment_text, ratio_text

HEADINGS = ("", "expectation", "target", "observed", "margin", "first violation", "during")


@dataclass(frozen=True, slots=True)
class ExpectationRow:
    """One expectation, every cell in words. ``first_violation_ns`` is kept for links."""

    holds: bool
    expectation: str
    target: str
    observed: str
    margin: str
    first_violation: str
    first_violation_ns: TimeNs | None
    during: str

    @property
    def judgement(self) -> str:
        """``holds`` or ``violated``: the word that stands beside the symbol."""
        return "holds" if self.holds else "violated"

    def cells(self) -> tuple[str, ...]:
        """The row in the order of ``HEADINGS``."""
        return (
            self.judgement,
            self.expectation,
            self.target,
            self.observed,
            self.margin,
            self.first_violation,
            self.during,
        )


def expectation_rows(record: RunRecord) -> tuple[ExpectationRow, ...]:
    """One row per expectation, in the order of the scenario."""
    origin_ns = origin(record.manifest)
    return tuple(_row(result, origin_ns) for result in record.expectations)


def origin(manifest: Manifest) -> TimeNs:
    """The instant T of every report: the start of measure, or of the run without that phase."""
    return next((phase.start_ns for phase in manifest.phases if phase.name == "measure"), 0)


def headline(record: RunRecord) -> str:
    """The verdict as one sentence."""
    results = record.expectations
    violated = sum(not result.holds for result in results)
    match record.verdict:
        case Verdict.STOPPED:
            reason = record.stop_reason or "a budget was exhausted"
            return f"Stopped before its end: {reason}."
        case Verdict.FAILED if violated:
            return f"{violated} of {len(results)} {_plural(len(results))} violated."
        case Verdict.FAILED:
            return f"Failed: {record.stop_reason or 'a law that must hold on every run is broken'}."
        case Verdict.PASSED if not results:
            return "Ran to its end. The scenario states no expectation."
        case _ if len(results) == 1:
            return "The one expectation holds."
        case _:
            return f"All {len(results)} expectations hold."


def signed_ratio(ratio: float | None) -> str:
    """Write a margin with its sign, always: ``+10.6 %``."""
    if ratio is None:
        return MISSING
    text = ratio_text(abs(ratio))
    return f"{MINUS if ratio < 0 else '+'}{text}"


def _row(result: ExpectationResult, origin_ns: TimeNs) -> ExpectationRow:
    first = result.first_violation_ns
    return ExpectationRow(
        holds=result.holds,
        expectation=result.expectation,
        target=result.target,
        observed=result.observed,
        margin=signed_ratio(result.margin),
        first_violation=MISSING if first is None else moment_text(first, origin_ns),
        first_violation_ns=first,
        during=result.during.replace("_", " "),
    )


def _plural(count: int) -> str:
    return "expectation" if count == 1 else "expectations"
