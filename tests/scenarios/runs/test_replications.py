"""Replications: seeds apart, order kept, any number of processes alike, each one repeatable."""

import multiprocessing
import os
import signal
from itertools import islice
from pathlib import Path

import pytest

from models.base.errors import InvariantViolation, SimulationError
from models.base.streams import Stream
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute
from scenarios.runs.replications import (
    ReplicationPlan,
    replicate,
    replication_seed,
    run_replication,
)
from sim.world import World
from tests.scenarios.shell import SMALL

SHORT = ("time.measure=3s", "time.warm_up=1s", "time.settle=1s", "faults=[]", "expect=[]")
PLUG_IN = """
import os, signal
from models.base.errors import InvariantViolation

def broken(world, options):
    yield world.kernel.timeout(1)
    error = InvariantViolation("on purpose")
    raise error

def killed(world, options):
    yield world.kernel.timeout(1)
    os.kill(os.getpid(), signal.SIGKILL)

PROCESSES = {"broken": broken, "killed": killed}
"""


def plan(count: int, *changes: str, **options: object) -> ReplicationPlan:
    return ReplicationPlan(load(SMALL, [*SHORT, *changes]), 5, count, **options)  # type: ignore[arg-type]


def test_a_seed_is_the_head_of_a_stream_named_after_its_replication() -> None:
    assert replication_seed(7, 3) == Stream(7, "replication/3").word() >> 11


def test_seeds_differ_by_root_and_by_number_and_fit_a_float() -> None:
    seeds = [replication_seed(root, number) for root in (1, 2, 3) for number in range(1, 200)]
    assert len(set(seeds)) == len(seeds)
    assert max(seeds) < 2**53
    assert max(seeds) > 2**52


def test_replications_come_in_order_with_their_own_seeds() -> None:
    done = list(replicate(plan(3)))
    assert [run.number for run in done] == [1, 2, 3]
    assert [run.seed for run in done] == [replication_seed(5, number) for number in (1, 2, 3)]
    assert len({run.digest for run in done}) == 3


def test_more_replications_do_not_change_the_first() -> None:
    assert list(replicate(plan(3)))[:1] == list(replicate(plan(1)))


def test_two_processes_give_what_one_gives() -> None:
    assert list(replicate(plan(5), jobs=2)) == list(replicate(plan(5)))


def test_the_line_of_a_replication_makes_the_same_run() -> None:
    run = run_replication(plan(2), 2)
    assert run.again.startswith(f"foreshock run {SMALL} --seed {run.seed} --set time.measure=3s")
    assert execute(load(SMALL, SHORT), RunOptions(seed=run.seed)).digest == run.digest


def test_ties_are_shuffled_in_every_replication() -> None:
    assert "--shuffle-ties" in run_replication(plan(1, shuffle_ties=True), 1).again


def test_an_iterator_that_is_closed_leaves_no_process() -> None:
    replications = replicate(plan(40), jobs=2)
    assert [run.number for run in islice(replications, 2)] == [1, 2]
    replications.close()
    assert multiprocessing.active_children() == []


def test_interrupts_reach_this_process_again_once_the_others_run() -> None:
    before = signal.getsignal(signal.SIGINT)
    assert len(list(replicate(plan(2), jobs=2))) == 2
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"plug_in_{os.getpid()}"
    (tmp_path / f"{name}.py").write_text(PLUG_IN)
    monkeypatch.chdir(tmp_path)
    return name


def test_a_worker_that_dies_is_named_and_is_not_waited_for(plug_in: str) -> None:
    deadly = plan(2, "processes=[{name: killed}]", plugins=(plug_in,))
    with pytest.raises(SimulationError, match="worker process died before replication 1"):
        list(replicate(deadly, jobs=2))


def test_a_crash_in_another_process_keeps_the_line_that_replays(plug_in: str) -> None:
    broken = plan(2, "processes=[{name: broken}]", plugins=(plug_in,))
    with pytest.raises(SimulationError) as caught:
        list(replicate(broken, jobs=2))
    (note,) = caught.value.__notes__
    assert f"--seed {replication_seed(5, 1)} " in note
    assert note.endswith(f"--plugin {plug_in}")


def test_a_broken_law_ends_the_replications(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise InvariantViolation("one too many")

    monkeypatch.setattr(World, "run", broken)
    with pytest.raises(InvariantViolation):
        list(replicate(plan(3)))
