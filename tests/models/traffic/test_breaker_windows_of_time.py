"""Breaker with time window, slow calls, timers and operators. Semantics 7.4, 7.5."""

from dataclasses import replace

import pytest

from models.base.errors import SimulationError
from models.traffic.breaker import (
    REFUSED,
    BreakerSignal,
    BreakerState,
    CircuitBreaker,
)
from models.traffic.config import BreakerConfig

MS = 1_000_000
S = 1_000 * MS
VECTOR = BreakerConfig(
    minimum_calls=5,
    failure_ratio=0.5,
    open_ns=5 * S,
    half_open_permits=4,
    window_ns=20 * S,
    slow_ratio=0.5,
    slow_ns=4 * S,
)
HYSTRIX = BreakerConfig(
    minimum_calls=20, failure_ratio=0.5, open_ns=5 * S, half_open_permits=1, window_ns=10 * S
)


def call(breaker: CircuitBreaker, result: str, now: int, duration_ns: int = 0) -> bool:
    return breaker.record(breaker.try_acquire(now), result == "E", now, duration_ns)


def feed(breaker: CircuitBreaker, results: str, now: int) -> None:
    for letter in results:
        call(breaker, letter, now)


def opened(config: BreakerConfig = VECTOR, now: int = 0) -> CircuitBreaker:
    breaker = CircuitBreaker(config)
    feed(breaker, "E" * config.minimum_calls, now)
    assert breaker.state is BreakerState.OPEN
    return breaker


def test_the_fifth_call_opens_at_sixty_percent_and_the_next_is_refused() -> None:
    breaker = CircuitBreaker(VECTOR)
    feed(breaker, "EEES", 0)
    assert (breaker.state, breaker.failure_ratio) == (BreakerState.CLOSED, None)
    feed(breaker, "S", 0)
    assert (breaker.state, breaker.failure_ratio) == (BreakerState.OPEN, 0.6)
    assert breaker.try_acquire(0) == REFUSED
    assert breaker.snapshot().refused == 1


def test_failures_spread_over_seconds_open_at_fifty_percent() -> None:
    breaker = CircuitBreaker(VECTOR)
    for second, result in enumerate("SSSEE"):
        call(breaker, result, second * S)
    assert (breaker.state, breaker.failure_ratio) == (BreakerState.CLOSED, 0.4)
    call(breaker, "E", 5 * S)
    assert (breaker.state, breaker.failure_ratio) == (BreakerState.OPEN, 0.5)


def test_slow_calls_open_although_most_succeed() -> None:
    breaker = CircuitBreaker(replace(VECTOR, failure_ratio=1.0))
    durations = [(5 * S, "E"), (5 * S, "S"), (100 * MS, "E"), (100 * MS, "S"), (5 * S, "S")]
    for duration_ns, result in durations:
        call(breaker, result, 0, duration_ns)
    assert breaker.state is BreakerState.OPEN
    assert breaker.snapshot().slow_ratio == 0.6


def test_a_call_at_the_threshold_is_not_slow_and_one_nanosecond_more_is() -> None:
    breaker = CircuitBreaker(VECTOR)
    call(breaker, "S", 0, 4 * S)
    call(breaker, "S", 0, 4 * S + 1)
    assert breaker.snapshot().slow == 1


def test_without_a_slow_duration_no_call_is_slow() -> None:
    breaker = CircuitBreaker(replace(VECTOR, slow_ns=None))
    for _ in range(9):
        call(breaker, "S", 0, 10**15)
    assert (breaker.state, breaker.snapshot().slow) == (BreakerState.CLOSED, 0)


def test_slow_calls_at_just_under_the_ratio_stay_closed() -> None:
    breaker = CircuitBreaker(VECTOR)
    for duration_ns in [0, 0, 0, 9 * S, 9 * S]:
        call(breaker, "S", 0, duration_ns)
    assert breaker.state is BreakerState.CLOSED
    call(breaker, "S", 0, 9 * S)
    assert breaker.state is BreakerState.OPEN


def test_calls_that_left_the_window_do_not_count_towards_the_minimum() -> None:
    breaker = CircuitBreaker(VECTOR)
    feed(breaker, "EEEE", 0)
    feed(breaker, "E", 20 * S)
    assert (breaker.state, breaker.failure_ratio) == (BreakerState.CLOSED, None)
    assert breaker.snapshot().recorded == 1


def test_looking_later_shows_an_empty_window_and_forgets_nothing() -> None:
    breaker = CircuitBreaker(VECTOR)
    feed(breaker, "SSSEE", 0)
    assert breaker.snapshot(20 * S).recorded == 0
    assert breaker.snapshot(20 * S - 1).recorded == 5
    assert breaker.failure_ratio == 0.4


def test_successes_of_a_quiet_second_are_counted_when_a_failure_comes() -> None:
    breaker = CircuitBreaker(VECTOR)
    feed(breaker, "SSSSSS", 0)
    call(breaker, "E", 19 * S)
    assert breaker.failure_ratio == 1 / 7


def test_an_open_breaker_refuses_at_three_seconds_and_probes_at_six() -> None:
    breaker = opened()
    assert breaker.try_acquire(3 * S) == REFUSED
    assert breaker.try_acquire(6 * S) != REFUSED
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.snapshot().recorded == 0


@pytest.mark.parametrize(
    ("results", "state"), [("EESE", BreakerState.OPEN), ("SSES", BreakerState.CLOSED)]
)
def test_four_probes_decide_whatever_the_window(results: str, state: BreakerState) -> None:
    breaker = opened()
    for second, result in enumerate(results):
        call(breaker, result, (6 + 30 * second) * S)
    assert breaker.state is state


def test_slow_probes_open_again() -> None:
    breaker = opened()
    for duration_ns in (5 * S, 5 * S, 0, 0):
        call(breaker, "S", 6 * S, duration_ns)
    assert breaker.state is BreakerState.OPEN


def test_the_wait_grows_when_probes_fail_and_starts_anew_after_closing() -> None:
    """Exponential (5 s, x 1.5): after re-opening refused at +6 s, allowed from +7.5 s on."""
    breaker = opened(replace(VECTOR, open_growth=1.5))
    feed(breaker, "EEEE", 5 * S)
    assert breaker.try_acquire(11 * S) == REFUSED
    assert breaker.try_acquire(12_500 * MS - 1) == REFUSED
    feed(breaker, "EEEE", 12_500 * MS)
    assert breaker.snapshot().half_open_at == 12_500 * MS + 11_250 * MS
    feed(breaker, "SSSS", 100 * S)
    feed(breaker, "EEEEE", 101 * S)
    assert breaker.snapshot().half_open_at == 106 * S


def test_the_wait_grows_no_further_than_its_maximum() -> None:
    breaker = opened(replace(VECTOR, open_growth=10.0, open_ns_max=7 * S))
    for round_start in (10 * S, 20 * S):
        feed(breaker, "EEEE", round_start)
        assert breaker.snapshot().half_open_at == round_start + 7 * S


def test_half_open_without_a_verdict_opens_again_at_its_bound() -> None:
    breaker = opened(replace(VECTOR, half_open_ns_max=2 * S))
    breaker.try_acquire(6 * S)
    assert breaker.next_deadline() == 8 * S
    assert breaker.tick(now=8 * S - 1) is False
    assert breaker.tick(now=8 * S) is True
    assert breaker.snapshot().half_open_at == 13 * S


def test_a_probe_that_comes_back_at_the_bound_comes_too_late() -> None:
    breaker = opened(replace(VECTOR, half_open_ns_max=2 * S))
    epoch = breaker.try_acquire(6 * S)
    assert breaker.record(epoch, False, 8 * S) is True
    assert breaker.state is BreakerState.OPEN


def test_a_half_open_breaker_that_nobody_ticks_expires_when_it_is_asked() -> None:
    breaker = opened(replace(VECTOR, half_open_ns_max=2 * S))
    first = breaker.try_acquire(6 * S)
    assert breaker.try_acquire(9 * S) == REFUSED
    assert breaker.state is BreakerState.OPEN
    assert breaker.try_acquire(13 * S) == first + 2


def test_without_a_bound_half_open_lasts() -> None:
    breaker = opened()
    breaker.try_acquire(6 * S)
    assert breaker.next_deadline() is None
    assert breaker.tick(now=10**6 * S) is False


def test_only_an_automatic_breaker_leaves_open_by_itself() -> None:
    asked, automatic = opened(), opened(replace(VECTOR, is_automatic=True))
    assert (asked.next_deadline(), automatic.next_deadline()) == (None, 5 * S)
    assert asked.tick(now=5 * S) is False
    assert automatic.tick(now=5 * S - 1) is False
    assert automatic.tick(now=5 * S) is True
    assert automatic.state is BreakerState.HALF_OPEN
    assert automatic.snapshot().permits_left == 4


def test_a_forced_open_breaker_refuses_for_ever() -> None:
    breaker = CircuitBreaker(VECTOR)
    breaker.impose(BreakerSignal.FORCE_OPEN, 0)
    assert breaker.closed_epoch == 0
    assert breaker.try_acquire(10**9 * S) == REFUSED
    assert breaker.next_deadline() is None


def test_a_disabled_breaker_passes_everything_and_counts_nothing() -> None:
    breaker = CircuitBreaker(VECTOR)
    breaker.impose(BreakerSignal.DISABLE, 0)
    feed(breaker, "E" * 50, 0)
    assert breaker.closed_epoch == breaker.epoch == 2
    assert breaker.snapshot().recorded == 0


def test_a_breaker_for_metrics_counts_and_never_opens() -> None:
    breaker = CircuitBreaker(VECTOR)
    breaker.impose(BreakerSignal.OBSERVE, 0)
    feed(breaker, "SSSSSEEEEEEEE", 0)
    assert breaker.state is BreakerState.METRICS_ONLY
    assert breaker.failure_ratio == 8 / 13


def test_an_operator_closes_a_breaker_with_an_empty_window() -> None:
    breaker = opened()
    breaker.impose(BreakerSignal.CLOSE, 0)
    assert (breaker.state, breaker.snapshot().recorded) == (BreakerState.CLOSED, 0)
    feed(breaker, "EEEE", 0)
    assert breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize(
    "signal", [BreakerSignal.FAILING, BreakerSignal.WAITED, BreakerSignal.RECOVERED]
)
def test_an_operator_can_not_play_the_calls(signal: BreakerSignal) -> None:
    breaker = CircuitBreaker(VECTOR)
    with pytest.raises(SimulationError, match="no operator"):
        breaker.impose(signal, 0)
    assert breaker.epoch == 1


def test_no_result_is_taken_from_a_call_that_a_forced_breaker_never_let_through() -> None:
    breaker = CircuitBreaker(VECTOR)
    feed(breaker, "S", 0)
    breaker.impose(BreakerSignal.FORCE_OPEN, 0)
    with pytest.raises(SimulationError, match="without a permit"):
        breaker.record(breaker.epoch, False, 0)


def test_an_ignored_call_is_neither_success_nor_failure() -> None:
    breaker = CircuitBreaker(VECTOR)
    breaker.release(breaker.try_acquire(0))
    assert breaker.snapshot().recorded == 0


def test_hystrix_needs_twenty_calls_in_ten_seconds() -> None:
    breaker = CircuitBreaker(HYSTRIX)
    feed(breaker, "E" * 19, 0)
    assert breaker.state is BreakerState.CLOSED
    feed(breaker, "E", 9_999 * MS)
    assert breaker.state is BreakerState.OPEN


@pytest.mark.parametrize(
    ("result", "state"), [("S", BreakerState.CLOSED), ("E", BreakerState.OPEN)]
)
def test_hystrix_lets_one_trial_call_decide(result: str, state: BreakerState) -> None:
    breaker = opened(HYSTRIX)
    assert breaker.try_acquire(5 * S - 1) == REFUSED
    trial = breaker.try_acquire(5 * S)
    assert breaker.try_acquire(5 * S) == REFUSED
    breaker.record(trial, result == "E", 5 * S)
    assert breaker.state is state
    assert breaker.snapshot().recorded == (0 if state is BreakerState.CLOSED else 1)


def test_the_ends_of_every_range_are_allowed() -> None:
    breaker = CircuitBreaker(replace(VECTOR, open_growth=100.0, slow_ns=0))
    call(breaker, "S", 0, 0)
    call(breaker, "S", 0, 1)
    assert breaker.snapshot().slow == 1
