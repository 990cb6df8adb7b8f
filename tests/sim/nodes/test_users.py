"""Closed loops: users who think, ask, wait for the answer and think again."""

from dataclasses import replace

import numpy as np
import pytest

from models.base.distributions import Deterministic, Exponential
from models.base.outcome import RequestOutcome
from models.service.traffic import MixEntry, RateProfile, SourceSpec, UserSpec
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, service

SILENT = RateProfile((0,), (0.0,))


def world(
    users: UserSpec, *, seconds: float = 20, seed: int = 1, slots: int = 50, timeout_ms: int = 0
) -> World:
    plan = blueprint(
        [service("shop", count=1, slots=slots, work=Deterministic(10 * MS))],
        [edge("users", "shop", timeout_ns=timeout_ms * MS)],
        seconds=seconds,
        latency=Deterministic(0),
    )
    source = SourceSpec("users", "shop", (MixEntry("do", 1.0),), SILENT, users=users)
    return build(replace(plan, sources=(source,)), seed)


def requests(users: UserSpec, **more):
    return world(users, **more).run().tables[0]


def test_one_user_asks_again_a_think_after_the_answer() -> None:
    table = requests(UserSpec(1, Deterministic(90 * MS)), seconds=1)
    assert table["arrival_ns"].tolist() == [90 * MS + k * 100 * MS for k in range(10)]


def test_there_are_never_more_requests_under_way_than_users() -> None:
    table = requests(UserSpec(7, Exponential(50 * MS)), slots=2)
    begins, ends = table["arrival_ns"], table["arrival_ns"] + table["duration_ns"]
    order = np.argsort(np.concatenate((ends, begins)), kind="stable")
    steps = np.concatenate((-np.ones(len(ends)), np.ones(len(begins))))[order]
    assert np.cumsum(steps).max() <= 7


def test_throughput_of_users_who_never_wait_is_one_over_think_and_work() -> None:
    table = requests(UserSpec(20, Exponential(990 * MS)), seconds=200)
    assert len(table) / 200 == pytest.approx(20.0, rel=0.05)


def test_users_come_one_after_another_over_the_ramp() -> None:
    table = requests(UserSpec(4, Deterministic(10 * S), ramp_ns=8 * S), seconds=19)
    assert table["arrival_ns"].tolist() == [10 * S, 12 * S, 14 * S, 16 * S]


def test_a_journey_is_walked_in_order_and_begun_anew_after_a_rest() -> None:
    users = UserSpec(1, Deterministic(90 * MS), journey=(0, 0, 0), rest=Deterministic(990 * MS))
    table = requests(users, seconds=3)
    gaps = np.diff(table["arrival_ns"])
    assert gaps.tolist()[:5] == [100 * MS, 100 * MS, 1000 * MS, 100 * MS, 100 * MS]


def test_a_time_out_ends_the_wait() -> None:
    table = requests(UserSpec(1, Deterministic(95 * MS)), seconds=1, timeout_ms=5)
    outcomes = set(table["outcome"].tolist())
    assert outcomes <= {RequestOutcome.TIMED_OUT, RequestOutcome.IN_FLIGHT}
    assert np.diff(table["arrival_ns"]).tolist() == [100 * MS] * (len(table) - 1)


def test_a_user_draws_the_same_whatever_the_others_do() -> None:
    """The first request of each user depends on that user's dice alone."""
    few = requests(UserSpec(3, Exponential(S)), seconds=4)
    many = requests(UserSpec(6, Exponential(S)), seconds=4)
    assert set(few["arrival_ns"][:2].tolist()) <= set(many["arrival_ns"].tolist())


@pytest.mark.parametrize("shuffle_ties", [False, True])
def test_every_request_of_a_closed_loop_is_accounted_for(shuffle_ties: bool) -> None:
    made = world(UserSpec(30, Exponential(20 * MS)), slots=1, seconds=5)
    plan = made.blueprint
    counts = build(plan, 3, shuffle_ties=shuffle_ties).run().counts
    ends = counts.completed + counts.failed + counts.rejected + counts.timed_out
    assert counts.offered == ends + counts.in_flight > 400
