"""Instances whose answers are counted, by who asked, how it ended and how long it took.

A metered kind is the plain kind with its answering overridden, made when the world is built, so
that a world which nobody watches so closely pays nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from models.base.outcome import Outcome
from models.base.time import DurationNs
from sim.nodes.instance import Instance

if TYPE_CHECKING:
    from sim.nodes.attempt import Attempt


@dataclass(slots=True)
class Answers:
    """Answers of one kind to one caller. ``counts`` has one place more than there are bounds."""

    counts: list[int]
    total_ns: DurationNs = 0


class AnswerMeter:
    """Counts answers; ``bounds_ns`` rise and are inclusive upper bounds, as those of buckets."""

    __slots__ = ("_answers", "bounds_ns")

    def __init__(self, bounds_ns: tuple[DurationNs, ...]) -> None:
        self.bounds_ns = bounds_ns
        self._answers: dict[tuple[int, Outcome], Answers] = {}

    def record(self, caller: int, outcome: Outcome, duration_ns: DurationNs) -> None:
        """An answer has left. Hot path."""
        answers = self._answers.get((caller, outcome))
        if answers is None:
            answers = Answers([0] * (len(self.bounds_ns) + 1))
            self._answers[caller, outcome] = answers
        answers.counts[bisect_left(self.bounds_ns, duration_ns)] += 1
        answers.total_ns += duration_ns

    def read(self) -> Iterator[tuple[int, Outcome, Answers]]:
        """Everything counted so far, by the caller's place in the manifest and the outcome."""
        for (caller, outcome), answers in self._answers.items():
            yield caller, outcome, answers


class Metered(Instance):
    """Counts what it answers. A duration begins when the caller sends its try."""

    meter: AnswerMeter

    def _answer(self, attempt: Attempt, outcome: Outcome) -> None:
        self.meter.record(
            attempt.channel.caller_index, outcome, self._kernel.now - attempt.start_ns
        )
        super()._answer(attempt, outcome)


@cache
def metered(kind: type[Instance]) -> type[Instance]:
    """The kind, with a meter; its instances are still of the kind."""
    return type(f"Metered{kind.__name__}", (Metered, kind), {"__module__": __name__})
