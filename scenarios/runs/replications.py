"""The same scenario under many seeds: each replication is a run that can be repeated alone.

The seed of replication k is drawn from a stream of the root seed that is named after k, so more
replications never change the first ones, and any number of processes gives the same results.
"""

import signal
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from threading import current_thread, main_thread

from models.base.errors import SimulationError
from models.base.streams import Stream
from models.records.record import Counts, ExpectationResult, RunRecord, Verdict
from scenarios.load import LoadedScenario
from scenarios.plugins import load_extensions
from scenarios.runs.execute import RunOptions, execute
from scenarios.runs.figures import Figure, comparison_of, figures_of

_DROPPED_BITS = 11


@dataclass(frozen=True, slots=True)
class Replication:
    """What is kept of one run: verdicts and key numbers, not its tables.

    ``number`` counts from 1. ``comparable`` are the figures that this run and each of its
    ``alternatives`` have in common; all of them ran under the same dice. ``again`` is the
    command that makes this run again.
    """

    number: int
    seed: int
    digest: str
    verdict: Verdict
    stop_reason: str
    counts: Counts
    expectations: tuple[ExpectationResult, ...]
    figures: tuple[Figure, ...]
    comparable: tuple[Figure, ...]
    alternatives: tuple[tuple[str, tuple[Figure, ...]], ...]
    again: str


@dataclass(frozen=True, slots=True)
class ReplicationPlan:
    """``count`` replications of a scenario, whose seeds come from ``root_seed``.

    ``plugins`` names modules with balancers and processes of the user's own; every process
    imports them itself.
    """

    loaded: LoadedScenario
    root_seed: int
    count: int
    shuffle_ties: bool = False
    plugins: tuple[str, ...] = ()


def replication_seed(root_seed: int, number: int) -> int:
    """Seed of replication ``number`` (from 1): 53 bits, which every reader of JSON keeps whole."""
    return Stream(root_seed, f"replication/{number}").word() >> _DROPPED_BITS


def replicate(plan: ReplicationPlan, *, jobs: int = 1) -> Generator[Replication, None, None]:
    """Run all replications and give them in order, each as soon as it and those before are done.

    With more than one job they run in that many fresh processes at once. Close the iterator to
    stop early; the processes end with it.

    Raises:
        InvariantViolation: a run broke a law that must hold.
        SimulationError: a process of a run crashed, or a worker died.
            Both of a run carry the command that makes it happen again as a note.
    """
    if jobs == 1:
        for number in range(1, plan.count + 1):
            yield run_replication(plan, number)
    else:
        yield from _in_processes(plan, min(jobs, plan.count))


def run_replication(plan: ReplicationPlan, number: int) -> Replication:
    """Run one replication, here and now. Raises as :func:`replicate` does."""
    options = RunOptions(
        seed=replication_seed(plan.root_seed, number),
        shuffle_ties=plan.shuffle_ties,
        extensions=load_extensions(plan.plugins, plan.loaded.blueprint),
        plugins=plan.plugins,
    )
    return _kept(execute(plan.loaded, options), number)


def _kept(record: RunRecord, number: int) -> Replication:
    return Replication(
        number=number,
        seed=record.manifest.seed,
        digest=record.digest,
        verdict=record.verdict,
        stop_reason=record.stop_reason,
        counts=record.counts,
        expectations=record.expectations,
        figures=figures_of(record),
        comparable=comparison_of(record),
        alternatives=tuple(
            (alternative.name, comparison_of(alternative)) for alternative in record.alternatives
        ),
        again=record.replay,
    )


def _in_processes(plan: ReplicationPlan, jobs: int) -> Iterator[Replication]:
    others = set(active_children())
    is_done = False
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        with _interrupts_not_inherited():
            futures = [
                pool.submit(run_replication, plan, number) for number in range(1, plan.count + 1)
            ]
        yield from _results(futures)
        is_done = True
    finally:
        if not is_done:
            for process in set(active_children()) - others:
                process.terminate()
        pool.shutdown(cancel_futures=True)


def _results(futures: Sequence[Future[Replication]]) -> Iterator[Replication]:
    for number, future in enumerate(futures, start=1):
        try:
            yield future.result()
        except BrokenProcessPool as error:
            raise SimulationError(
                f"a worker process died before replication {number} was done; did the system"
                " kill it for its memory? fewer jobs need less"
            ) from error


@contextmanager
def _interrupts_not_inherited() -> Iterator[None]:
    """Processes started in here ignore Ctrl-C; it is the parent that ends them."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
