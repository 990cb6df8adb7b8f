"""The rule of judgement: a miss is looked at once more, with other dice and four times as long."""

from dataclasses import dataclass
from time import process_time

from tests.theory.cases import Case
from tests.theory.registry import Scorer
from tests.theory.score import Score

SEED, FRESH_SEED, LONG_SEED = 7, 8, 9
AGAIN = 4
MISSED_TWICE = "MISSED TWICE"
MARGIN = 1.2
"""A long run is so much longer than the first look says, so that it arrives."""
LONG_BUDGET_S = 120.0
"""CPU time that a long run may take for one case."""


@dataclass(frozen=True)
class Judgement:
    """The last score of a case, how often it was looked at, and the CPU time of all looks."""

    score: Score
    looks: int
    seconds: float
    verdict: str

    @property
    def holds(self) -> bool:
        return self.score.holds


def judge(case: Case, scorer: Scorer, scale: float) -> Judgement:
    began = process_time()
    score, looks = scorer(case, SEED, scale), 1
    if not score.holds:
        score, looks = scorer(case, FRESH_SEED, AGAIN * scale), 2
    verdict = "holds" if score.holds else MISSED_TWICE
    return Judgement(score, looks, process_time() - began, verdict)


def judge_long(case: Case, scorer: Scorer) -> Judgement:
    """Go on to the half-width that the reference states, where the budget reaches that far.

    A first look tells how much it takes. What is out of reach is only told, with the size of
    the sample that it needs.
    """
    first = judge(case, scorer, 1.0)
    score, took = first.score, first.seconds
    if not score.holds or score.width is None or score.relative <= score.width:
        return first
    factor = MARGIN * (score.relative / score.width) ** 2
    if not took * factor <= LONG_BUDGET_S:
        needed = f"needs {score.size * factor:.1e} {score.unit}" if factor < 1e30 else "unbounded"
        return Judgement(score, first.looks, took, f"out of reach: {needed}")
    began = process_time()
    longer, looks = scorer(case, LONG_SEED, factor), 1
    if not longer.holds:
        longer, looks = scorer(case, LONG_SEED + 1, AGAIN * factor), 2
    verdict = "holds" if longer.holds else MISSED_TWICE
    if longer.holds and longer.relative > score.width:
        verdict = f"holds, at {longer.relative:.1%} instead of {score.width:.0%}"
    return Judgement(longer, first.looks + looks, took + process_time() - began, verdict)
