"""What is written down of a try, whatever order the news comes in."""

from models.records.events import EventKind
from models.scheduling.pool import RunOrder
from models.scheduling.tasks import RunKey, Task, TaskStatus, Try
from sim.kernel.environment import Kernel
from sim.processes.jobs_ledger import JobsLedger
from sim.processes.jobs_messages import TryId
from tests.sim.processes.jobs_town import Log

WALL = 1000
KEY = RunKey("job", WALL + 5)
FIRST = TryId("x", KEY, 1)


class Desk:
    def __init__(self) -> None:
        self.kernel = Kernel()
        self.log = Log(self.kernel)
        self.ledger = JobsLedger(self.kernel, self.log, WALL)
        self.at(10)
        self.ledger.run_claimed(KEY, "s1")
        self.ledger.try_placed(RunOrder("x", Task(KEY, "sleep", 3, 100), 1))

    def at(self, now: int) -> JobsLedger:
        self.kernel.advance(now)
        return self.ledger

    def end(self, now: int, status: TaskStatus = TaskStatus.SUCCEEDED) -> None:
        self.at(now).try_ended(Try(KEY, 1, "x", 3, 0, status=status))

    def spans(self) -> list[tuple[int, int, str]]:
        return [(row.started_ns, row.ended_ns, row.status) for row in self.log.rows]


def test_row_shows_when_the_executor_worked_not_when_the_store_knew() -> None:
    desk = Desk()
    desk.at(12).try_began(FIRST)
    desk.at(40).try_ceased(FIRST)
    desk.end(90)
    assert desk.spans() == [(12, 40, "succeeded")]


def test_row_names_the_tick_in_virtual_time_and_who_was_involved() -> None:
    desk = Desk()
    desk.end(90)
    (row,) = desk.log.rows
    assert (row.job, row.scheduled_ns, row.attempt) == ("job", 5, 1)
    assert (row.scheduler, row.executor, row.token) == ("s1", "x", 3)


def test_try_never_taken_up_counts_from_its_placement() -> None:
    desk = Desk()
    desk.end(90, TaskStatus.TIMED_OUT)
    assert desk.spans() == [(10, 90, "timed_out")]


def test_try_of_a_dead_executor_ended_with_it() -> None:
    desk = Desk()
    desk.at(12).try_began(FIRST)
    desk.at(20).executor_died("x")
    desk.end(90, TaskStatus.LOST)
    assert desk.spans() == [(12, 20, "lost")]


def test_death_of_another_executor_or_after_the_work_changes_nothing() -> None:
    desk = Desk()
    desk.at(12).try_began(FIRST)
    desk.at(15).executor_died("y")
    desk.at(20).try_ceased(FIRST)
    desk.at(30).executor_died("x")
    desk.end(90)
    assert desk.spans() == [(12, 20, "succeeded")]


def test_order_that_reaches_the_next_life_extends_the_try() -> None:
    desk = Desk()
    desk.at(12).try_began(FIRST)
    desk.at(20).executor_died("x")
    desk.at(22).try_began(FIRST)
    desk.end(90)
    assert desk.spans() == [(12, 90, "succeeded")]


def test_busy_executor_leaves_no_row() -> None:
    desk = Desk()
    desk.ledger.try_withdrawn(FIRST)
    desk.ledger.close()
    assert desk.spans() == []


def test_try_given_up_before_it_began_is_not_told_as_started() -> None:
    desk = Desk()
    desk.end(90, TaskStatus.TIMED_OUT)
    desk.at(91).try_began(FIRST)
    desk.at(92).try_ceased(FIRST)
    assert [event for event in desk.log.events if event[1] is EventKind.JOB_STARTED] == []


def test_open_tries_are_written_once_at_the_close() -> None:
    desk = Desk()
    desk.at(12).try_began(FIRST)
    desk.ledger.close()
    desk.ledger.close()
    assert desk.spans() == [(12, -1, "running")]


def test_lease_is_lost_once_by_whoever_notices_first() -> None:
    desk = Desk()
    desk.ledger.lock_gained("scheduler", "s1", 4)
    desk.ledger.lock_lost(4)
    desk.ledger.lock_lost(4)
    desk.ledger.lock_lost(5)
    assert [(kind, detail) for _, kind, _, detail in desk.log.events] == [
        (EventKind.LOCK_ACQUIRED, {"owner": "s1", "token": 4}),
        (EventKind.LOCK_LOST, {"owner": "s1", "token": 4}),
    ]


def test_started_event_says_who_under_which_token() -> None:
    desk = Desk()
    desk.at(12).try_began(FIRST)
    assert desk.log.events == [
        (
            12,
            EventKind.JOB_STARTED,
            "job",
            {"scheduled_ns": 5, "scheduler": "s1", "executor": "x", "token": 3, "attempt": 1},
        )
    ]
