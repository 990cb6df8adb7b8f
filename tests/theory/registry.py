"""Who scores which case, and why the rest has to wait. Every case has exactly one of the two."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.theory.cases import Case
from tests.theory.score import Score

Scorer = Callable[[Case, int, float], Score]
"""Given a case, a seed and how much effort to make (1 is about five seconds)."""


@dataclass(frozen=True)
class Entry:
    """Cases whose id matches ``pattern`` as a whole."""

    pattern: str
    scorer: Scorer

    def matches(self, case: Case) -> bool:
        return re.fullmatch(self.pattern, case.id) is not None


class Registry:
    """Filled by decorators when the modules of the families are imported."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def scores(self, *patterns: str) -> Callable[[Scorer], Scorer]:
        """Register a function as the scorer of all cases with such ids."""

        def register(scorer: Scorer) -> Scorer:
            self.entries += [Entry(pattern, scorer) for pattern in patterns]
            return scorer

        return register

    def scorers_of(self, case: Case) -> list[Scorer]:
        return [entry.scorer for entry in self.entries if entry.matches(case)]


REGISTRY = Registry()
scores = REGISTRY.scores
