"""The jobs chapter: ticks, their executions, and who led."""

import pytest

from reports.pages.jobs import LEFT, WIDTH, jobs_view
from tests.reports.small_run import END, S, event, fault, small_run


def job(status, scheduled_s=60, *, began_s=None, ended_s=None, executor="e-1", attempt=1):
    began = scheduled_s + 1 if began_s is None else began_s
    ended = -1 if status == "running" else (began + 10 if ended_s is None else ended_s) * S
    return ("bill", scheduled_s * S, began * S, ended, attempt, "s-1", executor, 1, status)


def lock(time_s, kind, owner):
    return event(time_s * S, f"lock_{kind}", "leader", owner=owner, token=1)


@pytest.mark.parametrize(
    ("statuses", "judgement"),
    [
        (("succeeded",), "once"),
        (("lost", "succeeded"), "once"),
        (("succeeded", "succeeded"), "2 times"),
        (("lost", "failed"), "never"),
        (("lost", "running"), "not yet"),
        (("succeeded", "running"), "once"),
    ],
)
def test_a_tick_is_judged_by_how_often_it_succeeded(statuses, judgement):
    jobs = [job(status, attempt=i, began_s=60 + i) for i, status in enumerate(statuses)]
    (tick,) = jobs_view(small_run(jobs=jobs)).ticks
    assert tick.judgement == judgement


def test_ticks_stand_in_order_with_their_executions():
    jobs = [job("succeeded", 120), job("succeeded", 60, began_s=75), job("lost", 60)]
    ticks = jobs_view(small_run(jobs=jobs)).ticks
    assert [tick.scheduled_ns for tick in ticks] == [60 * S, 120 * S]
    assert [e.status for e in ticks[0].executions] == ["lost", "succeeded"]
    assert ticks[0].delay_ns == S


def test_every_executor_has_a_lane_and_its_bars_lie_on_the_axis():
    view = jobs_view(small_run(jobs=[job("succeeded"), job("running", 120, executor="e-2")]))
    assert [lane.name for lane in view.lanes] == ["e-1", "e-2"]
    (bar,) = view.lanes[0].bars
    scale = (WIDTH - LEFT) * S / END
    assert bar.x == pytest.approx(LEFT + 61 * scale, abs=0.1)
    (running,) = view.lanes[1].bars
    assert running.x + running.width == pytest.approx(WIDTH, abs=0.2)


def test_leaders_follow_each_other_on_the_lane_of_their_lock():
    events = [lock(1, "acquired", "a"), lock(90, "lost", "a"), lock(95, "acquired", "b")]
    view = jobs_view(small_run(events=events))
    (lane,) = view.lanes
    assert (lane.name, [bar.words for bar in lane.bars]) == ("lock leader", ["a", "b"])
    assert view.changes == 1


def test_a_late_loss_by_a_former_leader_ends_nothing():
    events = [lock(1, "acquired", "a"), lock(90, "acquired", "b"), lock(95, "lost", "a")]
    (lane,) = jobs_view(small_run(events=events)).lanes
    last = lane.bars[-1]
    assert last.x + last.width == pytest.approx(WIDTH, abs=0.2)


def test_renewing_is_no_change_of_leader():
    events = [lock(1, "acquired", "a"), lock(5, "acquired", "a")]
    view = jobs_view(small_run(events=events))
    assert (view.changes, len(view.lanes[0].bars)) == (0, 1)


def test_taking_the_lock_back_is_no_change_of_leader():
    events = [lock(1, "acquired", "a"), lock(5, "lost", "a"), lock(9, "acquired", "a")]
    assert jobs_view(small_run(events=events)).changes == 0


def test_faults_are_shaded():
    view = jobs_view(small_run(events=fault(60 * S, None)))
    assert [bar.words for bar in view.faults] == ["cut"]


def test_a_run_without_jobs_is_empty():
    view = jobs_view(small_run())
    assert (view.ticks, view.lanes, view.height) == ((), (), 0)
