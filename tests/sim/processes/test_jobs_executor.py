"""An executor's node: beats, work of each life, memory that dies with the process."""

from models.base.distributions import Deterministic
from models.base.time import NS_PER_MINUTE, NS_PER_MS, NS_PER_S
from models.scheduling.config import ExecutorConfig, JobConfig
from sim.processes.jobs_messages import Beat
from tests.sim.processes.jobs_town import TICK, Town, nightly

S, MS = NS_PER_S, NS_PER_MS
ONE = (ExecutorConfig("x1", "a"),)
BEAT = 2 * S


def test_beats_keep_their_rhythm_from_a_random_phase() -> None:
    towns = [Town(executors=ONE, seed=seed) for seed in range(4)]
    for town in towns:
        town.run(5 * BEAT)
    beats = [town.sent(Beat) for town in towns]
    assert all(times == [times[0] + k * BEAT for k in range(5)] for times in beats)
    assert len({times[0] for times in beats}) == 4
    assert all(times[0] < BEAT for times in beats)


def test_new_process_beats_at_once() -> None:
    town = Town(executors=ONE)
    town.crash("x1", 10 * S, back_after=3 * S)
    town.run(20 * S)
    later = [time for time in town.sent(Beat) if time >= 10 * S]
    assert later == [13 * S, 15 * S, 17 * S, 19 * S]


def test_place_of_what_died_with_the_process_is_free() -> None:
    jobs = [
        JobConfig(name, schedule, Deterministic(10 * NS_PER_MINUTE))
        for name, schedule in (("first", "0 2 * * *"), ("second", "1 2 * * *"))
    ]
    town = Town(*jobs, executors=ONE)
    town.crash("x1", TICK + 10 * S, back_after=S)
    town.run(TICK + 2 * NS_PER_MINUTE)
    town.jobs.close()
    second = [row for row in town.log.rows if row.job == "second"]
    assert [(row.status, row.attempt) for row in second] == [("running", 1)]


def test_work_of_a_dead_process_does_not_end_that_of_the_next() -> None:
    """The order's answer is lost, so its repetition reaches the next process under one number."""
    town = Town(
        nightly(work=Deterministic(3 * S)), schedulers=(("s1", "b"), ("s2", "b")), executors=ONE
    )
    town.cut_link("a", "c", TICK, 6 * S)
    town.crash("x1", TICK + S, back_after=S // 2)
    town.run(TICK + NS_PER_MINUTE)
    began_again = TICK + 2 * S + 2 * MS
    assert town.statuses() == [(1, "x1", "succeeded")]
    assert town.log.rows[0].ended_ns == began_again + 3 * S


def test_executor_works_on_as_many_runs_as_it_has_places() -> None:
    jobs = [JobConfig(f"job{i}", "0 2 * * *", Deterministic(30 * S)) for i in range(3)]
    town = Town(*jobs, executors=(ExecutorConfig("x1", "a", 2),))
    town.run(TICK + 2 * NS_PER_MINUTE)
    starts = [row.started_ns for row in town.log.rows]
    assert starts == [TICK + 2 * MS, TICK + 2 * MS, TICK + 30 * S + 4 * MS]
