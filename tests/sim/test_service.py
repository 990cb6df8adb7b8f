"""What an instance does with work: slots, queue, calls, and callers that have gone."""

from dataclasses import replace

import numpy as np
import pytest

from models.base.distributions import Deterministic
from models.base.outcome import TRY_BITS, Decision, Outcome, RequestOutcome
from models.records.schema import NO_INDEX
from models.records.table import Table
from models.service.spec import Cancel, MachineSpec
from models.traffic.config import BackoffConfig, Jitter, RetryConfig
from sim.blueprint import Blueprint
from sim.world import build
from tests.sim.worlds import MS, S, blueprint, edge, service

ONE_AT_A_TIME = Deterministic(100 * MS)


def run(plan: Blueprint, seed: int = 1) -> tuple[Table, Table]:
    outcome = build(plan, seed).run()
    return outcome.tables[0], outcome.tables[1]


def test_work_and_two_link_crossings_are_all_an_idle_service_takes() -> None:
    plan = blueprint(
        [service("shop", slots=100, work=Deterministic(10 * MS))], [edge("users", "shop")]
    )
    requests, _ = run(plan)
    done = requests["outcome"] == RequestOutcome.COMPLETED
    assert set(requests["duration_ns"][done].tolist()) == {12 * MS}


def test_steps_add_up_and_parallel_calls_overlap() -> None:
    tenth = Deterministic(10 * MS)
    plan = blueprint(
        [
            service("front", slots=100, work=tenth, calls=[["x"], ["x", "y"]]),
            service("x", slots=100, work=tenth),
            service("y", slots=100, work=Deterministic(40 * MS)),
        ],
        [edge("users", "front"), edge("front", "x"), edge("front", "y")],
        rate_per_s=50,
    )
    requests, attempts = run(plan)
    done = requests["outcome"] == RequestOutcome.COMPLETED
    assert set(requests["duration_ns"][done].tolist()) == {(2 + 10 + 12 + 42) * MS}
    assert len(attempts) == 4 * len(requests) or len(attempts) >= 4 * done.sum()


def test_a_full_queue_refuses_and_the_wait_of_the_others_is_recorded() -> None:
    plan = blueprint(
        [service("shop", count=1, slots=1, queue_limit=3, work=ONE_AT_A_TIME)],
        [edge("users", "shop", timeout_ns=5 * S)],
        rate_per_s=30,
    )
    requests, attempts = run(plan)
    refused = attempts["outcome"] == Outcome.QUEUE_FULL
    assert refused.any()
    assert set(attempts["duration_ns"][refused].tolist()) == {2 * MS}
    served = attempts["outcome"] == Outcome.OK
    waits_ns = attempts["wait_us"][served].astype(np.int64) * 1000
    assert np.all(np.abs(attempts["duration_ns"][served] - waits_ns - 102 * MS) <= 1000)
    assert attempts["wait_us"].max() <= 300_000
    assert (requests["outcome"] == RequestOutcome.REJECTED).sum() == refused.sum()


def busy_time_after_timeouts(cancel: Cancel) -> tuple[float, int]:
    """Share of time the one slot was busy, and how many requests completed."""
    plan = blueprint(
        [service("shop", count=1, slots=1, queue_limit=100, work=ONE_AT_A_TIME, cancel=cancel)],
        [edge("users", "shop", timeout_ns=60 * MS)],
        rate_per_s=5,
        seconds=40,
    )
    outcome = build(plan, 3).run()
    samples = outcome.tables[2]
    names = [series.name for series in outcome.manifest.series]
    busy = samples["series"] == names.index("world_busy_slots")
    return float(samples["value"][busy].mean()), outcome.counts.completed


def test_work_whose_caller_has_gone_runs_on_unless_the_service_cancels_it() -> None:
    kept, done = busy_time_after_timeouts(Cancel.NONE)
    stopped, _ = busy_time_after_timeouts(Cancel.RUNNING)
    assert done == 0
    assert stopped < kept * 0.85


def test_queued_work_whose_caller_has_gone_is_dropped_only_on_request() -> None:
    def served(cancel: Cancel) -> int:
        plan = blueprint(
            [service("shop", count=1, slots=1, queue_limit=100, work=ONE_AT_A_TIME, cancel=cancel)],
            [edge("users", "shop", timeout_ns=250 * MS)],
            rate_per_s=15,
        )
        return build(plan, 1).run().counts.completed

    assert served(Cancel.QUEUED) > 2 * served(Cancel.NONE)


def test_cancelling_running_work_frees_its_downstream_calls_too() -> None:
    plan = blueprint(
        [
            service("front", count=1, slots=10, calls=[["back"]], cancel=Cancel.RUNNING),
            service("back", count=1, slots=1, work=Deterministic(S), cancel=Cancel.RUNNING),
        ],
        [edge("users", "front", timeout_ns=100 * MS), edge("front", "back", timeout_ns=30 * S)],
        rate_per_s=3,
    )
    _, attempts = run(plan)
    downstream = attempts["parent"] != 0xFFFF_FFFF
    ended = set(attempts["outcome"][downstream].tolist())
    assert Outcome.CALLER_GONE in ended
    assert Outcome.OK not in ended


def test_retries_go_out_after_their_back_off_and_prefer_another_target() -> None:
    retry = RetryConfig(2, BackoffConfig(50 * MS, 50 * MS, Jitter.NONE))
    plan = blueprint(
        [service("shop", count=2, slots=1, queue_limit=0, work=ONE_AT_A_TIME)],
        [edge("users", "shop", retry=retry)],
        rate_per_s=30,
    )
    _, attempts = run(plan)
    order = np.lexsort((attempts["id"], attempts["request"]))
    request, start = attempts["request"][order], attempts["start_ns"][order]
    ended = start + attempts["duration_ns"][order]
    target, code = attempts["target"][order], attempts["try_decision"][order]
    again = (request[1:] == request[:-1]) & (code[1:] & 15 > 1)
    assert again.sum() > 50
    assert set((start[1:] - ended[:-1])[again].tolist()) == {50 * MS}
    assert np.all(target[1:][again] != target[:-1][again])
    decisions = {Decision(value) for value in np.unique(code >> TRY_BITS).tolist()}
    assert decisions == {Decision.NONE, Decision.RETRIED, Decision.EXHAUSTED}


def test_no_retries_still_means_one_try() -> None:
    plan = blueprint([service("shop")], [edge("users", "shop", retry=RetryConfig(0))])
    requests, attempts = run(plan)
    assert len(attempts) == len(requests) > 0


def test_a_service_without_instances_in_view_is_a_recorded_rejection() -> None:
    plan = blueprint([service("shop", count=0)], [edge("users", "shop")], rate_per_s=20)
    requests, attempts = run(plan)
    assert set(attempts["outcome"].tolist()) == {Outcome.NO_ENDPOINT}
    assert set(attempts["target"].tolist()) == {NO_INDEX}
    assert set(requests["outcome"].tolist()) == {RequestOutcome.REJECTED}


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_a_machines_speed_divides_the_work(speed: float) -> None:
    plan = blueprint(
        [service("shop", slots=100, work=Deterministic(10 * MS))], [edge("users", "shop")]
    )
    plan = replace(plan, machines=(MachineSpec("m", speed),))
    requests, _ = run(plan)
    done = requests["outcome"] == RequestOutcome.COMPLETED
    assert set(requests["duration_ns"][done].tolist()) == {round(10 * MS / speed) + 2 * MS}
