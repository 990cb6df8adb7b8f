"""A nightly job on two schedulers: once per tick, whatever dies, goes dark or reads a wrong clock.

Goal: design section 4 (node clocks, messages), semantics.md 11.3, PB12, PB13, PB16. Method: a
world of three zones with one millisecond between nodes, and a fault placed around the tick.
"""

import pytest

from models.base.distributions import Deterministic, Lognormal
from models.base.errors import ConfigError
from models.base.time import NS_PER_MINUTE, NS_PER_MS, NS_PER_S, DurationNs
from models.faults.selection import select
from models.faults.selector import Selector
from models.records.events import EventKind
from models.scheduling.config import ExecutorConfig, Misfire, Overlap
from tests.sim.processes.jobs_town import JOB, TICK, Row, Town, nightly

END = TICK + 10 * NS_PER_MINUTE
S, MS = NS_PER_S, NS_PER_MS

AROUND_THE_TICK = [-30 * S, -MS, -1, 0, 1, MS, MS + 1, 2 * MS, 3 * MS, S, 15 * S, 30 * S + 3 * MS]
TIE_MODES = pytest.mark.parametrize("shuffle_ties", [False, True], ids=["in order", "shuffled"])


def leader_of(town: Town) -> str:
    """Who leads half a minute before the tick."""
    town.run(TICK - 31 * S)
    return town.leader()


def test_nightly_job_runs_once_on_time() -> None:
    town = Town()
    leader = leader_of(town)
    town.run(END)
    began = TICK + 2 * MS
    assert town.log.rows == [
        Row(JOB, TICK, began, began + 30 * S, 1, leader, "x1", 1, "succeeded"),
    ]


@TIE_MODES
@pytest.mark.parametrize("when", AROUND_THE_TICK)
def test_tick_runs_once_although_the_leader_dies_around_it(
    when: DurationNs, shuffle_ties: bool
) -> None:
    town = Town(shuffle_ties=shuffle_ties)
    town.crash(leader_of(town), TICK + when)
    town.run(END)
    assert town.effective() == {TICK: 1}
    assert [row.attempt for row in town.log.rows] == [1]


@pytest.mark.parametrize("offset", [-2 * S, 2 * S])
@pytest.mark.parametrize("when", [-3 * S, -2 * S - 1, -2 * S + MS, 0, MS, 2 * S, 3 * S])
def test_tick_runs_once_with_clocks_two_seconds_apart(offset: DurationNs, when: DurationNs) -> None:
    town = Town(offsets_ns={"s1": offset, "s2": -offset})
    town.crash(leader_of(town), TICK + when)
    town.run(END)
    assert town.effective() == {TICK: 1}


def test_tick_follows_the_leaders_wall_clock() -> None:
    town = Town(offsets_ns={"s1": 2 * S, "s2": 2 * S})
    town.run(END)
    assert [(row.scheduled_ns, row.started_ns) for row in town.log.rows] == [
        (TICK, TICK - 2 * S + 2 * MS)
    ]


def test_drifting_clocks_do_not_make_two_leaders() -> None:
    town = Town(drifts_ppm={"s1": -900, "s2": 900, "server": 900})
    for second in range(1, 600):
        town.run(second * S)
        assert sum(node.leads for node in town.jobs.schedulers) <= 1
    assert town.effective() == {TICK: 1}


@TIE_MODES
@pytest.mark.parametrize(
    ("at", "lasting"),
    [
        (TICK - 40 * S, 20 * S),
        (TICK - 5 * S, 10 * S),
        (TICK - 5 * S, 3 * NS_PER_MINUTE),
        (TICK, 5 * S),
        (TICK + MS, 5 * S),
        (TICK + 2 * MS, 40 * S),
        (TICK + 30 * S, 2 * NS_PER_MINUTE),
    ],
)
def test_tick_runs_once_although_lock_and_store_go_dark(
    at: DurationNs, lasting: DurationNs, shuffle_ties: bool
) -> None:
    town = Town(shuffle_ties=shuffle_ties)
    town.darken("c", at, lasting)
    town.run(END)
    assert town.effective() == {TICK: 1}


def test_result_is_repeated_until_the_store_has_power_again() -> None:
    town = Town()
    town.darken("c", TICK + 10 * S, NS_PER_MINUTE)
    town.run(END)
    began = TICK + 2 * MS
    assert [(row.status, row.started_ns, row.ended_ns) for row in town.log.rows] == [
        ("succeeded", began, began + 30 * S)
    ]
    ((ended_ns, _, _),) = town.kinds(EventKind.JOB_ENDED)
    assert TICK + 70 * S < ended_ns <= TICK + 72 * S + MS


def test_tick_missed_by_all_schedulers_runs_late_but_once() -> None:
    town = Town()
    for name in ("s1", "s2"):
        town.crash(name, TICK - 20 * S, back_after=NS_PER_MINUTE)
    town.run(END)
    (row,) = town.log.rows
    assert row.status == "succeeded"
    assert TICK + 40 * S < row.started_ns < TICK + 60 * S


def test_node_that_came_back_can_lead_again() -> None:
    town = Town()
    first = leader_of(town)
    town.crash(first, TICK - 30 * S, back_after=S)
    town.crash("s1" if first == "s2" else "s2", TICK + NS_PER_MINUTE)
    town.run(END)
    assert town.leader() == first
    owners = [owner for _, kind, owner in town.kinds(EventKind.LOCK_ACQUIRED)]
    assert (owners[0], owners[-1]) == (first, first)
    assert town.effective() == {TICK: 1}


@pytest.mark.parametrize("capacity", [1, 2])
def test_executor_that_dies_during_a_run_is_replaced(capacity: int) -> None:
    town = Town(executors=(ExecutorConfig("x1", "a", capacity), ExecutorConfig("x2", "b")))
    town.crash("x1", TICK + 10 * S)
    town.run(END)
    assert town.statuses() == [(1, "x1", "lost"), (2, "x2", "succeeded")]
    lost, won = town.log.rows
    assert lost.ended_ns == TICK + 10 * S
    silent_ns = won.started_ns - lost.ended_ns
    assert 8 * S < silent_ns < 11 * S + 3 * MS  # beat 2 s, lease 10 s, back-off 1 s


def test_executor_back_before_its_lease_ran_out_has_lost_its_try_at_once() -> None:
    town = Town(executors=(ExecutorConfig("x1", "a"),))
    town.crash("x1", TICK + 10 * S, back_after=S)
    town.run(END)
    assert town.statuses() == [(1, "x1", "lost"), (2, "x1", "succeeded")]
    assert town.log.rows[1].started_ns == TICK + 12 * S + 2 * MS  # hello, back-off 1 s, order


def test_executor_in_a_dark_zone_is_replaced() -> None:
    town = Town()
    town.darken("a", TICK + 10 * S, 5 * NS_PER_MINUTE)
    town.run(END)
    assert town.statuses() == [(1, "x1", "lost"), (2, "x2", "succeeded")]
    assert town.effective() == {TICK: 1}


def test_dead_executor_gets_nothing_while_another_lives() -> None:
    town = Town()
    town.crash("x1", TICK - 30 * S)
    town.run(END)
    assert town.statuses() == [(1, "x2", "succeeded")]


def test_run_waits_until_an_executor_is_back() -> None:
    town = Town()
    for name in ("x1", "x2"):
        town.crash(name, TICK - 30 * S, back_after=NS_PER_MINUTE)
    town.run(END)
    (row,) = town.log.rows
    assert (row.status, row.started_ns) == ("succeeded", TICK + 30 * S + 2 * MS)


def test_run_without_retries_is_lost_with_its_executor() -> None:
    town = Town(nightly(retries=0))
    town.crash("x1", TICK + 10 * S)
    town.run(END)
    assert town.statuses() == [(1, "x1", "lost")]
    assert [status for *_, status in town.kinds(EventKind.JOB_ENDED)] == ["lost"]


def test_second_tick_runs_after_the_first() -> None:
    town = Town(nightly(schedule="*/2 * * * *"))
    town.run(TICK + 5 * NS_PER_MINUTE)
    minutes = [TICK + 2 * k * NS_PER_MINUTE for k in range(3)]
    assert town.effective() == dict.fromkeys(minutes, 1)


def test_overlap_that_is_forbidden_waits_for_the_end_of_the_run() -> None:
    town = Town(nightly(schedule="* * * * *", work=Deterministic(90 * S)))
    town.run(TICK + 3 * NS_PER_MINUTE)
    spans = [(row.started_ns, row.ended_ns) for row in town.log.rows]
    assert len(spans) == 2
    assert spans[1][0] > spans[0][1]


def test_run_that_is_replaced_is_cancelled_where_it_runs() -> None:
    town = Town(
        nightly(schedule="* * * * *", work=Deterministic(90 * S), overlap=Overlap.REPLACE),
        executors=(ExecutorConfig("x1", "a"),),
    )
    town.run(4 * NS_PER_MINUTE + S)
    assert {row.status for row in town.log.rows} == {"cancelled"}
    assert len(town.log.rows) == 3


def test_tick_past_its_deadline_is_skipped_and_said_so_once() -> None:
    town = Town(nightly(starting_deadline_ns=20 * S))
    for name in ("s1", "s2"):
        town.crash(name, TICK - 20 * S, back_after=NS_PER_MINUTE)
    town.run(END)
    assert town.log.rows == []
    assert [reason for *_, reason in town.kinds(EventKind.JOB_SKIPPED)] == ["too_late"]


def test_missed_ticks_all_run_when_asked_to() -> None:
    town = Town(nightly(schedule="* * * * *", work=Deterministic(S), misfire=Misfire.FIRE_ALL))
    for name in ("s1", "s2"):
        town.crash(name, TICK - 20 * S, back_after=3 * NS_PER_MINUTE)
    town.run(TICK + 5 * NS_PER_MINUTE + 30 * S)
    minutes = [k * NS_PER_MINUTE for k in range(1, 8)]
    assert town.effective() == dict.fromkeys(minutes, 1)


@pytest.mark.parametrize(
    ("law", "shuffle_ties"),
    [(Deterministic(MS), True), (Lognormal(mu=14.0, sigma=1.0), False)],
)
def test_equal_seeds_leave_equal_records(law: Lognormal, shuffle_ties: bool) -> None:
    def record(seed: int) -> tuple[object, ...]:
        town = Town(
            nightly(schedule="* * * * *", work=Lognormal(mu=23.0, sigma=1.0)),
            seed=seed,
            latency=law,
            shuffle_ties=shuffle_ties,
        )
        town.crash("s1", TICK, back_after=20 * S)
        town.crash("x1", TICK + 3 * S, back_after=20 * S)
        town.darken("c", TICK + 2 * NS_PER_MINUTE, 20 * S)
        town.run(END)
        town.jobs.close()
        return town.log.rows, town.log.events, town.log.lines, town.kernel.events

    assert record(7) == record(7)
    assert record(7) != record(8)


def test_run_takes_as_long_whoever_schedules_and_executes_it() -> None:
    """Common random numbers (design section 4): a fault elsewhere changes no draw of work."""

    def work_ns(town: Town) -> tuple[DurationNs, str]:
        town.run(END)
        (row,) = town.log.rows
        return row.ended_ns - row.started_ns, row.executor

    job = nightly(work=Lognormal(mu=23.0, sigma=1.0))
    calm, troubled = Town(job), Town(job)
    troubled.crash("x1", TICK - 30 * S)
    troubled.crash(leader_of(troubled), TICK)
    (calm_ns, calm_executor), (troubled_ns, troubled_executor) = work_ns(calm), work_ns(troubled)
    assert calm_executor != troubled_executor
    assert calm_ns == troubled_ns


def test_adding_a_job_changes_no_draw_of_another() -> None:
    job = nightly(work=Lognormal(mu=23.0, sigma=1.0))
    other = nightly(schedule="1 2 * * *")
    alone, accompanied = Town(job), Town(job, type(other)("other", other.schedule, other.work))
    for town in (alone, accompanied):
        town.run(END)
    rows = [row for row in accompanied.log.rows if row.job == JOB]
    assert rows == alone.log.rows
    assert accompanied.effective("other") == {TICK + NS_PER_MINUTE: 1}


def test_what_still_runs_at_the_end_is_written_as_running() -> None:
    town = Town()
    town.run(TICK + 10 * S)
    town.jobs.close()
    (row,) = town.log.rows
    assert (row.status, row.started_ns, row.ended_ns) == ("running", TICK + 2 * MS, -1)


def test_leadership_and_run_are_told_in_order() -> None:
    town = Town()
    first = leader_of(town)
    second = "s1" if first == "s2" else "s2"
    town.crash(first, TICK + 10 * S)
    town.run(END)
    told = [(kind, who) for _, kind, who in town.kinds(*EventKind) if kind is not None]
    assert told == [
        (EventKind.LOCK_ACQUIRED, first),
        (EventKind.JOB_STARTED, None),
        (EventKind.LOCK_LOST, first),
        (EventKind.LOCK_ACQUIRED, second),
        (EventKind.JOB_ENDED, "succeeded"),
    ]


def test_faults_can_choose_nodes_as_they_choose_instances() -> None:
    town = Town()
    nodes, stream = town.jobs.nodes(), town.stream("selection")

    def chosen(selector: Selector) -> list[str]:
        return [node.name for node in select(selector, nodes, stream)]

    assert chosen(Selector(service="scheduler")) == ["s1", "s2"]
    assert chosen(Selector(service="executor", zone="b")) == ["x2"]
    assert chosen(Selector(instance="x1")) == ["x1"]


def test_two_schedulers_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="scheduler/s1"):
        Town(schedulers=(("s1", "a"), ("s1", "b")))
