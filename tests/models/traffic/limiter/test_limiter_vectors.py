"""Vectors of semantics 8.6, and resilience4j's limiter of 7.4."""

import pytest

from models.base.errors import ConfigError
from models.base.portable import ln
from models.base.streams import Stream
from models.traffic.limiter.base import ADMITTED, NEVER, Rate
from models.traffic.limiter.fixed_window import FixedWindow, ReservedWindow
from models.traffic.limiter.gcra import Gcra
from models.traffic.limiter.interval_bucket import IntervalBucket, IntervalBucketConfig
from models.traffic.limiter.leaky_bucket import OVERFLOW, LeakyBucket
from models.traffic.limiter.sliding_window import SlidingCounter, SlidingLog
from models.traffic.limiter.token_bucket import TokenBucket

MS = 1_000_000
S = 1_000 * MS


def test_token_bucket_of_five_at_two_a_second() -> None:
    bucket = TokenBucket(Rate(2), 5)
    steps = [
        (0.0, 1, True, 4.0),
        (0.0, 4, True, 0.0),
        (0.0, 1, False, 0.0),
        (0.25, 1, False, 0.5),
        (0.5, 1, True, 0.0),
        (1.0, 1, True, 0.0),
        (1.4, 1, False, 0.8),
        (10.0, 6, False, 5.0),
        (10.0, 5, True, 0.0),
    ]
    for at_s, cost, is_admitted, tokens in steps:
        now = round(at_s * S)
        assert (bucket.try_acquire(now, cost) == ADMITTED) is is_admitted
        assert bucket.tokens(now) == tokens


def test_a_token_comes_exactly_when_it_is_earned() -> None:
    """Three a second: the third of a second is not whole nanoseconds."""
    bucket = TokenBucket(Rate(3), 1)
    bucket.try_acquire(0)
    assert bucket.try_acquire(333_333_333) == 1
    assert bucket.try_acquire(333_333_334) == ADMITTED


def test_no_token_is_lost_to_rounding_in_a_million_refusals() -> None:
    bucket = TokenBucket(Rate(1, 1_000_003), 1)
    bucket.try_acquire(0)
    assert all(bucket.try_acquire(now) == 1_000_003 - now for now in range(0, 1_000_003, 7))
    assert bucket.try_acquire(1_000_003) == ADMITTED


def test_gcra_of_interval_one_and_tolerance_two_lets_three_through_at_once() -> None:
    """A tolerance of two intervals is a burst of three."""
    gcra = Gcra(Rate(1), burst=3)
    arrivals = [0, 0, 0, 0, 0.5, 1, 1.5, 2, 5, 5, 5, 5]
    expected = [True, True, True, False, False, True, False, True, True, True, True, False]
    answers = [gcra.try_acquire(round(at_s * S)) == ADMITTED for at_s in arrivals]
    assert answers == expected


def test_sliding_counter_weighs_the_window_before_by_what_is_left_of_it() -> None:
    """Limit 100, 84 before: at a quarter with 18 the estimate is 81, at half with 20 it is 62."""
    counter = SlidingCounter(Rate(100, 60 * S))
    assert all(counter.try_acquire(0) == ADMITTED for _ in range(84))
    assert counter.try_acquire(75 * S, 18) == ADMITTED
    assert counter.estimate(75 * S) == 81.0
    assert counter.try_acquire(75 * S) == ADMITTED
    assert counter.try_acquire(90 * S) == ADMITTED
    assert counter.estimate(90 * S) == 62.0


def test_sliding_counter_stops_when_the_estimate_reaches_the_limit() -> None:
    counter = SlidingCounter(Rate(4, 100))
    assert counter.try_acquire(0, 4) == ADMITTED
    assert counter.try_acquire(100) == 1
    assert counter.try_acquire(101) == ADMITTED
    assert counter.try_acquire(125) == 1
    assert counter.try_acquire(126) == ADMITTED


def test_sliding_counter_forgets_a_window_that_is_not_the_one_before() -> None:
    counter = SlidingCounter(Rate(4, 100))
    counter.try_acquire(0, 4)
    assert counter.estimate(200) == 0.0
    assert counter.try_acquire(200, 4) == ADMITTED


def test_an_entry_leaves_the_log_exactly_one_window_later() -> None:
    log = SlidingLog(Rate(2, 100))
    assert [log.try_acquire(now) for now in (0, 30, 99)] == [ADMITTED, ADMITTED, 1]
    assert log.try_acquire(100) == ADMITTED
    assert log.try_acquire(101) == 29


def test_a_costly_call_waits_until_enough_entries_have_left() -> None:
    log = SlidingLog(Rate(3, 100))
    for now in (0, 10, 20):
        log.try_acquire(now)
    assert log.try_acquire(50, 2) == 60


def test_a_fixed_window_opens_anew_at_its_stroke() -> None:
    window = FixedWindow(Rate(2, 100))
    assert [window.try_acquire(now) for now in (90, 91, 92, 100)] == [0, 0, 8, 0]


def test_an_interval_bucket_is_filled_at_ticks_only() -> None:
    bucket = IntervalBucket(IntervalBucketConfig(2, 100 * MS), start_ns=30 * MS)
    assert bucket.try_acquire(30 * MS, 2) == ADMITTED
    assert bucket.try_acquire(129 * MS) == MS
    assert bucket.try_acquire(130 * MS) == ADMITTED
    assert bucket.try_acquire(130 * MS, 2) == 200 * MS


def test_an_interval_bucket_holds_no_more_than_its_maximum() -> None:
    bucket = IntervalBucket(IntervalBucketConfig(2, 100 * MS, tokens_per_fill=5))
    bucket.try_acquire(0, 2)
    assert bucket.try_acquire(900 * MS, 2) == ADMITTED
    assert bucket.try_acquire(900 * MS) == 100 * MS


def test_an_interval_below_fifty_milliseconds_is_refused() -> None:
    IntervalBucket(IntervalBucketConfig(1, 50 * MS))
    with pytest.raises(ConfigError, match="at least 50 ms"):
        IntervalBucket(IntervalBucketConfig(1, 50 * MS - 1))


def test_nginx_without_burst_lets_one_through_per_interval() -> None:
    bucket = LeakyBucket(Rate(10), burst=0)
    assert [bucket.delay(now * MS) for now in (0, 0, 99, 100)] == [0, OVERFLOW, OVERFLOW, 0]


def test_nginx_delays_a_burst_so_that_it_leaves_evenly() -> None:
    bucket = LeakyBucket(Rate(10), burst=3)
    delays = [bucket.delay(0) for _ in range(5)]
    assert delays == [0, 100 * MS, 200 * MS, 300 * MS, OVERFLOW]
    assert bucket.delay(50 * MS) == OVERFLOW
    assert bucket.delay(100 * MS) == 300 * MS


def test_nginx_without_delay_lets_the_burst_through_at_once() -> None:
    bucket = LeakyBucket(Rate(10), burst=3)
    answers = [bucket.try_acquire(0) for _ in range(5)]
    assert answers == [0, 0, 0, 0, 100 * MS]


def test_a_reserved_window_books_permits_to_come_up_to_the_longest_wait() -> None:
    window = ReservedWindow(Rate(2, 100), wait_ns_max=150)
    assert [window.reserve(10) for _ in range(5)] == [0, 0, 90, 90, NEVER]
    assert [window.reserve(100) for _ in range(3)] == [100, 100, NEVER]
    assert window.reserve(300) == 0


def test_a_reserved_window_refunds_nothing_it_did_not_grant() -> None:
    window = ReservedWindow(Rate(1, 100), wait_ns_max=0)
    assert [window.reserve(now) for now in (0, 1, 99, 100)] == [0, NEVER, NEVER, 0]


def test_a_negative_longest_wait_is_refused() -> None:
    with pytest.raises(ConfigError, match="wait_ns_max"):
        ReservedWindow(Rate(1), wait_ns_max=-1)


@pytest.mark.parametrize(
    ("arrivals_per_s", "capacity", "accepted"),
    [(10.0, 10, 0.9491525423692712), (12.0, 10, 0.8290892314595864), (20.0, 50, 0.5)],
)
def test_poisson_arrivals_are_let_through_as_often_as_theory_says(
    arrivals_per_s: float, capacity: int, accepted: float
) -> None:
    """Level crossing for M/D/1 with bounded workload; the tolerance is 4 standard errors."""
    bucket = TokenBucket(Rate(10), capacity)
    gaps = Stream(11, "arrivals")
    mean_gap_ns, now, passed, count = S / arrivals_per_s, 0, 0, 200_000
    for _ in range(count):
        now += round(-ln(1.0 - gaps.uniform()) * mean_gap_ns)
        passed += bucket.try_acquire(now) == ADMITTED
    assert passed / count == pytest.approx(accepted, abs=0.004)


def test_the_estimate_at_a_windows_start_is_the_whole_window_before() -> None:
    counter = SlidingCounter(Rate(4, 100))
    counter.try_acquire(50, 3)
    assert [counter.estimate(now) for now in (99, 100, 150, 199)] == pytest.approx(
        [3, 3, 1.5, 0.03]
    )
    assert counter.estimate(200) == 0.0
