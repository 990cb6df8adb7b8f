"""Policies of one job: vectors of semantics.md 11.2 (Kubernetes CronJob)."""

import pytest

from models.base.distributions import Deterministic
from models.base.time import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S
from models.scheduling.backlog import MISSED_LIMIT, JobBacklog, Ruling, SkipReason
from models.scheduling.config import JobConfig, Misfire, Overlap

MIN = NS_PER_MINUTE
GRACE = NS_PER_S


def backlog(
    *,
    schedule: str = "*/5 * * * *",
    misfire: Misfire = Misfire.FIRE_ONCE,
    overlap: Overlap = Overlap.ALLOW,
    deadline_ns: int | None = None,
) -> JobBacklog:
    config = JobConfig(
        "job",
        schedule,
        Deterministic(0),
        misfire=misfire,
        overlap=overlap,
        starting_deadline_ns=deadline_ns,
    )
    return JobBacklog(config, cursor=0, grace_ns=GRACE)


def started(rulings: tuple[Ruling, ...]) -> list[float]:
    return [ruling.scheduled_ns / MIN for ruling in rulings if ruling.reason is None]


def skipped(rulings: tuple[Ruling, ...]) -> list[tuple[float, SkipReason]]:
    return [
        (ruling.scheduled_ns / MIN, ruling.reason)
        for ruling in rulings
        if ruling.reason is not None
    ]


def test_nothing_is_decided_before_it_is_due() -> None:
    job = backlog()
    assert job.next_due == 5 * MIN
    assert job.decide(wall=5 * MIN - 1) == ()
    assert started(job.decide(wall=5 * MIN)) == [5]
    assert job.decide(wall=5 * MIN) == ()


def test_controller_down_for_42_minutes_starts_the_latest_once() -> None:
    rulings = backlog().decide(wall=42 * MIN)
    assert started(rulings) == [40]
    assert skipped(rulings) == [(5 * k, SkipReason.SUPERSEDED) for k in range(1, 8)]


def test_deadline_of_a_minute_leaves_nothing_to_start_two_minutes_late() -> None:
    rulings = backlog(deadline_ns=MIN).decide(wall=42 * MIN)
    assert started(rulings) == []
    assert skipped(rulings) == [(5 * k, SkipReason.TOO_LATE) for k in range(1, 9)]


def test_deadline_of_a_minute_still_starts_thirty_seconds_late() -> None:
    assert started(backlog(deadline_ns=MIN).decide(wall=40 * MIN + MIN // 2)) == [40]


@pytest.mark.parametrize(("late", "expected"), [(MIN, [5]), (MIN + 1, [])])
def test_start_exactly_at_the_deadline_is_in_time(late: int, expected: list[int]) -> None:
    assert started(backlog(deadline_ns=MIN).decide(wall=5 * MIN + late)) == expected


def test_forbid_runs_the_missed_tick_when_the_run_before_it_ends() -> None:
    # schedule */5, each run takes 7 minutes: starts at 0, 7 (for 5), 14 (for 10), 21 (for 20)
    job = backlog(overlap=Overlap.FORBID)
    starts = []
    wall = 5 * MIN
    for _ in range(4):
        (tick,) = started(job.decide(wall=wall))
        starts.append((wall / MIN - 5, tick - 5))
        for minute in range(7):
            assert job.decide(wall=wall + minute * MIN) == ()
        wall += 7 * MIN
        job.deactivate(int(tick * MIN))
    assert starts == [(0, 0), (7, 5), (14, 10), (21, 20)]


def test_forbid_with_a_short_deadline_skips_what_came_due_meanwhile() -> None:
    job = backlog(overlap=Overlap.FORBID, deadline_ns=MIN)
    job.decide(wall=5 * MIN)
    job.decide(wall=10 * MIN)
    job.deactivate(5 * MIN)
    assert skipped(job.decide(wall=12 * MIN)) == [(10, SkipReason.TOO_LATE)]


def test_forbid_waits_without_a_deadline_of_its_own() -> None:
    job = backlog(overlap=Overlap.FORBID)
    job.decide(wall=5 * MIN)
    assert job.is_blocked
    job.deactivate(5 * MIN)
    assert not job.is_blocked


def test_allow_starts_while_the_run_before_is_active() -> None:
    job = backlog(overlap=Overlap.ALLOW)
    assert [started(job.decide(wall=wall * MIN)) for wall in (5, 10)] == [[5], [10]]
    assert job.active == (5 * MIN, 10 * MIN)


def test_replace_is_never_blocked_and_starts_only_the_latest() -> None:
    job = backlog(overlap=Overlap.REPLACE, misfire=Misfire.FIRE_ALL)
    job.decide(wall=5 * MIN)
    assert started(job.decide(wall=20 * MIN)) == [20]


def test_fire_all_starts_every_missed_tick() -> None:
    rulings = backlog(misfire=Misfire.FIRE_ALL).decide(wall=17 * MIN)
    assert (started(rulings), skipped(rulings)) == ([5, 10, 15], [])


def test_fire_all_under_forbid_runs_them_one_after_the_other() -> None:
    job = backlog(misfire=Misfire.FIRE_ALL, overlap=Overlap.FORBID)
    wall, starts = 17 * MIN, []
    while rulings := job.decide(wall=wall):
        starts += started(rulings)
        assert job.decide(wall=wall) == ()
        job.deactivate(int(starts[-1] * MIN))
    assert starts == [5, 10, 15]


@pytest.mark.parametrize(("late", "expected"), [(GRACE, [5]), (GRACE + 1, [])])
def test_skip_runs_what_is_found_within_the_grace(late: int, expected: list[int]) -> None:
    assert started(backlog(misfire=Misfire.SKIP).decide(wall=5 * MIN + late)) == expected


def test_skip_drops_missed_ticks_but_runs_the_one_that_is_due_now() -> None:
    rulings = backlog(misfire=Misfire.SKIP).decide(wall=15 * MIN)
    assert started(rulings) == [15]
    assert skipped(rulings) == [(5, SkipReason.MISSED), (10, SkipReason.MISSED)]


def test_skip_says_when_it_was_a_run_that_stood_in_the_way() -> None:
    job = backlog(misfire=Misfire.SKIP, overlap=Overlap.FORBID)
    job.decide(wall=5 * MIN)
    assert job.decide(wall=10 * MIN) == ()
    job.deactivate(5 * MIN)
    assert skipped(job.decide(wall=12 * MIN)) == [(10, SkipReason.OVERLAP)]
    assert skipped(job.decide(wall=17 * MIN)) == [(15, SkipReason.MISSED)]


def test_job_down_for_ten_hours_starts_the_latest_of_600() -> None:
    rulings = backlog(schedule="* * * * *").decide(wall=10 * NS_PER_HOUR)
    assert started(rulings) == [600]
    assert skipped(rulings)[0] == (1, SkipReason.TOO_MANY_MISSED)
    assert len(rulings) == MISSED_LIMIT + 1


def test_deadline_of_200_s_leaves_three_of_600_to_choose_from() -> None:
    job = backlog(schedule="* * * * *", deadline_ns=200 * NS_PER_S)
    rulings = job.decide(wall=10 * NS_PER_HOUR + 30 * NS_PER_S)
    assert started(rulings) == [600]
    assert [tick for tick, reason in skipped(rulings) if reason is SkipReason.SUPERSEDED] == [
        598,
        599,
    ]


def test_start_that_came_to_nothing_is_tried_again() -> None:
    job = backlog()
    job.decide(wall=5 * MIN)
    job.put_back(5 * MIN)
    assert job.active == ()
    assert job.has_put_back
    assert job.decide(wall=6 * MIN, is_held=True) == ()
    assert started(job.decide(wall=6 * MIN)) == [5]


def test_start_tried_again_gives_way_to_a_later_tick() -> None:
    job = backlog()
    job.decide(wall=5 * MIN)
    job.put_back(5 * MIN)
    rulings = job.decide(wall=10 * MIN, is_held=True)
    assert (started(rulings), skipped(rulings)) == ([10], [(5, SkipReason.SUPERSEDED)])


def test_new_leader_goes_on_after_the_last_decided_tick() -> None:
    job = backlog()
    job.resume((5 * MIN, 10 * MIN), forgotten_until=None)
    assert job.next_due == 15 * MIN
    assert job.decide(wall=15 * MIN - 1) == ()


def test_new_leader_of_fire_all_finds_the_start_that_never_arrived() -> None:
    job = backlog(misfire=Misfire.FIRE_ALL)
    job.resume((10 * MIN, 20 * MIN), forgotten_until=None)
    assert started(job.decide(wall=21 * MIN)) == [5, 15]


def test_new_leader_of_fire_all_does_not_dig_below_what_was_forgotten() -> None:
    job = backlog(misfire=Misfire.FIRE_ALL)
    job.resume((15 * MIN, 20 * MIN), forgotten_until=10 * MIN)
    assert job.decide(wall=21 * MIN) == ()


def test_wall_clock_stepped_back_does_not_repeat_a_tick() -> None:
    job = backlog()
    job.decide(wall=60 * MIN)
    assert job.decide(wall=10 * MIN) == ()
    assert started(job.decide(wall=65 * MIN)) == [65]
