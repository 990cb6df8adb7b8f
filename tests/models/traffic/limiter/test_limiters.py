"""What all rate limiters have in common: their bound over any span, and honest waits."""

from collections.abc import Callable
from copy import deepcopy
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.traffic.limiter.base import ADMITTED, NEVER, Rate, RateLimiter
from models.traffic.limiter.fixed_window import FixedWindow
from models.traffic.limiter.gcra import Gcra
from models.traffic.limiter.interval_bucket import IntervalBucket, IntervalBucketConfig
from models.traffic.limiter.leaky_bucket import LeakyBucket
from models.traffic.limiter.sliding_window import SlidingCounter, SlidingLog
from models.traffic.limiter.token_bucket import TokenBucket

MS = 1_000_000
Make = Callable[[int, int, int], RateLimiter]
ALL: dict[str, Make] = {
    "token bucket": lambda permits, per, burst: TokenBucket(Rate(permits, per), burst),
    "interval bucket": lambda permits, per, burst: IntervalBucket(
        IntervalBucketConfig(burst, 50 * MS + per, permits)
    ),
    "leaky bucket": lambda permits, per, burst: LeakyBucket(Rate(permits, per), burst - 1),
    "gcra": lambda permits, per, burst: Gcra(Rate(permits, per), burst),
    "fixed window": lambda permits, per, _: FixedWindow(Rate(permits, per)),
    "sliding log": lambda permits, per, _: SlidingLog(Rate(permits, per)),
    "sliding counter": lambda permits, per, _: SlidingCounter(Rate(permits, per)),
}
CALLS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 3)), min_size=1, max_size=40)
SIZES = st.tuples(st.integers(1, 5), st.integers(1, 40), st.integers(1, 6))


def admitted(
    limiter: RateLimiter, calls: list[tuple[int, int]], unit: int
) -> list[tuple[int, int]]:
    now, passed = 0, []
    for gap, cost in calls:
        now += gap * unit
        if limiter.try_acquire(now, cost) == ADMITTED:
            passed.append((now, cost))
    return passed


def most_in_any_span(passed: list[tuple[int, int]], length: int) -> int:
    """Largest sum of costs in any span of that length, the end left out."""
    return max(
        (sum(c for t, c in passed if start <= t < start + length) for start, _ in passed),
        default=0,
    )


@pytest.mark.parametrize("name", ["token bucket", "leaky bucket", "gcra"])
@given(sizes=SIZES, calls=CALLS)
@settings(derandomize=True, deadline=None, max_examples=50)
def test_no_span_sees_more_than_burst_and_rate_allow(
    name: str, sizes: tuple[int, int, int], calls: list[tuple[int, int]]
) -> None:
    permits, per, burst = sizes
    passed = admitted(ALL[name](*sizes), calls, 1)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            span = passed[last][0] - passed[first][0]
            total = sum(cost for _, cost in passed[first : last + 1])
            assert total <= burst + Fraction(permits * span, per)


@given(sizes=SIZES, calls=CALLS)
@settings(derandomize=True, deadline=None, max_examples=50)
def test_no_span_of_an_interval_bucket_sees_more_than_its_tokens_and_its_ticks(
    sizes: tuple[int, int, int], calls: list[tuple[int, int]]
) -> None:
    permits, per, burst = sizes
    interval = 50 * MS + per
    passed = admitted(ALL["interval bucket"](*sizes), calls, 10 * MS)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            ticks = passed[last][0] // interval - passed[first][0] // interval
            total = sum(cost for _, cost in passed[first : last + 1])
            assert total <= burst + permits * ticks


@pytest.mark.parametrize(
    ("name", "factor"), [("fixed window", 2), ("sliding counter", 2), ("sliding log", 1)]
)
@given(sizes=SIZES, calls=CALLS)
@settings(derandomize=True, deadline=None, max_examples=50)
def test_no_window_sees_more_than_its_limit_times_what_the_kind_admits(
    name: str, factor: int, sizes: tuple[int, int, int], calls: list[tuple[int, int]]
) -> None:
    permits, per, _ = sizes
    passed = admitted(ALL[name](*sizes), calls, 1)
    assert most_in_any_span(passed, per) <= factor * permits


@pytest.mark.parametrize("name", ALL)
@given(sizes=SIZES, calls=CALLS, last=st.integers(1, 6))
@settings(derandomize=True, deadline=None, max_examples=50)
def test_the_wait_is_neither_too_long_nor_too_short(
    name: str, sizes: tuple[int, int, int], calls: list[tuple[int, int]], last: int
) -> None:
    limiter = ALL[name](*sizes)
    unit = 10 * MS if name == "interval bucket" else 1
    admitted(limiter, calls, unit)
    now = sum(gap for gap, _ in calls) * unit
    wait = deepcopy(limiter).try_acquire(now, last)
    if wait not in (ADMITTED, NEVER):
        assert deepcopy(limiter).try_acquire(now + wait - 1, last) == 1
        assert limiter.try_acquire(now + wait, last) == ADMITTED


@pytest.mark.parametrize("name", ALL)
def test_what_never_fits_is_told_so_and_what_just_fits_passes(name: str) -> None:
    limiter = ALL[name](5, 10, 5)
    assert limiter.try_acquire(0, 6) == NEVER
    assert limiter.try_acquire(0, 5) == ADMITTED


@pytest.mark.parametrize("name", ALL)
def test_a_refusal_takes_nothing(name: str) -> None:
    limiter = ALL[name](5, 10, 5)
    limiter.try_acquire(0, 3)
    for _ in range(4):
        assert limiter.try_acquire(0, 3) > 0
    assert limiter.try_acquire(0, 2) == ADMITTED


@given(sizes=SIZES, calls=CALLS)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_leaky_bucket_and_gcra_and_token_bucket_decide_alike(
    sizes: tuple[int, int, int], calls: list[tuple[int, int]]
) -> None:
    names = ("leaky bucket", "gcra", "token bucket")
    answers = [admitted(ALL[name](*sizes), calls, 1) for name in names]
    assert answers[0] == answers[1] == answers[2]


def test_a_fixed_window_lets_twice_its_limit_pass_across_the_edge_and_the_log_does_not() -> None:
    """Worst case for limit 100: 200 and 100."""
    window = 1_000
    for make, expected in ((FixedWindow, 200), (SlidingLog, 100)):
        calls = [(window - 1, 1)] + [(0, 1)] * 99 + [(1, 1)] + [(0, 1)] * 99
        passed = admitted(make(Rate(100, window)), calls, 1)
        assert most_in_any_span(passed, 2) == expected


@pytest.mark.parametrize(("permits", "per"), [(0, 1), (1, 0), (-1, 1)])
def test_a_rate_of_nothing_is_refused(permits: int, per: int) -> None:
    with pytest.raises(ConfigError, match="no rate"):
        Rate(permits, per)


@pytest.mark.parametrize("name", ["token bucket", "interval bucket", "leaky bucket", "gcra"])
def test_a_bucket_that_holds_nothing_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"^rate limit: "):
        ALL[name](1, 1, 0)


@pytest.mark.parametrize("name", ALL)
def test_what_fits_an_unused_limiter_is_never_refused_for_ever(name: str) -> None:
    limiter = ALL[name](5, 10, 5)
    limiter.try_acquire(0)
    assert ADMITTED < limiter.try_acquire(0, 5) < NEVER
