"""What a run leaves: numbers, try numbers, memory per attempt, and nothing for the collector."""

import gc

import numpy as np

from models.base.distributions import Deterministic
from models.base.outcome import TRIES_MAX, TRY_BITS, Decision, Outcome
from models.records.schema import ATTEMPTS, NO_PARENT, REQUESTS
from models.traffic.config import BackoffConfig, Jitter, RetryConfig
from sim.recording.recorder import Recorder
from sim.world import World, build
from tests.sim.worlds import MS, S, blueprint, edge, service


def test_an_attempt_takes_forty_bytes() -> None:
    assert ATTEMPTS.dtype().itemsize == 40


def test_a_request_takes_less_than_an_attempt() -> None:
    assert REQUESTS.dtype().itemsize <= 40


def test_the_last_try_number_that_fits_is_kept_apart_from_the_decision() -> None:
    retry = RetryConfig(TRIES_MAX - 1, BackoffConfig(MS, MS, Jitter.NONE))
    plan = blueprint(
        [service("shop", count=1, slots=1, queue_limit=0, work=Deterministic(5 * S))],
        [edge("users", "shop", timeout_ns=0, retry=retry)],
        rate_per_s=20,
        seconds=4,
    )
    attempts = build(plan, 1).run().tables[1]
    ended = attempts["outcome"] == Outcome.QUEUE_FULL
    code = attempts["try_decision"][ended]
    tries, decisions = code & TRIES_MAX, code >> TRY_BITS
    assert tries.min() == 1
    assert tries.max() == TRIES_MAX
    assert set(decisions[tries == TRIES_MAX].tolist()) == {Decision.EXHAUSTED}
    assert set(decisions[tries < TRIES_MAX].tolist()) == {Decision.RETRIED}


def test_nothing_is_recorded_after_the_record_is_closed() -> None:
    world = idle_world()
    recorder: Recorder = world.recorder
    recorder.close()
    recorder.sample("late", (), 1.0)
    recorder.log("node", "info", "late")
    assert recorder.series() == ()
    assert [len(table) for table in recorder.close()] == [0] * 7


def idle_world() -> World:
    return build(blueprint([service("shop")], [edge("users", "shop")], rate_per_s=0), 1)


def test_a_world_without_load_leaves_an_empty_but_complete_record() -> None:
    outcome = idle_world().run()
    assert outcome.counts.offered == 0
    assert len(outcome.tables[2]) > 0


def test_a_run_leaves_no_cycles_for_the_collector() -> None:
    """10^5 attempts with retries and time-outs, and not one object kept alive by a circle."""
    retry = RetryConfig(1, BackoffConfig(MS, MS))
    plan = blueprint(
        [
            service("front", slots=200, calls=[["back"]]),
            service("back", slots=20, queue_limit=20),
        ],
        [
            edge("users", "front", timeout_ns=80 * MS, retry=retry),
            edge("front", "back", timeout_ns=40 * MS, retry=retry),
        ],
        rate_per_s=2500,
        seconds=20,
    )
    world = build(plan, 1)
    gc.collect()
    gc.disable()
    try:
        attempts = world.run().tables[1]
        unreachable = gc.collect()
    finally:
        gc.enable()
    assert len(attempts) >= 100_000
    assert np.count_nonzero(attempts["outcome"] == Outcome.TIMEOUT) > 100
    assert np.count_nonzero(attempts["parent"] == NO_PARENT) >= 50_000
    assert unreachable == 0
