"""The judgement itself: intervals that hold, tolerances that are just that, the second look."""

import math

import numpy as np
import pytest

from models.base.streams import Stream
from models.quality.interval import t_interval
from tests.theory.cases import Case
from tests.theory.judge import AGAIN, FRESH_SEED, MISSED_TWICE, SEED, judge, judge_long
from tests.theory.queues import as_planned
from tests.theory.score import (
    Score,
    at_most,
    of_controlled,
    of_count,
    of_exact,
    of_mean,
    of_means,
    of_quantile,
    of_share,
    of_shares,
    together,
    within,
)
from tests.theory.station import Station, occupancy, paths, share_of_servers

CASE = Case("x-1", {}, 1.0)


def score(*, holds: bool, half_width: float = 0.5, width: float | None = 0.01) -> Score:
    return Score(1.0, half_width, holds, 100, "jobs", width)


def test_a_miss_is_looked_at_once_more_with_fresh_seeds_and_four_times_as_long() -> None:
    calls = []

    def scorer(case: Case, seed: int, scale: float) -> Score:
        calls.append((case.id, seed, scale))
        return score(holds=len(calls) == 2)

    found = judge(CASE, scorer, 0.5)
    assert calls == [("x-1", SEED, 0.5), ("x-1", FRESH_SEED, AGAIN * 0.5)]
    assert (found.holds, found.looks, found.verdict) == (True, 2, "holds")


def test_two_misses_are_a_defect() -> None:
    found = judge(CASE, lambda *_: score(holds=False), 1.0)
    assert (found.holds, found.looks, found.verdict) == (False, 2, MISSED_TWICE)


def test_a_long_run_is_as_much_longer_as_its_width_asks_for() -> None:
    scales = []

    def scorer(_: Case, __: int, scale: float) -> Score:
        scales.append(scale)
        return score(holds=True, half_width=0.02 / math.sqrt(scale))

    found = judge_long(CASE, scorer)
    assert scales == [1.0, pytest.approx(1.2 * 4)]
    assert found.verdict == "holds"


def test_a_long_run_that_misses_twice_is_a_defect_also_if_its_width_is_out_of_reach() -> None:
    found = judge_long(CASE, lambda *_: score(holds=False, half_width=1e9))
    assert (found.holds, found.verdict) == (False, MISSED_TWICE)


def test_a_width_out_of_reach_is_told_with_the_sample_it_needs() -> None:
    found = judge_long(CASE, lambda *_: score(holds=True, half_width=1e9))
    assert found.verdict == "out of reach: needs 1.2e+24 jobs"
    assert found.holds


def test_approximations_have_room_beyond_the_interval() -> None:
    near = Score(1.04, 0.01, False, 1, "jobs")
    assert within(near, 1.0, relative=0.04).holds
    assert not within(near, 1.0, relative=0.02).holds
    assert within(near, 1.0, absolute=0.04).holds


def test_an_upper_bound_is_broken_only_by_the_whole_interval() -> None:
    assert at_most(Score(1.1, 0.1, False, 1, "jobs"), 1.0).holds
    assert not at_most(Score(1.1, 0.09, True, 1, "jobs"), 1.0).holds


def test_all_figures_of_a_case_must_hold() -> None:
    assert not together([score(holds=True), score(holds=False)]).holds
    assert together([score(holds=True), score(holds=True)]).holds


def test_exact_figures_are_exact_to_nine_digits() -> None:
    assert of_exact(9.0, 9.0 + 1e-9).holds
    assert not of_exact(9.0, 9.0 + 1e-7).holds
    assert of_exact(0.0, 1e-10).holds


def test_few_events_are_judged_by_their_count() -> None:
    """No event in 1,000: up to -ln(0.0005) / 1000 is not excluded."""
    runs = [np.zeros(1000, dtype=bool)]
    assert of_shares(0.0075, runs, 10).holds
    assert not of_shares(0.0077, runs, 10).holds


def test_counts_of_rare_events_bound_the_mean_between_them() -> None:
    """Two events: the mean is at most half the 0.9995 quantile of chi-square with 6 degrees.

    That is 24.10 / 2 = 12.05. Source: Garwood 1936.
    """
    assert of_count(1000 / 12.0, 2, 1000.0, "beats").holds
    assert not of_count(1000 / 12.1, 2, 1000.0, "beats").holds
    assert of_count(1e9, 0, 1000.0, "beats").half_width == math.inf


def test_a_wrong_value_is_refused_by_every_kind_of_interval() -> None:
    values = Stream(2, "values").uniforms(100_000)
    assert of_mean(0.5, values, 1, "draws").holds
    assert not of_mean(0.51, values, 1, "draws").holds
    assert of_means(0.5, [values], 20).holds
    assert not of_means(0.51, [values], 20).holds
    assert of_quantile(0.9, [values], 0.9, 20).holds
    assert not of_quantile(0.91, [values], 0.9, 20).holds
    assert of_quantile(0.9, [values, values[::-1]], 0.9, 20).holds
    assert not of_quantile(0.91, [values, values[::-1]], 0.9, 20).holds
    assert of_share(0.25, 2500, 10_000).holds
    assert not of_share(0.27, 2500, 10_000).holds


def test_a_quantile_too_near_the_end_for_its_share_is_bounded_by_the_batches_own() -> None:
    """20 batches of 1 to 500, each shifted by its number: all but the last 0.2 % lie under 514."""
    run = np.concatenate([np.arange(1, 501) + shift for shift in range(20)]).astype(np.float64)
    found = of_quantile(510.0, [run], 0.998, 20)
    spread = t_interval([float(499 + shift) for shift in range(20)], 0.999).half_width
    assert found.half_width == pytest.approx(spread)
    assert found.holds == (abs(found.estimate - 510.0) <= spread)


def test_controls_narrow_the_interval_and_keep_it_right() -> None:
    """y = 3 x + noise of a tenth; x has mean 1/2."""
    stream = Stream(3, "controls")
    x, noise = stream.uniforms(20_000), stream.uniforms(20_000)
    y = 3 * x + (noise - 0.5) / 10
    plain = of_means(1.5, [y], 20)
    controlled = of_controlled(1.5, [(y, [(x, 0.5)])], 20)
    assert controlled.holds
    assert controlled.half_width < plain.half_width / 10
    assert not of_controlled(1.51, [(y, [(x, 0.5)])], 20).holds


def test_a_short_run_in_heavy_traffic_has_at_least_the_half_width_that_theory_plans_with() -> None:
    """M/M/1 at 0.9 over 10^6 service times: 3.29 sqrt(2 * 1.9 / (0.9 * 0.01) / 10^6) = 6.76 %."""
    found = Score(9.7, 0.1, False, 900_000, "jobs", 0.01)
    short = as_planned(found, 10.0, Station(0.9), batches=5)
    assert short.half_width == pytest.approx(0.676, abs=0.001)
    assert short.holds
    assert as_planned(found, 10.0, Station(0.9), batches=20) == found
    wide = Score(9.7, 5.0, True, 900_000, "jobs", 0.01)
    assert as_planned(wide, 10.0, Station(0.9), batches=5) == wide


def test_an_occupancy_counts_who_is_inside() -> None:
    """The area under the step function is the time that all jobs spent inside."""
    (run,) = paths(Station(1.5, slots=2, jobs=2000), 1, 1.0)
    steps = occupancy(run)
    area = float((steps.level[:-1] * np.diff(steps.time)).sum())
    assert area == pytest.approx(run.sojourn.sum(), rel=1e-9)
    assert steps.level.min() == 0
    whole = steps.means(steps.level, 4)
    assert whole.mean() == pytest.approx(steps.means(steps.level, 1)[0])


def test_every_server_is_counted_for_itself() -> None:
    """At least one job: as often as servers are busy, which is the load."""
    station = Station(2.0, servers=4, jobs=40_000)
    (run,) = paths(station, 1, 1.0)
    assert share_of_servers(run, 1, 4).mean() == pytest.approx(0.5, abs=0.02)
    assert share_of_servers(run, 0, 4).mean() <= 1.0
    busy = [float(run.sojourn[run.server == server].sum()) for server in range(4)]
    two_or_more = share_of_servers(run, 2, 4).mean()
    assert 0.0 < two_or_more < 0.5
    assert len(busy) == 4
