"""`python -m tests.benchmarks`: the speed table, as ratios measured in one process.

The two sides take turns (A B A B ...), each in CPU seconds of this process, and the median of the
pairwise ratios is what counts: the machine's own speed cancels out.
"""

import argparse
import gc
import sys
from statistics import median
from time import process_time

from sim.world import build
from tests.benchmarks import idiomatic_simpy, workload_r


def time_idiomatic(seed: int, seconds: float) -> float:
    """Requests per CPU second of the baseline."""
    gc.collect()
    began = process_time()
    platform = idiomatic_simpy.run(seed, seconds)
    spent = process_time() - began
    return (platform.completed + platform.failed) / spent


def time_foreshock(seed: int, seconds: float) -> float:
    """Requests per CPU second of ours, every attempt recorded, laws checked."""
    gc.collect()
    world = build(workload_r.blueprint(seconds), seed)
    began = process_time()
    outcome = world.run()
    spent = process_time() - began
    return (outcome.counts.offered - outcome.counts.in_flight) / spent


def main() -> int:
    """Measure and print; exit 1 if the ratio misses the mark given with --at-least."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="virtual seconds a run")
    parser.add_argument("--pairs", type=int, default=7, help="interleaved pairs")
    parser.add_argument("--at-least", type=float, default=0.0, help="ratio that must be reached")
    options = parser.parse_args()
    rows = []
    for seed in range(1, options.pairs + 1):
        baseline = time_idiomatic(seed, options.seconds)
        ours = time_foreshock(seed, options.seconds)
        rows.append((baseline, ours, ours / baseline))
    write = sys.stdout.write
    write(f"workload R, {options.seconds:g} virtual seconds, requests per CPU second\n\n")
    write(f"{'pair':>6} {'idiomatic SimPy':>16} {'foreshock':>12} {'ratio':>7}\n")
    for number, (baseline, ours, ratio) in enumerate(rows, 1):
        write(f"{number:>6} {baseline:>16,.0f} {ours:>12,.0f} {ratio:>7.2f}\n")
    middle = [median(column) for column in zip(*rows, strict=True)]
    write(f"{'median':>6} {middle[0]:>16,.0f} {middle[1]:>12,.0f} {middle[2]:>7.2f}\n")
    return int(middle[2] < options.at_least)


if __name__ == "__main__":
    sys.exit(main())
