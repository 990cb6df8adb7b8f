"""Two ways to do the same work, timed in turn in one process (A B A B ...).

Each run is timed in CPU seconds of this process and the median of the pairwise ratios is what
counts: the machine's own speed cancels out.
"""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time

from sim.blueprint import Blueprint
from sim.world import build

Run = Callable[[int], float]
"""From a seed to requests per CPU second."""


@dataclass(frozen=True)
class Pair:
    """Requests per CPU second of the baseline and of ours, from runs next to each other."""

    baseline: float
    ours: float

    @property
    def ratio(self) -> float:
        """How many times the baseline's speed ours is."""
        return self.ours / self.baseline


def interleaved(baseline: Run, ours: Run, *, pairs: int) -> list[Pair]:
    """One pair a seed, from seed 1."""
    return [Pair(baseline(seed), ours(seed)) for seed in range(1, pairs + 1)]


def timed(run: Callable[[], int]) -> float:
    """Requests per CPU second of ``run``, which returns how many it has finished."""
    gc.collect()
    began = process_time()
    finished = run()
    return finished / (process_time() - began)


def speed_of(blueprint: Blueprint, seed: int) -> float:
    """Requests per CPU second of a world, every attempt recorded, laws checked."""
    world = build(blueprint, seed)

    def run() -> int:
        counts = world.run().counts
        return counts.offered - counts.in_flight

    return timed(run)


def timed_s(blueprint: Blueprint, seed: int) -> float:
    """CPU seconds of one run of a world."""
    world = build(blueprint, seed)
    gc.collect()
    began = process_time()
    world.run()
    return process_time() - began


def middle(pairs: list[Pair]) -> Pair:
    """Medians of both columns. Their quotient is not the median ratio."""
    return Pair(median(pair.baseline for pair in pairs), median(pair.ours for pair in pairs))


def median_ratio(pairs: list[Pair]) -> float:
    """The figure that counts."""
    return median(pair.ratio for pair in pairs)
