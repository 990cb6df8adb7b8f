"""`python -m tests.benchmarks`: the speed table, as ratios measured in one process."""

import argparse
import sys

from tests.benchmarks import idiomatic_simpy, plain_queue, rule_load, workload_r
from tests.benchmarks.pairs import (
    Pair,
    Run,
    interleaved,
    median_ratio,
    middle,
    speed_of,
    timed,
    timed_s,
)

R_AT_LEAST = 5.0
QUEUE_AT_LEAST = 1.5
RULES_AT_MOST = 0.25


def workload_r_runs(seconds: float) -> tuple[Run, Run]:
    """The reference workload: idiomatic SimPy, and ours."""

    def baseline(seed: int) -> float:
        def run() -> int:
            platform = idiomatic_simpy.run(seed, seconds)
            return platform.completed + platform.failed

        return timed(run)

    return baseline, lambda seed: speed_of(workload_r.blueprint(seconds), seed)


def plain_queue_runs(seconds: float) -> tuple[Run, Run]:
    """Eight servers in turn: SimPy generators with ``Resource``, and ours."""

    def baseline(seed: int) -> float:
        return timed(lambda: plain_queue.run_simpy(seed, seconds))

    return baseline, lambda seed: speed_of(plain_queue.blueprint(seconds), seed)


def show(title: str, pairs: list[Pair], at_least: float) -> bool:
    """Print one table; True if its ratio reaches the mark."""
    write = sys.stdout.write
    write(f"{title}, requests per CPU second\n\n")
    write(f"{'pair':>6} {'SimPy':>10} {'foreshock':>12} {'ratio':>7}\n")
    for number, pair in enumerate(pairs, 1):
        write(f"{number:>6} {pair.baseline:>10,.0f} {pair.ours:>12,.0f} {pair.ratio:>7.2f}\n")
    centre, ratio = middle(pairs), median_ratio(pairs)
    write(f"{'median':>6} {centre.baseline:>10,.0f} {centre.ours:>12,.0f} {ratio:>7.2f}")
    write(f"   mark {at_least:g}: {'met' if ratio >= at_least else 'MISSED'}\n\n")
    return ratio >= at_least


def show_rules(minutes: float) -> bool:
    """Print what 100 rules over 2,000 series add to workload R; True if it keeps to the mark."""
    seed = 1
    data_path_s = timed_s(workload_r.blueprint(minutes * 60), seed)
    cost = rule_load.measure(minutes)
    share = cost.rules_s / data_path_s
    write = sys.stdout.write
    write(f"100 rules at 15 s over 2,000 series, {minutes:g} virtual minutes, CPU seconds\n\n")
    write(
        f"  workload R {data_path_s:.2f}, scraping {cost.scraping_s:.2f}, rules {cost.rules_s:.2f}"
    )
    write(f"   added by rules {share:.1%}, mark {RULES_AT_MOST:.0%}: ")
    write(f"{'met' if share <= RULES_AT_MOST else 'MISSED'}\n")
    return share <= RULES_AT_MOST


def main() -> int:
    """Measure and print; exit 1 if a ratio misses its mark."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="virtual seconds a run")
    parser.add_argument("--pairs", type=int, default=7, help="interleaved pairs")
    parser.add_argument("--rule-minutes", type=float, default=10.0, help="virtual minutes of rules")
    options = parser.parse_args()
    length = f"{options.seconds:g} virtual seconds"
    has_met = [
        show(
            f"workload R against idiomatic SimPy, {length}",
            interleaved(*workload_r_runs(options.seconds), pairs=options.pairs),
            R_AT_LEAST,
        ),
        show(
            f"plain queue against generators with Resource, {4 * options.seconds:g} virtual s",
            interleaved(*plain_queue_runs(4 * options.seconds), pairs=options.pairs),
            QUEUE_AT_LEAST,
        ),
        show_rules(options.rule_minutes),
    ]
    return 0 if all(has_met) else 1


if __name__ == "__main__":
    sys.exit(main())
