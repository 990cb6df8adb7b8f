"""Families of burn-rate alerts: when they fire, what that costs, and when they clear.

The share of errors in a window is that of even traffic, watched without pause: the amount of
errors in it, as a function of time, divided by its length.
"""

from collections.abc import Callable
from fractions import Fraction

from models.alerting.objectives.burn import BurnWindow, Severity
from models.base.time import NS_PER_DAY, NS_PER_S
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_exact

PERIOD_NS = 30 * NS_PER_DAY
HALVINGS = 200


def window_of(case: Case) -> BurnWindow:
    short_s = case["short"]
    long_s = case.parameters.get("long", 12 * short_s)
    percent = Fraction(str(case["burn"])) * long_s * 100 * NS_PER_S / PERIOD_NS
    return BurnWindow(Severity.PAGE, percent, short_s * NS_PER_S, long_s * NS_PER_S)


def limit_of(case: Case) -> float:
    """The error share above which a window counts."""
    return float(window_of(case).threshold(PERIOD_NS)) * (1 - case["slo"])


def share(now: float, length: float, *, began: float, ended: float, ratio: float) -> float:
    """Share of errors over the last ``length``, for errors at ``ratio`` between two instants."""
    inside = max(0.0, min(now, ended) - max(now - length, began))
    return ratio * inside / length


def first_instant(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where a condition that stays true once it is becomes true."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def fires_after(case: Case, ratio: float) -> float:
    limit = limit_of(case)

    def is_firing(now: float) -> bool:
        return all(
            share(now, length, began=0.0, ended=now, ratio=ratio) > limit
            for length in (case["long"], case["short"])
        )

    return first_instant(is_firing, 0.0, float(case["long"]))


@scores(r"burn-detect-.*")
def detection(case: Case, _seed: int, _scale: float) -> Score:
    return of_exact(case.value, fires_after(case, case["error"]))


@scores(r"burn-budget-.*")
def consumed(case: Case, _seed: int, _scale: float) -> Score:
    """Share of a month's budget that is gone when the rule fires, whatever the pace."""
    ratio = 1.0
    spent = fires_after(case, ratio) * ratio / (1 - case["slo"]) * NS_PER_S / PERIOD_NS
    return of_exact(case.value, spent)


@scores(r"burn-reset-.*")
def clearing(case: Case, _seed: int, _scale: float) -> Score:
    """After errors that filled the short window."""
    limit, length = limit_of(case), float(case["short"])

    def is_clear(since: float) -> bool:
        now = length + since
        found = share(now, length, began=0.0, ended=length, ratio=case["error"])
        return found <= limit * (1 + 1e-12)

    return of_exact(case.value, first_instant(is_clear, 0.0, length))
