from collections.abc import Mapping
from dataclasses import replace

import pytest

from models.scheduling.config import ExecutorConfig
from models.scheduling.executor import Admission
from models.scheduling.pool import (
    ExecutorPool,
    PoolAction,
    ResultFenced,
    RunOrder,
    StopOrder,
    Submission,
    TaskEnded,
    TryEnded,
)
from models.scheduling.tasks import RunKey, SleepHandler, Task, TaskStatus


class Picky(SleepHandler):
    def refusal(self, payload: Mapping[str, str]) -> str | None:
        return None if payload.get("to") else "no 'to'"


def pool(
    *capacities: int,
    queue_limit: int = 10,
    history_limit: int = 10,
    executor_lease_ns: int | None = None,
) -> ExecutorPool:
    configs = [ExecutorConfig(f"x{i}", "a", capacity) for i, capacity in enumerate(capacities)]
    return ExecutorPool(
        configs,
        {"sleep": SleepHandler(), "picky": Picky()},
        queue_limit=queue_limit,
        history_limit=history_limit,
        executor_lease_ns=executor_lease_ns,
    )


def key(number: int) -> RunKey:
    return RunKey("job", number)


def task(number: int, *, retries: int = 0, kind: str = "sleep") -> Task:
    return Task(key(number), kind, token=7, timeout_ns=100, retries=retries, backoff_ns=20)


def orders(actions: tuple[PoolAction, ...]) -> list[tuple[str, int, int]]:
    return [
        (action.executor, action.task.key.scheduled_ns, action.attempt)
        for action in actions
        if isinstance(action, RunOrder)
    ]


def ended(actions: tuple[PoolAction, ...]) -> list[tuple[int, TaskStatus]]:
    return [
        (action.key.scheduled_ns, action.status)
        for action in actions
        if isinstance(action, TaskEnded)
    ]


def tries(actions: tuple[PoolAction, ...]) -> list[tuple[int, TaskStatus]]:
    return [
        (action.result.attempt, action.result.status)
        for action in actions
        if isinstance(action, TryEnded)
    ]


def test_submitted_task_is_placed_at_once() -> None:
    submission, actions = pool(1).submit(task(1), now=5)
    assert submission is Submission.ACCEPTED
    assert actions == (RunOrder("x0", task(1), 1),)


def test_tasks_spread_over_idle_executors_then_wait_in_order() -> None:
    executors = pool(1, 1)
    placed = [orders(executors.submit(task(number), now=0)[1]) for number in range(4)]
    assert placed == [[("x0", 0, 1)], [("x1", 1, 1)], [], []]
    assert executors.queued == (key(2), key(3))
    freed = executors.finished("x1", key(1), 1, is_success=True, now=9)
    assert orders(freed) == [("x1", 2, 1)]


def test_same_run_is_taken_once_even_after_it_ended() -> None:
    executors = pool(1)
    executors.submit(task(1), now=0)
    assert executors.submit(task(1), now=0) == (Submission.DUPLICATE, ())
    executors.finished("x0", key(1), 1, is_success=True, now=1)
    assert executors.submit(task(1), now=2) == (Submission.DUPLICATE, ())


def test_memory_of_ended_tasks_is_bounded() -> None:
    executors = pool(1, history_limit=1)
    for number in (1, 2):
        executors.submit(task(number), now=0)
        executors.finished("x0", key(number), 1, is_success=True, now=1)
    assert executors.status(key(1)) is None
    assert executors.status(key(2)) is TaskStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("kind", "answer"),
    [("nope", Submission.UNKNOWN_KIND), ("picky", Submission.BAD_PAYLOAD)],
)
def test_task_that_no_handler_takes_is_refused_without_a_trace(
    kind: str, answer: Submission
) -> None:
    executors = pool(1)
    assert executors.submit(task(1, kind=kind), now=0) == (answer, ())
    assert executors.status(key(1)) is None
    assert executors.submit(task(1), now=0)[0] is Submission.ACCEPTED


def test_queue_is_bounded() -> None:
    executors = pool(1, queue_limit=1)
    answers = [executors.submit(task(number), now=0)[0] for number in range(3)]
    assert answers == [Submission.ACCEPTED, Submission.ACCEPTED, Submission.QUEUE_FULL]


def test_empty_queue_limit_still_lets_free_executors_work() -> None:
    executors = pool(1, queue_limit=0)
    answers = [executors.submit(task(number), now=0)[0] for number in range(2)]
    assert answers == [Submission.ACCEPTED, Submission.QUEUE_FULL]


def test_finished_try_is_reported_with_its_times() -> None:
    executors = pool(1)
    executors.submit(task(1), now=5)
    executors.admitted("x0", key(1), 1, Admission.STARTED, now=6)
    executors.admitted("x0", key(1), 1, Admission.DUPLICATE, now=7)
    first, second = executors.finished("x0", key(1), 1, is_success=True, now=9)
    assert isinstance(first, TryEnded)
    result = first.result
    assert (result.placed_ns, result.started_ns, result.ended_ns) == (5, 6, 9)
    assert (result.token, result.status) == (7, TaskStatus.SUCCEEDED)
    assert second == TaskEnded(key(1), TaskStatus.SUCCEEDED)


def test_failure_without_retries_is_final() -> None:
    executors = pool(1)
    executors.submit(task(1), now=0)
    assert ended(executors.finished("x0", key(1), 1, is_success=False, now=3)) == [
        (1, TaskStatus.FAILED)
    ]


def test_failed_try_is_repeated_after_its_back_off_until_tries_run_out() -> None:
    executors = pool(1)
    executors.submit(task(1, retries=1), now=0)
    failed = executors.finished("x0", key(1), 1, is_success=False, now=3)
    assert tries(failed) == [(1, TaskStatus.FAILED)]
    assert executors.status(key(1)) is TaskStatus.RETRYING
    assert executors.next_deadline() == 23
    assert executors.tick(now=22) == ()
    assert orders(executors.tick(now=23)) == [("x0", 1, 2)]
    assert ended(executors.finished("x0", key(1), 2, is_success=False, now=30)) == [
        (1, TaskStatus.FAILED)
    ]


def test_retry_prefers_another_of_equally_idle_executors() -> None:
    executors = pool(1, 1)
    executors.submit(task(1, retries=1), now=0)
    executors.finished("x0", key(1), 1, is_success=False, now=3)
    assert orders(executors.tick(now=23)) == [("x1", 1, 2)]


def test_executor_is_free_for_others_while_a_task_backs_off() -> None:
    executors = pool(1)
    executors.submit(task(1, retries=1), now=0)
    executors.submit(task(2), now=0)
    assert orders(executors.finished("x0", key(1), 1, is_success=False, now=3)) == [("x0", 2, 1)]


def test_try_times_out_at_its_deadline_and_is_stopped() -> None:
    executors = pool(1)
    executors.submit(task(1), now=5)
    assert executors.next_deadline() == 105
    assert executors.tick(now=104) == ()
    actions = executors.tick(now=105)
    assert actions[0] == StopOrder("x0", key(1), 7, 1)
    assert ended(actions) == [(1, TaskStatus.TIMED_OUT)]
    assert executors.next_deadline() is None


def test_each_try_has_the_whole_timeout() -> None:
    executors = pool(1)
    executors.submit(task(1, retries=1), now=0)
    assert tries(executors.tick(now=100)) == [(1, TaskStatus.TIMED_OUT)]
    executors.tick(now=120)
    assert executors.next_deadline() == 220


def test_tasks_of_a_lost_executor_move_and_it_gets_nothing_more() -> None:
    executors = pool(1, 1)
    executors.submit(task(1, retries=1), now=0)
    assert tries(executors.executor_lost("x0", now=4)) == [(1, TaskStatus.LOST)]
    assert orders(executors.tick(now=24)) == [("x1", 1, 2)]
    assert orders(executors.submit(task(2), now=25)[1]) == []
    assert orders(executors.heard("x0", now=26)) == [("x0", 2, 1)]


def test_lost_task_without_retries_is_final() -> None:
    executors = pool(1)
    executors.submit(task(1), now=0)
    assert ended(executors.executor_lost("x0", now=4)) == [(1, TaskStatus.LOST)]


def test_silent_executor_is_lost_strictly_after_its_lease() -> None:
    executors = pool(1, executor_lease_ns=10)
    executors.heard("x0", now=0)
    executors.submit(task(1), now=0)
    assert executors.next_deadline() == 11
    assert executors.tick(now=10) == ()
    assert ended(executors.tick(now=11)) == [(1, TaskStatus.LOST)]


def test_new_life_of_an_executor_loses_the_tries_of_the_last() -> None:
    executors = pool(1)
    executors.heard("x0", now=0, life=1)
    executors.submit(task(1, retries=1), now=1)
    assert executors.heard("x0", now=2, life=1) == ()
    assert tries(executors.heard("x0", now=3, life=2)) == [(1, TaskStatus.LOST)]
    assert orders(executors.tick(now=23)) == [("x0", 1, 2)]


def test_late_sign_of_an_earlier_life_is_ignored() -> None:
    executors = pool(1, executor_lease_ns=10)
    executors.heard("x0", now=0, life=2)
    executors.submit(task(1), now=0)
    assert executors.heard("x0", now=9, life=1) == ()
    assert ended(executors.tick(now=11)) == [(1, TaskStatus.LOST)]


def test_silence_while_the_pool_was_away_is_excused_but_nobody_is_revived() -> None:
    executors = pool(1, 1, executor_lease_ns=10)
    executors.heard("x0", now=0)
    executors.heard("x1", now=0)
    executors.executor_lost("x0", now=1)
    executors.excuse_silence(now=100)
    assert executors.tick(now=110) == ()
    assert orders(executors.submit(task(1), now=110)[1]) == [("x1", 1, 1)]
    assert ended(executors.tick(now=111)) == [(1, TaskStatus.LOST)]


def test_retry_without_back_off_follows_a_timeout_in_the_same_tick() -> None:
    executors = pool(1)
    executors.submit(replace(task(1, retries=1), backoff_ns=0), now=0)
    assert orders(executors.tick(now=100)) == [("x0", 1, 2)]
    assert executors.next_deadline() == 200


def test_success_of_a_try_given_up_is_fenced_once() -> None:
    executors = pool(1, 1)
    executors.submit(task(1, retries=1), now=0)
    executors.executor_lost("x0", now=4)
    executors.tick(now=24)
    late = executors.finished("x0", key(1), 1, is_success=True, now=30)
    assert late == (ResultFenced(key(1), "x0", 1),)
    assert executors.finished("x0", key(1), 1, is_success=True, now=31) == ()
    assert ended(executors.finished("x1", key(1), 2, is_success=True, now=40)) == [
        (1, TaskStatus.SUCCEEDED)
    ]


def test_repeated_report_of_the_winning_try_changes_nothing() -> None:
    executors = pool(1)
    executors.submit(task(1), now=0)
    executors.finished("x0", key(1), 1, is_success=True, now=1)
    assert executors.finished("x0", key(1), 1, is_success=True, now=2) == ()
    assert executors.finished("x0", key(1), 1, is_success=False, now=2) == ()


def test_report_about_an_unknown_run_is_ignored() -> None:
    assert pool(1).finished("x0", key(1), 1, is_success=True, now=2) == ()


def test_report_from_another_executor_is_not_about_the_current_try() -> None:
    executors = pool(1, 1)
    executors.submit(task(1), now=0)
    executors.finished("x1", key(1), 1, is_success=False, now=2)
    assert executors.status(key(1)) is TaskStatus.RUNNING


def test_late_report_of_an_earlier_try_does_not_end_the_one_that_runs_there_now() -> None:
    executors = pool(1)
    executors.submit(task(1, retries=1), now=0)
    executors.tick(now=100)
    assert orders(executors.tick(now=120)) == [("x0", 1, 2)]
    assert executors.finished("x0", key(1), 1, is_success=False, now=130) == ()
    assert executors.admitted("x0", key(1), 1, Admission.OVERTAKEN, now=130) == ()
    assert executors.status(key(1)) is TaskStatus.RUNNING


def test_busy_executor_costs_a_back_off_but_no_try() -> None:
    executors = pool(1)
    executors.submit(task(1, retries=1), now=0)
    assert executors.admitted("x0", key(1), 1, Admission.BUSY, now=2) == ()
    assert executors.status(key(1)) is TaskStatus.RETRYING
    assert orders(executors.tick(now=22)) == [("x0", 1, 2)]
    assert tries(executors.finished("x0", key(1), 2, is_success=False, now=30)) == [
        (2, TaskStatus.FAILED)
    ]
    assert orders(executors.tick(now=50)) == [("x0", 1, 3)]
    assert ended(executors.finished("x0", key(1), 3, is_success=False, now=60)) == [
        (1, TaskStatus.FAILED)
    ]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Admission.UNKNOWN_KIND, TaskStatus.FAILED),
        (Admission.OVERTAKEN, TaskStatus.FENCED),
    ],
)
def test_refused_order_ends_the_task(answer: Admission, status: TaskStatus) -> None:
    executors = pool(1)
    executors.submit(task(1), now=0)
    assert ended(executors.admitted("x0", key(1), 1, answer, now=2)) == [(1, status)]
    assert executors.running_on("x0") == ()


def test_cancelled_run_is_stopped_and_its_place_given_on() -> None:
    executors = pool(1)
    executors.submit(task(1), now=0)
    executors.submit(task(2), now=0)
    actions = executors.cancel(key(1), now=3)
    assert actions[0] == StopOrder("x0", key(1), 7, 1)
    assert ended(actions) == [(1, TaskStatus.CANCELLED)]
    assert orders(actions) == [("x0", 2, 1)]


def test_waiting_and_retrying_tasks_can_be_cancelled() -> None:
    executors = pool(1)
    executors.submit(task(1, retries=1), now=0)
    executors.submit(task(2), now=0)
    assert ended(executors.cancel(key(2), now=1)) == [(2, TaskStatus.CANCELLED)]
    executors.finished("x0", key(1), 1, is_success=False, now=3)
    assert executors.cancel(key(1), now=4) == (TaskEnded(key(1), TaskStatus.CANCELLED),)
    assert executors.tick(now=1000) == ()


def test_cancelling_what_ended_changes_nothing() -> None:
    executors = pool(1)
    executors.submit(task(1), now=0)
    executors.finished("x0", key(1), 1, is_success=True, now=1)
    assert executors.cancel(key(1), now=2) == ()
    assert executors.status(key(1)) is TaskStatus.SUCCEEDED
