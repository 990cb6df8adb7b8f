"""What replications say together: how often each expectation holds, and means with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.quality.interval import CONFIDENCE, Interval, Share, t_interval, wilson_interval
from models.quality.paired import PairedDifference, paired_difference
from models.records.record import Verdict
from scenarios.runs.figures import Figure, Unit
from scenarios.runs.replications import Replication


@dataclass(frozen=True, slots=True)
class ExpectationShare:
    """One expectation over all replications. ``failed_in`` lists the numbers of those it failed."""

    expectation: str
    target: str
    during: str
    held: Share
    failed_in: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FigureMean:
    """One figure over the replications that have it, ``interval.count`` of them."""

    name: str
    unit: Unit
    interval: Interval
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class AlternativeDifference:
    """One figure of an alternative minus that of the scenario itself, under equal seeds."""

    alternative: str
    name: str
    unit: Unit
    difference: PairedDifference


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that is said of a set of replications; figures that no run has are left out."""

    expectations: tuple[ExpectationShare, ...]
    figures: tuple[FigureMean, ...]
    differences: tuple[AlternativeDifference, ...]
    verdict: Verdict


def summarise(replications: Sequence[Replication], confidence: float = CONFIDENCE) -> Summary:
    """Summarise at least one replication.

    The verdict is that of the worst run: stopped, then failed, then passed.
    """
    return Summary(
        expectations=_shares(replications, confidence),
        figures=_means([run.figures for run in replications], confidence),
        differences=_differences(replications, confidence),
        verdict=_worst([run.verdict for run in replications]),
    )


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    for verdict in (Verdict.STOPPED, Verdict.FAILED):
        if verdict in verdicts:
            return verdict
    return Verdict.PASSED


def _shares(replications: Sequence[Replication], confidence: float) -> tuple[ExpectationShare, ...]:
    shares = []
    for index, first in enumerate(replications[0].expectations):
        failed_in = tuple(run.number for run in replications if not run.expectations[index].holds)
        held = len(replications) - len(failed_in)
        shares.append(
            ExpectationShare(
                first.expectation,
                first.target,
                first.during,
                wilson_interval(held, len(replications), confidence),
                failed_in,
            )
        )
    return tuple(shares)


def _means(runs: Sequence[tuple[Figure, ...]], confidence: float) -> tuple[FigureMean, ...]:
    """By name, because an incident is known only in the runs in which its fault struck."""
    known: dict[tuple[str, Unit], list[float]] = {}
    for figures in runs:
        for figure in figures:
            values = known.setdefault((figure.name, figure.unit), [])
            if figure.value is not None:
                values.append(figure.value)
    return tuple(
        FigureMean(name, unit, t_interval(values, confidence), min(values), max(values))
        for (name, unit), values in known.items()
        if values
    )


def _differences(
    replications: Sequence[Replication], confidence: float
) -> tuple[AlternativeDifference, ...]:
    found = []
    for place, (name, figures) in enumerate(replications[0].alternatives):
        for index, figure in enumerate(figures):
            pairs = [
                (run.comparable[index].value, run.alternatives[place][1][index].value)
                for run in replications
            ]
            whole = [(old, new) for old, new in pairs if old is not None and new is not None]
            if whole:
                difference = paired_difference(
                    [old for old, _ in whole], [new for _, new in whole], confidence
                )
                found.append(AlternativeDifference(name, figure.name, figure.unit, difference))
    return tuple(found)
