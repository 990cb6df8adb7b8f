"""Circuit breaker. Semantics 7.4 (resilience4j, count window); planted bug PB08."""

from dataclasses import replace
from itertools import product

import pytest

from models.base.errors import ConfigError, SimulationError
from models.traffic.breaker import (
    REFUSED,
    TRANSITIONS,
    BreakerSignal,
    BreakerState,
    CircuitBreaker,
)
from models.traffic.config import BreakerConfig

OPEN_NS = 5_000_000_000
VECTOR = BreakerConfig(
    window_calls=20, minimum_calls=5, failure_ratio=0.5, open_ns=OPEN_NS, half_open_permits=4
)


def feed(breaker: CircuitBreaker, results: str, now: int = 0) -> list[bool]:
    """Acquire and record one call per letter: E failed, S succeeded."""
    return [breaker.record(breaker.try_acquire(now), letter == "E", now) for letter in results]


def opened(config: BreakerConfig = VECTOR, now: int = 0) -> CircuitBreaker:
    breaker = CircuitBreaker(config)
    feed(breaker, "E" * config.minimum_calls, now)
    assert breaker.state is BreakerState.OPEN
    return breaker


def half_open(config: BreakerConfig = VECTOR) -> tuple[CircuitBreaker, int]:
    """A breaker that has just granted its first probe, and that probe's epoch."""
    breaker = opened(config)
    return breaker, breaker.try_acquire(config.open_ns)


def imposed(signal: BreakerSignal, config: BreakerConfig = VECTOR) -> CircuitBreaker:
    breaker = CircuitBreaker(config)
    breaker.impose(signal, 0)
    return breaker


def test_three_failures_and_two_successes_open_at_the_fifth_call() -> None:
    breaker = CircuitBreaker(VECTOR)
    assert feed(breaker, "EEES") == [False] * 4
    assert breaker.state is BreakerState.CLOSED
    assert breaker.failure_ratio is None
    assert feed(breaker, "S") == [True]
    assert breaker.state is BreakerState.OPEN
    assert breaker.failure_ratio == 0.6


def test_forty_percent_stays_closed_and_fifty_opens() -> None:
    breaker = CircuitBreaker(VECTOR)
    feed(breaker, "SSSEE")
    assert (breaker.state, breaker.failure_ratio) == (BreakerState.CLOSED, 0.4)
    assert feed(breaker, "E") == [True]
    assert (breaker.state, breaker.failure_ratio) == (BreakerState.OPEN, 0.5)


@pytest.mark.parametrize("percent", range(1, 101))
def test_the_threshold_is_met_exactly_at_its_decimal_value(percent: int) -> None:
    """No rounding: 7 of 100 reaches 0.07, although 0.07 * 100 is above 7 in floats."""
    config = BreakerConfig(window_calls=100, minimum_calls=100, failure_ratio=percent / 100)
    at, below = CircuitBreaker(config), CircuitBreaker(config)
    feed(at, "S" * (100 - percent) + "E" * percent)
    feed(below, "S" * (101 - percent) + "E" * (percent - 1))
    assert at.state is BreakerState.OPEN
    assert below.state is BreakerState.CLOSED


def test_the_minimum_is_never_more_than_the_window() -> None:
    breaker = CircuitBreaker(replace(VECTOR, window_calls=4, minimum_calls=20))
    assert feed(breaker, "EEEE") == [False, False, False, True]


def test_calls_older_than_the_window_are_forgotten() -> None:
    breaker = CircuitBreaker(replace(VECTOR, window_calls=5))
    feed(breaker, "EESSSSS")
    assert breaker.failure_ratio == 0.0
    feed(breaker, "EE")
    assert breaker.state is BreakerState.CLOSED
    assert feed(breaker, "E") == [True]


def test_a_failure_leaves_the_window_after_exactly_its_length() -> None:
    breaker = CircuitBreaker(replace(VECTOR, window_calls=5))
    feed(breaker, "SSSES" + "SSS")
    assert breaker.failure_ratio == 0.2
    feed(breaker, "S")
    assert breaker.failure_ratio == 0.0


def test_an_open_breaker_refuses_and_counts_the_refusals() -> None:
    breaker = opened(now=100)
    assert breaker.try_acquire(100) == REFUSED
    assert breaker.try_acquire(100 + OPEN_NS - 1) == REFUSED
    assert breaker.state is BreakerState.OPEN
    assert breaker.snapshot().refused == 2


def test_the_first_call_after_the_wait_is_the_first_probe() -> None:
    breaker = opened(now=100)
    epoch = breaker.try_acquire(100 + OPEN_NS)
    assert epoch != REFUSED
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.snapshot().permits_left == 3
    assert breaker.failure_ratio is None


def test_waiting_alone_changes_nothing_and_neither_does_looking() -> None:
    breaker = opened(now=100)
    before = breaker.snapshot()
    assert (breaker.state, breaker.epoch) == (before.state, before.epoch)
    assert breaker.snapshot() == before
    assert before.half_open_at == 100 + OPEN_NS


def test_half_open_grants_exactly_its_permits_to_concurrent_callers() -> None:
    breaker = opened()
    grants = [breaker.try_acquire(OPEN_NS) for _ in range(10)]
    assert [epoch != REFUSED for epoch in grants] == [True] * 4 + [False] * 6


def test_a_finished_probe_does_not_make_room_for_another() -> None:
    breaker, first = half_open()
    for _ in range(3):
        breaker.try_acquire(OPEN_NS)
    breaker.record(first, False, OPEN_NS)
    assert breaker.try_acquire(OPEN_NS) == REFUSED


def test_three_of_four_failed_probes_open_again() -> None:
    breaker = opened()
    assert feed(breaker, "EESE", OPEN_NS) == [False, False, False, True]
    assert (breaker.state, breaker.failure_ratio) == (BreakerState.OPEN, 0.75)


def test_one_of_four_failed_probes_closes() -> None:
    breaker = opened()
    assert feed(breaker, "SSES", OPEN_NS) == [False, False, False, True]
    assert breaker.state is BreakerState.CLOSED


def test_probes_failing_at_the_threshold_open_again() -> None:
    breaker = opened()
    feed(breaker, "SSEE", OPEN_NS)
    assert breaker.state is BreakerState.OPEN


def test_the_wait_starts_anew_when_probes_fail() -> None:
    breaker = opened()
    feed(breaker, "EEEE", OPEN_NS + 7)
    assert breaker.try_acquire(2 * OPEN_NS + 6) == REFUSED
    assert breaker.try_acquire(2 * OPEN_NS + 7) != REFUSED


def test_a_breaker_that_closed_starts_with_an_empty_window() -> None:
    breaker = opened()
    feed(breaker, "SSSS", OPEN_NS)
    assert breaker.snapshot().recorded == 0
    feed(breaker, "EEEE", OPEN_NS)
    assert breaker.state is BreakerState.CLOSED
    feed(breaker, "E", OPEN_NS)
    assert breaker.state is BreakerState.OPEN


def test_a_minimum_below_the_permits_decides_early() -> None:
    """As resilience4j: half-open the minimum is min(minimum_calls, permits)."""
    breaker = opened(replace(VECTOR, minimum_calls=2))
    assert feed(breaker, "SS", OPEN_NS) == [False, True]
    assert breaker.state is BreakerState.CLOSED


def test_probes_left_over_from_an_early_decision_are_not_granted_while_open() -> None:
    breaker = opened(replace(VECTOR, minimum_calls=2))
    feed(breaker, "EE", OPEN_NS)
    assert breaker.state is BreakerState.OPEN
    assert breaker.snapshot().permits_left == 0
    assert breaker.try_acquire(OPEN_NS) == REFUSED


def test_a_result_from_before_opening_does_not_judge_the_probes() -> None:
    breaker = CircuitBreaker(VECTOR)
    slow = breaker.try_acquire(0)
    feed(breaker, "EEEEE")
    breaker.try_acquire(OPEN_NS)
    before = breaker.snapshot()
    assert breaker.record(slow, True, OPEN_NS) is False
    assert breaker.snapshot() == before


def test_a_release_from_before_opening_frees_no_probe() -> None:
    breaker = CircuitBreaker(VECTOR)
    slow = breaker.try_acquire(0)
    feed(breaker, "EEEEE")
    for _ in range(4):
        breaker.try_acquire(OPEN_NS)
    breaker.release(slow)
    assert breaker.try_acquire(OPEN_NS) == REFUSED


def test_a_probe_that_outlives_its_half_open_time_is_ignored() -> None:
    breaker, early = half_open(replace(VECTOR, minimum_calls=2))
    late = breaker.try_acquire(OPEN_NS)
    third = breaker.try_acquire(OPEN_NS)
    breaker.record(early, False, OPEN_NS)
    breaker.record(late, False, OPEN_NS)
    assert breaker.state is BreakerState.CLOSED
    assert breaker.record(third, True, OPEN_NS) is False
    assert breaker.snapshot().recorded == 0


def test_a_released_permit_goes_to_another_call() -> None:
    breaker, first = half_open()
    for _ in range(3):
        breaker.try_acquire(OPEN_NS)
    breaker.release(first)
    assert breaker.try_acquire(OPEN_NS) == first
    assert breaker.try_acquire(OPEN_NS) == REFUSED


def test_half_open_cannot_hang_on_callers_that_are_gone() -> None:
    breaker, epoch = half_open()
    for _ in range(3):
        breaker.try_acquire(OPEN_NS)
    for _ in range(4):
        breaker.release(epoch)
    feed(breaker, "SSSS", OPEN_NS)
    assert breaker.state is BreakerState.CLOSED


def test_releasing_in_a_closed_breaker_counts_nothing() -> None:
    breaker = CircuitBreaker(VECTOR)
    before = breaker.snapshot()
    breaker.release(breaker.try_acquire(0))
    assert breaker.snapshot() == before


def test_a_probe_recorded_after_its_release_is_an_error_and_changes_nothing() -> None:
    breaker, epoch = half_open()
    breaker.release(epoch)
    before = breaker.snapshot()
    with pytest.raises(SimulationError, match="a result without a permit"):
        breaker.record(epoch, False, OPEN_NS)
    assert breaker.snapshot() == before


def test_a_probe_released_after_its_result_is_an_error_and_changes_nothing() -> None:
    breaker, epoch = half_open()
    breaker.record(epoch, False, OPEN_NS)
    before = breaker.snapshot()
    with pytest.raises(SimulationError, match="a result without a permit"):
        breaker.release(epoch)
    assert breaker.snapshot() == before


@pytest.mark.parametrize("epoch", [REFUSED, -1, 2])
def test_an_epoch_that_was_never_granted_is_an_error(epoch: int) -> None:
    breaker = CircuitBreaker(VECTOR)
    with pytest.raises(SimulationError, match="never granted"):
        breaker.record(epoch, True, 0)
    with pytest.raises(SimulationError, match="never granted"):
        breaker.release(epoch)


def test_nothing_can_be_recorded_in_the_epoch_of_an_open_breaker() -> None:
    breaker = opened()
    with pytest.raises(SimulationError, match="a result without a permit"):
        breaker.record(breaker.epoch, False, 0)


@pytest.mark.parametrize(
    ("state", "signal"),
    [pair for pair in product(BreakerState, BreakerSignal) if pair not in TRANSITIONS],
)
def test_a_move_that_is_not_in_the_table_is_refused_and_changes_nothing(
    state: BreakerState, signal: BreakerSignal
) -> None:
    breaker = {
        BreakerState.CLOSED: lambda: CircuitBreaker(VECTOR),
        BreakerState.OPEN: opened,
        BreakerState.HALF_OPEN: lambda: half_open()[0],
        BreakerState.FORCED_OPEN: lambda: imposed(BreakerSignal.FORCE_OPEN),
        BreakerState.DISABLED: lambda: imposed(BreakerSignal.DISABLE),
        BreakerState.METRICS_ONLY: lambda: imposed(BreakerSignal.OBSERVE),
    }[state]()
    before = breaker.snapshot()
    with pytest.raises(SimulationError, match=f"{signal.value} while {state.value}"):
        breaker._move(signal, 0)
    assert breaker.snapshot() == before


def test_every_state_can_be_left_and_reached() -> None:
    assert {source for source, _ in TRANSITIONS} == set(BreakerState)
    assert set(TRANSITIONS.values()) == set(BreakerState)


@pytest.mark.parametrize(
    "config",
    [
        replace(VECTOR, window_calls=0),
        replace(VECTOR, minimum_calls=0),
        replace(VECTOR, half_open_permits=0),
        replace(VECTOR, open_ns=0),
        replace(VECTOR, failure_ratio=0.0),
        replace(VECTOR, failure_ratio=1.01),
        replace(VECTOR, failure_ratio=float("nan")),
        replace(VECTOR, slow_ratio=0.0),
        replace(VECTOR, slow_ratio=1.01),
        replace(VECTOR, slow_ns=-1),
        replace(VECTOR, window_ns=-1),
        replace(VECTOR, window_ns=1_500_000_000),
        replace(VECTOR, half_open_ns_max=-1),
        replace(VECTOR, open_growth=0.99),
        replace(VECTOR, open_growth=float("nan")),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(config: BreakerConfig) -> None:
    with pytest.raises(ConfigError, match=r"^breaker: "):
        CircuitBreaker(config)


def test_a_threshold_of_one_opens_only_when_everything_fails() -> None:
    breaker = CircuitBreaker(replace(VECTOR, failure_ratio=1.0))
    feed(breaker, "SEEEE" + "E" * 15)
    assert (breaker.state, breaker.failure_ratio) == (BreakerState.CLOSED, 0.95)
    assert feed(breaker, "E") == [True]


def test_successes_need_only_be_counted_until_something_fails() -> None:
    breaker = CircuitBreaker(VECTOR)
    assert breaker.quiet_epoch == breaker.closed_epoch == 1
    breaker.quiet += 4
    assert breaker.snapshot().recorded == 4
    feed(breaker, "E")
    assert breaker.quiet_epoch == 0
    assert breaker.snapshot().recorded == 5
    feed(breaker, "S" * 20)
    assert breaker.quiet_epoch == 1


@pytest.mark.parametrize(
    "config",
    [replace(VECTOR, window_ns=10 * 10**9), replace(VECTOR, slow_ns=10**9)],
    ids=["a window of time must know when", "slow calls must be known"],
)
def test_where_more_than_the_number_matters_each_success_is_recorded(config: BreakerConfig) -> None:
    assert CircuitBreaker(config).quiet_epoch == 0


def test_only_a_breaker_that_counts_is_quiet() -> None:
    assert opened().quiet_epoch == 0
    assert half_open()[0].quiet_epoch == 0
    assert imposed(BreakerSignal.DISABLE).quiet_epoch == 0
    assert imposed(BreakerSignal.OBSERVE).quiet_epoch == 2
