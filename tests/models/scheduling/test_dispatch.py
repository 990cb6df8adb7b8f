"""Claim, submit, settle; naive_defects.md (scheduler: a failed submit leaves the lock held)."""

from models.base.distributions import Deterministic
from models.scheduling.backlog import SkipReason
from models.scheduling.config import ExecutorConfig, JobConfig
from models.scheduling.dispatch import DispatchAction, RunDispatcher, RunEnded
from models.scheduling.pool import ExecutorPool, RunOrder, StopOrder
from models.scheduling.runs import Claim, RunStore
from models.scheduling.scheduler import CancelRun, OpenRuns, Skipped, StartResult, StartRun
from models.scheduling.tasks import RunKey, SleepHandler, TaskStatus

JOBS = (
    JobConfig(
        "job",
        "* * * * *",
        Deterministic(0),
        payload={"to": "me"},
        timeout_ns=50,
        retries=3,
        retry_backoff_ns=7,
    ),
    JobConfig("odd", "* * * * *", Deterministic(0), task="unheard-of"),
)


class Desk:
    """A dispatcher over one executor of capacity 1 that lets nothing wait."""

    def __init__(self) -> None:
        self.store = RunStore()
        self.pool = ExecutorPool(
            [ExecutorConfig("x", "a")], {"sleep": SleepHandler()}, queue_limit=0
        )
        self.dispatcher = RunDispatcher(JOBS, self.store, self.pool)

    def start(
        self, tick: int, *, job: str = "job", token: int = 1
    ) -> tuple[StartResult, bool, tuple[DispatchAction, ...]]:
        answer, actions = self.dispatcher.start(StartRun(job, tick, token), now=0)
        assert (answer.job, answer.scheduled_ns, answer.token) == (job, tick, token)
        assert answer.revision == self.store.revision
        return answer.result, answer.is_active, actions

    def finish(self, tick: int) -> tuple[DispatchAction, ...]:
        key = RunKey("job", tick)
        return self.dispatcher.settle(self.pool.finished("x", key, 1, is_success=True, now=9))


def test_start_is_claimed_and_handed_to_an_executor_as_the_job_says() -> None:
    result, is_active, (order,) = Desk().start(10, token=4)
    assert (result, is_active) == (StartResult.ACCEPTED, True)
    assert isinstance(order, RunOrder)
    task = order.task
    assert (task.key, task.token, task.kind) == (RunKey("job", 10), 4, "sleep")
    assert (task.payload, task.timeout_ns) == ({"to": "me"}, 50)
    assert (task.retries, task.backoff_ns) == (3, 7)


def test_repeated_start_is_a_duplicate_and_places_nothing() -> None:
    desk = Desk()
    desk.start(10)
    assert desk.start(10) == (StartResult.DUPLICATE, True, ())
    desk.finish(10)
    assert desk.start(10) == (StartResult.DUPLICATE, False, ())


def test_start_under_an_old_token_is_fenced() -> None:
    desk = Desk()
    assert desk.dispatcher.open(OpenRuns(2)) is not None
    assert desk.start(10, token=1) == (StartResult.FENCED, False, ())
    assert desk.dispatcher.open(OpenRuns(1)) is None


def test_start_that_finds_no_room_leaves_nothing_locked() -> None:
    desk = Desk()
    desk.start(10)
    assert desk.start(20) == (StartResult.REJECTED, False, ())
    desk.finish(10)
    assert desk.start(20)[0] is StartResult.ACCEPTED


def test_end_of_a_run_is_recorded_and_announced_after_the_facts() -> None:
    desk = Desk()
    desk.start(10)
    actions = desk.finish(10)
    assert actions[-1] == RunEnded("job", 10, TaskStatus.SUCCEEDED, desk.store.revision)
    assert not desk.store.is_active("job", 10)


def test_task_that_no_executor_can_run_ends_as_failed_instead_of_trying_for_ever() -> None:
    desk = Desk()
    for job in ("odd", "unknown"):
        result, is_active, actions = desk.start(10, job=job)
        assert (result, is_active) == (StartResult.ACCEPTED, False)
        assert actions[-1] == RunEnded(job, 10, TaskStatus.FAILED, desk.store.revision)
        assert desk.start(10, job=job)[0] is StartResult.DUPLICATE


def test_skipped_tick_cannot_be_started_by_a_later_leader() -> None:
    desk = Desk()
    assert desk.dispatcher.skip(Skipped("job", 10, SkipReason.MISSED, 1)) is Claim.ACCEPTED
    assert desk.start(10, token=2) == (StartResult.DUPLICATE, False, ())


def test_cancelled_run_is_stopped_and_ends() -> None:
    desk = Desk()
    desk.start(10)
    actions = desk.dispatcher.cancel(CancelRun("job", 10, 1), now=5)
    assert isinstance(actions[0], StopOrder)
    assert actions[-1] == RunEnded("job", 10, TaskStatus.CANCELLED, desk.store.revision)


def test_start_that_arrives_after_its_cancellation_is_not_run() -> None:
    desk = Desk()
    assert desk.dispatcher.cancel(CancelRun("job", 10, 1), now=5) == ()
    assert desk.start(10) == (StartResult.DUPLICATE, False, ())


def test_cancellation_under_an_old_token_changes_nothing() -> None:
    desk = Desk()
    desk.start(10, token=2)
    assert desk.dispatcher.cancel(CancelRun("job", 10, 1), now=5) == ()
    assert desk.store.is_active("job", 10)
