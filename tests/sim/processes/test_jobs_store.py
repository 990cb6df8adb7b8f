"""The store between schedulers and executors: lost orders, lost answers, lost notices."""

from collections.abc import Mapping

import pytest

from models.base.distributions import Deterministic, Uniform
from models.base.time import NS_PER_MINUTE, NS_PER_MS, NS_PER_S
from models.records.events import EventKind
from models.scheduling.backlog import SkipReason
from models.scheduling.config import ExecutorConfig, JobConfig
from models.scheduling.pool import RunOrder, StopOrder
from models.scheduling.scheduler import Skipped, StartRun
from models.scheduling.tasks import HandlerResult, SleepHandler
from sim.processes.jobs_messages import ResultReported
from sim.processes.jobs_node import Letter
from sim.processes.jobs_store import STOP_RESENDS_MAX
from tests.sim.processes.jobs_town import JOB, NIGHT, TICK, Town, nightly

S, MS = NS_PER_S, NS_PER_MS
BEGAN = TICK + 2 * MS
END = TICK + 10 * NS_PER_MINUTE
ONE = (ExecutorConfig("x1", "a"),)
STANDBY = (("s1", "b"), ("s2", "b"))


class FailsUntil(SleepHandler):
    def __init__(self, attempt: int) -> None:
        self.attempt = attempt

    def run(self, payload: Mapping[str, str], *, attempt: int) -> HandlerResult:  # noqa: ARG002
        return HandlerResult(attempt >= self.attempt, "no ink")


def town_of_one(*, work_s: int = 30, timeout_s: int = 600) -> Town:
    """One executor in zone a, schedulers in b, so that only its links can be cut."""
    job = nightly(work=Deterministic(work_s * S), timeout_ns=timeout_s * S)
    return Town(job, schedulers=STANDBY, executors=ONE)


def test_lost_order_is_repeated() -> None:
    town = town_of_one()
    town.cut_link("c", "a", TICK, 3 * S)
    town.run(END)
    assert town.statuses() == [(1, "x1", "succeeded")]
    assert town.log.rows[0].started_ns == TICK + 4 * S + 2 * MS


def test_order_whose_answer_was_lost_is_run_once() -> None:
    town = town_of_one()
    town.cut_link("a", "c", TICK, 5 * S)
    town.run(END)
    assert town.statuses() == [(1, "x1", "succeeded")]
    assert len(town.kinds(EventKind.JOB_STARTED)) == 1
    assert town.log.rows[0].started_ns == BEGAN


def test_lost_result_is_repeated() -> None:
    town = town_of_one()
    town.cut_link("a", "c", BEGAN + 29 * S, 5 * S)
    town.run(END)
    assert town.statuses() == [(1, "x1", "succeeded")]
    ((told_ns, _, _),) = town.kinds(EventKind.JOB_ENDED)
    assert told_ns == BEGAN + 34 * S + MS


def test_silent_executor_that_kept_working_has_its_success_fenced() -> None:
    town = town_of_one()
    town.cut_link("a", "c", BEGAN + 5 * S, 40 * S)
    town.run(END)
    assert town.statuses() == [(1, "x1", "lost"), (2, "x1", "succeeded")]
    assert town.effective() == {TICK: 1}
    assert [line for *_, line in town.log.lines if "late success" in line] == [
        f"refused a late success of 'invoice' scheduled at {TICK} ns, attempt 1"
    ]


def test_try_is_given_up_at_its_timeout_and_stopped() -> None:
    town = town_of_one(work_s=600, timeout_s=60)
    town.run(TICK + 3 * NS_PER_MINUTE)
    assert town.statuses() == [(1, "x1", "timed_out"), (2, "x1", "timed_out")]
    first, second = town.log.rows
    placed = TICK + MS
    assert first.ended_ns == placed + 60 * S
    assert second.started_ns == placed + 61 * S + MS


def test_lost_stop_is_repeated_until_the_place_is_free() -> None:
    town = town_of_one(work_s=600, timeout_s=60)
    town.cut_link("c", "a", TICK + 60 * S, 5 * S)
    town.run(TICK + 2 * NS_PER_MINUTE)
    (row,) = town.log.rows
    assert (row.status, row.ended_ns) == ("timed_out", TICK + MS + 60 * S)
    town.jobs.close()
    assert town.log.rows[1].started_ns < TICK + 70 * S


def test_order_and_result_are_sent_once_when_they_arrive() -> None:
    town = town_of_one()
    town.run(END)
    assert town.sent(RunOrder) == [TICK + MS]
    assert town.sent(ResultReported) == [BEGAN + 30 * S]


def test_answered_stop_is_not_repeated() -> None:
    town = town_of_one(work_s=600, timeout_s=60)
    town.run(TICK + 119 * S)
    assert town.sent(StopOrder) == [TICK + MS + 60 * S]


def test_stop_that_nobody_answers_is_given_up() -> None:
    town = Town(nightly(work=Deterministic(600 * S), timeout_ns=5 * S, retries=0), executors=ONE)
    town.crash("x1", TICK + S)
    town.run(END)
    assert len(town.sent(StopOrder)) == 1 + STOP_RESENDS_MAX


def test_order_to_an_executor_given_up_is_not_repeated() -> None:
    town = Town(nightly(retries=0), executors=ONE)
    town.crash("x1", TICK - S)
    town.run(END)
    assert town.statuses() == [(1, "x1", "lost")]
    assert max(town.sent(RunOrder)) <= TICK + 10 * S


def test_order_is_no_longer_repeated_once_it_is_to_be_stopped() -> None:
    town = Town(nightly(timeout_ns=5 * S, retries=0), executors=ONE)
    town.crash("x1", TICK - S)
    town.run(END)
    assert town.sent(RunOrder) == [TICK + MS, TICK + 2 * S + MS, TICK + 4 * S + MS]


def test_executor_busy_with_what_the_store_gave_up_costs_no_try() -> None:
    jobs = [
        JobConfig(name, schedule, Deterministic(90 * S))
        for name, schedule in (("first", "0 2 * * *"), ("second", "1 2 * * *"))
    ]
    town = Town(*jobs, schedulers=STANDBY, executors=ONE)
    town.cut_link("a", "c", TICK + 20 * S, 20 * S)
    town.run(TICK + 40 * S)
    assert [row.status for row in town.log.rows] == ["lost"]
    town.run(END)
    town.jobs.close()
    lost, won = town.log.rows
    assert (lost.job, lost.status, won.job, won.status) == ("first", "lost", "second", "succeeded")
    assert won.attempt > 20
    assert BEGAN + 90 * S <= won.started_ns < BEGAN + 92 * S


def test_failed_tries_are_repeated_until_one_succeeds() -> None:
    town = Town(nightly(), handlers={"sleep": FailsUntil(3)}, executors=ONE)
    town.run(END)
    assert town.statuses() == [(1, "x1", "failed"), (2, "x1", "failed"), (3, "x1", "succeeded")]
    assert [status for *_, status in town.kinds(EventKind.JOB_ENDED)] == ["succeeded"]
    assert [line[1:] for line in town.log.lines] == [
        ("executor/x1", "warning", "invoice: no ink")
    ] * 2


def test_each_try_draws_work_of_its_own() -> None:
    job = nightly(work=Uniform(S, 60 * S))
    town = Town(job, handlers={"sleep": FailsUntil(3)}, executors=ONE)
    town.run(END)
    assert len({row.ended_ns - row.started_ns for row in town.log.rows}) == 3


def test_job_that_no_executor_can_run_fails_at_once_and_for_good() -> None:
    town = Town(nightly(task="print"))
    town.run(END)
    assert town.log.rows == []
    assert town.kinds(EventKind.JOB_ENDED) == [(TICK + MS, EventKind.JOB_ENDED, "failed")]


@pytest.mark.parametrize(("is_notice_lost", "latest_ns"), [(False, 4 * MS), (True, 14 * S)])
def test_leader_learns_of_an_end_at_once_or_when_it_reads_the_store(
    is_notice_lost: bool, latest_ns: int
) -> None:
    job = nightly(schedule="* * * * *", work=Deterministic(90 * S))
    town = Town(job, schedulers=STANDBY, executors=ONE)
    if is_notice_lost:
        town.cut_link("c", "b", NS_PER_MINUTE + 90 * S, S)
    town.run(TICK + 2 * NS_PER_MINUTE)
    town.jobs.close()
    first, second = town.log.rows
    assert second.started_ns - first.ended_ns <= latest_ns
    assert (second.started_ns - first.ended_ns > S) is is_notice_lost


def test_more_runs_than_places_wait_their_turn() -> None:
    jobs = [type(nightly())(f"job{i}", "0 2 * * *", Deterministic(30 * S)) for i in range(3)]
    town = Town(*jobs, executors=ONE)
    town.run(END)
    starts = [row.started_ns for row in town.log.rows]
    assert starts == [BEGAN, BEGAN + 30 * S + 2 * MS, BEGAN + 2 * (30 * S + 2 * MS)]


def test_store_away_for_longer_than_the_lease_excuses_silence() -> None:
    town = Town(nightly(work=Deterministic(2 * NS_PER_MINUTE), retries=0))
    town.darken("c", TICK + 10 * S, NS_PER_MINUTE)
    town.run(END)
    assert town.statuses() == [(1, "x1", "succeeded")]


def test_run_is_credited_to_the_scheduler_that_started_it() -> None:
    town = Town()
    town.run(TICK - S)
    leader = town.leader()
    town.crash(leader, TICK + 5 * S)
    town.run(END)
    assert [(row.job, row.scheduler, row.token) for row in town.log.rows] == [(JOB, leader, 1)]


def deliver(town: Town, sender: str, body: StartRun | Skipped) -> None:
    """Hand a message to the store as it comes off the wire."""
    store = next(node for node in town.jobs._all if node.address == "runs/store")
    store.deliver(Letter(f"scheduler/{sender}", 1, 0, body))


def test_skip_that_arrives_twice_is_written_down_once() -> None:
    town = Town()
    for _ in range(2):
        deliver(town, "s1", Skipped(JOB, NIGHT + TICK, SkipReason.TOO_LATE, 1))
    assert len(town.kinds(EventKind.JOB_SKIPPED)) == 1


def test_start_that_arrives_again_from_another_credits_the_first() -> None:
    town = Town()
    deliver(town, "s1", StartRun(JOB, NIGHT + TICK, 1))
    deliver(town, "s2", StartRun(JOB, NIGHT + TICK, 2))
    town.run(40 * S)
    assert [(row.scheduler, row.token) for row in town.log.rows] == [("s1", 1)]
