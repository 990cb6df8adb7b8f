"""One scheduler's turns; naive_defects.md (scheduler) and planted bugs PB12-PB14."""

import pytest

from models.base.distributions import Deterministic
from models.base.errors import ConfigError
from models.base.time import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S
from models.scheduling.backlog import SkipReason
from models.scheduling.config import JobConfig, Misfire, Overlap
from models.scheduling.runs import JobRuns, RunHistory
from models.scheduling.scheduler import (
    CancelRun,
    CronScheduler,
    OpenRuns,
    Role,
    Skipped,
    StartAnswer,
    StartResult,
    StartRun,
)

MIN = NS_PER_MINUTE
T5, T10 = 5 * MIN, 10 * MIN
SYNC, RETRY = 10 * NS_PER_S, 2 * NS_PER_S


def job(
    name: str = "job",
    *,
    schedule: str = "*/5 * * * *",
    misfire: Misfire = Misfire.FIRE_ONCE,
    overlap: Overlap = Overlap.FORBID,
) -> JobConfig:
    return JobConfig(name, schedule, Deterministic(0), misfire=misfire, overlap=overlap)


def leading(*jobs: JobConfig, token: int = 1) -> CronScheduler:
    """A leader at now = wall = 0 that has read an empty run store."""
    scheduler = CronScheduler(jobs or (job(),), created_wall=0, sync_ns=SYNC, retry_ns=RETRY)
    scheduler.lead(token, now=0)
    assert scheduler.tick(now=0, wall=0) == (OpenRuns(token),)
    scheduler.opened(RunHistory(token, 0, ()))
    return scheduler


def starts(scheduler: CronScheduler, at: int) -> list[StartRun]:
    return [action for action in scheduler.tick(now=at, wall=at) if isinstance(action, StartRun)]


def answer(
    tick: int,
    result: StartResult = StartResult.ACCEPTED,
    *,
    name: str = "job",
    token: int = 1,
    is_active: bool = True,
    revision: int = 1,
) -> StartAnswer:
    return StartAnswer(name, tick, token, result, is_active, revision)


def test_follower_does_nothing() -> None:
    scheduler = CronScheduler((job(),), created_wall=0)
    assert scheduler.next_deadline() is None
    assert scheduler.tick(now=T5, wall=T5) == ()
    assert scheduler.token is None


def test_leader_reads_the_run_store_before_it_starts_anything() -> None:
    scheduler = CronScheduler((job(),), created_wall=0, retry_ns=RETRY)
    scheduler.lead(1, now=T5)
    assert scheduler.next_deadline() == T5
    assert scheduler.tick(now=T5, wall=T5) == (OpenRuns(1),)
    assert scheduler.role is Role.OPENING
    assert scheduler.next_deadline() == T5 + RETRY
    scheduler.opened(RunHistory(1, 0, ()))
    assert scheduler.next_deadline() == T5
    assert scheduler.tick(now=T5, wall=T5) == (StartRun("job", T5, 1),)


def test_next_deadline_is_the_tick_seen_through_both_clocks_but_at_most_a_sync_away() -> None:
    scheduler = leading()
    offset = NS_PER_HOUR
    wall = offset + T5 - 3 * NS_PER_S
    scheduler.tick(now=7, wall=wall)
    scheduler.start_answered(answer(offset, is_active=False), now=7)
    assert scheduler.next_deadline() == 7 + 3 * NS_PER_S
    assert leading().next_deadline() == SYNC


def test_job_runs_again_after_each_run_has_ended() -> None:
    # naive defect: status stays "running", so a task runs once ever
    scheduler = leading()
    for number in range(1, 4):
        tick = number * T5
        assert starts(scheduler, tick) == [StartRun("job", tick, 1)]
        scheduler.start_answered(answer(tick, revision=2 * number), now=tick)
        assert scheduler.active("job") == (tick,)
        scheduler.run_ended("job", tick, revision=2 * number + 1)
        assert scheduler.active("job") == ()


def test_unanswered_start_is_repeated_until_it_is_answered() -> None:
    scheduler = leading()
    starts(scheduler, T5)
    assert scheduler.next_deadline() == T5 + RETRY
    assert starts(scheduler, T5 + RETRY - 1) == []
    assert starts(scheduler, T5 + RETRY) == [StartRun("job", T5, 1)]
    scheduler.start_answered(answer(T5), now=T5 + RETRY)
    assert starts(scheduler, T5 + 2 * RETRY) == []


def test_rejected_start_is_tried_again_and_the_other_jobs_go_on() -> None:
    # naive defect: a failed submit leaves the lock held and skips the remaining tasks
    scheduler = leading(job("a"), job("b"))
    assert [start.job for start in starts(scheduler, T5)] == ["a", "b"]
    rejected = answer(T5, StartResult.REJECTED, name="a", is_active=False)
    scheduler.start_answered(rejected, now=T5)
    scheduler.start_answered(answer(T5, name="b"), now=T5)
    assert scheduler.next_deadline() == T5 + RETRY
    assert starts(scheduler, T5 + RETRY - 1) == []
    assert starts(scheduler, T5 + RETRY) == [StartRun("a", T5, 1)]
    scheduler.run_ended("b", T5, revision=5)
    scheduler.start_answered(answer(T5, name="a"), now=T5 + RETRY)
    assert starts(scheduler, T10) == [StartRun("b", T10, 1)]


def test_hold_after_a_rejection_does_not_delay_the_next_tick() -> None:
    scheduler = leading()
    late = T10 - 1
    starts(scheduler, late)
    scheduler.start_answered(answer(T5, StartResult.REJECTED, is_active=False), now=late)
    assert scheduler.next_deadline() == T10
    assert starts(scheduler, T10) == [StartRun("job", T10, 1)]


def test_duplicate_of_a_run_that_has_ended_does_not_block_the_job() -> None:
    scheduler = leading()
    starts(scheduler, T5)
    scheduler.start_answered(answer(T5, StartResult.DUPLICATE, is_active=False), now=T5)
    assert starts(scheduler, T10) == [StartRun("job", T10, 1)]


def test_duplicate_of_a_run_that_is_active_does() -> None:
    scheduler = leading()
    starts(scheduler, T5)
    scheduler.start_answered(answer(T5, StartResult.DUPLICATE), now=T5)
    assert starts(scheduler, T10) == []


def test_fenced_start_ends_the_term() -> None:
    scheduler = leading()
    starts(scheduler, T5)
    fenced = answer(T5, StartResult.FENCED, is_active=False)
    scheduler.start_answered(fenced, now=T5)
    assert scheduler.role is Role.FOLLOWING
    assert scheduler.next_deadline() is None


def test_answer_to_an_earlier_term_is_ignored() -> None:
    scheduler = leading(token=2)
    starts(scheduler, T5)
    fenced = answer(T5, StartResult.FENCED, token=1, is_active=False)
    scheduler.start_answered(fenced, now=T5)
    scheduler.opened(RunHistory(1, 99, (JobRuns("job", (T10,), ()),)))
    assert scheduler.role is Role.LEADING
    assert scheduler.active("job") == (T5,)


def test_old_token_does_not_begin_a_term() -> None:
    scheduler = leading(token=2)
    scheduler.lead(2, now=1)
    assert scheduler.role is Role.LEADING
    scheduler.unseat()
    scheduler.lead(1, now=1)
    assert scheduler.role is Role.FOLLOWING


def test_new_leader_goes_on_where_the_store_says() -> None:
    scheduler = CronScheduler((job(),), created_wall=0)
    scheduler.lead(2, now=T10)
    scheduler.tick(now=T10, wall=T10)
    scheduler.opened(RunHistory(2, 1, (JobRuns("job", (T5, T10), ()),)))
    assert starts(scheduler, T10 + 1) == []
    assert starts(scheduler, 3 * T5) == [StartRun("job", 3 * T5, 2)]


def test_new_leader_respects_the_run_its_predecessor_left_active() -> None:
    scheduler = CronScheduler((job(),), created_wall=0)
    scheduler.lead(2, now=T10)
    scheduler.tick(now=T10, wall=T10)
    scheduler.opened(RunHistory(2, 1, (JobRuns("job", (T5,), (T5,)),)))
    assert starts(scheduler, T10 + 1) == []
    scheduler.run_ended("job", T5, revision=2)
    assert starts(scheduler, T10 + 2) == [StartRun("job", T10, 2)]


def test_lost_notice_of_an_end_is_made_good_at_the_next_reading() -> None:
    scheduler = leading()
    starts(scheduler, T5)
    scheduler.start_answered(answer(T5), now=T5)
    assert scheduler.tick(now=T5 + SYNC, wall=T5 + SYNC) == (OpenRuns(1),)
    scheduler.opened(RunHistory(1, 2, (JobRuns("job", (T5,), ()),)))
    assert scheduler.active("job") == ()


def test_reading_older_than_an_answer_does_not_free_a_job() -> None:
    scheduler = leading()
    starts(scheduler, T5)
    scheduler.start_answered(answer(T5, revision=3), now=T5)
    scheduler.opened(RunHistory(1, 2, ()))
    assert scheduler.active("job") == (T5,)


def test_reading_does_not_free_a_job_whose_start_is_not_answered() -> None:
    scheduler = leading()
    starts(scheduler, T5)
    scheduler.opened(RunHistory(1, 0, ()))
    assert scheduler.active("job") == (T5,)


def test_reading_that_shows_the_run_answers_its_start() -> None:
    scheduler = leading()
    starts(scheduler, T5)
    scheduler.opened(RunHistory(1, 1, (JobRuns("job", (T5,), (T5,)),)))
    assert starts(scheduler, T5 + RETRY) == []


def test_end_that_overtakes_the_answer_is_not_undone_by_it() -> None:
    scheduler = leading()
    starts(scheduler, T5)
    scheduler.run_ended("job", T5, revision=2)
    scheduler.start_answered(answer(T5, revision=1), now=T5)
    assert scheduler.active("job") == ()


def test_replace_stops_the_active_run_first() -> None:
    scheduler = leading(job(overlap=Overlap.REPLACE))
    starts(scheduler, T5)
    scheduler.start_answered(answer(T5), now=T5)
    actions = scheduler.tick(now=T10, wall=T10)
    assert [action for action in actions if not isinstance(action, OpenRuns)] == [
        CancelRun("job", T5, 1),
        StartRun("job", T10, 1),
    ]


def test_start_that_is_replaced_before_its_answer_is_not_repeated() -> None:
    scheduler = leading(job(overlap=Overlap.REPLACE))
    starts(scheduler, T5)
    starts(scheduler, T10)
    assert starts(scheduler, T10 + RETRY) == [StartRun("job", T10, 1)]


def test_skipped_ticks_are_named_with_their_reason() -> None:
    scheduler = leading(job(misfire=Misfire.SKIP))
    actions = scheduler.tick(now=T5, wall=T5 + NS_PER_MINUTE)
    assert Skipped("job", T5, SkipReason.MISSED, 1) in actions


def test_step_of_the_wall_clock_is_noticed_within_a_sync() -> None:
    scheduler = leading()
    deadline = scheduler.next_deadline()
    assert deadline is not None
    assert deadline <= SYNC
    actions = scheduler.tick(now=deadline, wall=NS_PER_HOUR)
    assert StartRun("job", NS_PER_HOUR, 1) in actions


def test_losing_the_lock_and_leading_again_forgets_the_term_before() -> None:
    scheduler = leading()
    starts(scheduler, T5)
    scheduler.unseat()
    assert scheduler.tick(now=T10, wall=T10) == ()
    scheduler.lead(2, now=T10)
    scheduler.tick(now=T10, wall=T10)
    scheduler.opened(RunHistory(2, 0, ()))
    assert starts(scheduler, T10) == [StartRun("job", T10, 2)]


def test_two_jobs_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="'job'"):
        CronScheduler((job(), job()), created_wall=0)


@pytest.mark.parametrize("times", [{"sync_ns": 0}, {"retry_ns": 0}, {"grace_ns": -1}])
def test_periods_that_make_no_sense_are_refused(times: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        CronScheduler((), created_wall=0, **times)
