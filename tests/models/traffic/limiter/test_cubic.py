"""Client that slows itself down. Semantics 8.2 (AWS adaptive)."""

from itertools import pairwise

import pytest

from models.traffic.limiter.base import ADMITTED
from models.traffic.limiter.cubic import AdaptiveClient, CubicCurve, SendRate

S = 1_000_000_000


def test_the_inflection_for_ten_a_second() -> None:
    assert CubicCurve(10.0).inflection_s == pytest.approx(1.9574338205844317, rel=1e-14)


def test_throttled_at_eight_goes_on_at_seven_tenths() -> None:
    curve = CubicCurve(10.0)
    assert curve.throttled(8.0, now=0) == pytest.approx(5.6)
    assert curve.inflection_s == pytest.approx(1.8171205928321397, rel=1e-14)


def test_a_success_at_the_instant_of_throttling_gives_the_same_rate() -> None:
    """Beta 0.6 at 10: rate 6, and success at the same instant gives 6."""
    curve = CubicCurve(10.0, beta=0.6)
    assert curve.throttled(10.0, now=5 * S) == pytest.approx(6.0)
    assert curve.succeeded(now=5 * S) == pytest.approx(6.0)


def test_at_the_inflection_the_rate_is_what_it_was() -> None:
    curve = CubicCurve(10.0)
    assert curve.succeeded(now=round(curve.inflection_s * S)) == pytest.approx(10.0)


def test_the_curve_is_flat_near_the_inflection_and_steep_away_from_it() -> None:
    curve = CubicCurve(10.0)
    rates = [curve.succeeded(now=second * S) for second in range(6)]
    gains = [later - earlier for earlier, later in pairwise(rates)]
    assert rates == sorted(rates)
    assert gains[1] < gains[0]
    assert gains[4] > gains[2] > gains[1]


def test_the_send_rate_moves_by_eight_tenths_when_a_bucket_closes() -> None:
    clock = SendRate()
    assert [clock.sent(now=n * S // 10) for n in range(5)] == [0.0] * 5
    assert clock.sent(now=S // 2) == pytest.approx(0.8 * 12.0)
    assert clock.sent(now=S) == pytest.approx(0.8 * 2.0 + 0.2 * 9.6)


def test_nothing_is_limited_before_the_first_throttled_answer() -> None:
    client = AdaptiveClient()
    for n in range(50):
        assert client.try_acquire(n) == ADMITTED
        client.ended(is_throttled=False, now=n)
    assert client.rate_per_s is None


def test_after_a_throttled_answer_calls_wait_for_the_reduced_rate() -> None:
    client = AdaptiveClient()
    for n in range(20):
        client.ended(is_throttled=False, now=n * S // 10)
    client.ended(is_throttled=True, now=2 * S)
    rate = client.rate_per_s
    assert rate is not None
    assert 0.5 < rate < 10.0
    wait = client.try_acquire(2 * S) or client.try_acquire(2 * S)
    assert wait > 0
    assert client.try_acquire(2 * S + wait) == ADMITTED


def test_the_rate_is_never_above_twice_what_is_sent() -> None:
    client = AdaptiveClient()
    for n in range(20):
        client.ended(is_throttled=n == 9, now=n * S)
    rate = client.rate_per_s
    assert rate is not None
    assert rate <= 2.0 * 1.0 + 1e-9


def test_the_rate_is_never_below_one_call_in_two_seconds() -> None:
    client = AdaptiveClient()
    for n in range(60):
        client.ended(is_throttled=True, now=n * S)
    assert client.rate_per_s == 0.5


def test_a_client_is_let_through_when_its_tokens_just_suffice() -> None:
    client = AdaptiveClient()
    client.ended(is_throttled=True, now=0)
    assert client.rate_per_s == 0.5
    assert client.try_acquire(2 * S - 1) > ADMITTED
    assert client.try_acquire(2 * S) == ADMITTED
