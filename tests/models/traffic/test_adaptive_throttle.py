"""Client-side throttling. Semantics 8.3."""

import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.adaptive_throttle import (
    AdaptiveThrottle,
    AdaptiveThrottleConfig,
    refusal_probability,
)

S = 1_000_000_000


@pytest.mark.parametrize(
    ("requests", "accepts", "expected"),
    [
        (0, 0, 0.0),
        (100, 100, 0.0),
        (100, 50, 0.0),
        (100, 40, 0.19802),
        (100, 10, 0.79208),
        (1000, 0, 0.99900),
    ],
)
def test_the_share_refused_at_home(requests: int, accepts: int, expected: float) -> None:
    assert refusal_probability(requests, accepts) == pytest.approx(expected, abs=5e-6)


def throttle(**changes: float) -> AdaptiveThrottle:
    config = AdaptiveThrottleConfig(**changes)  # type: ignore[arg-type]
    return AdaptiveThrottle(config, Stream(1, "throttle"))


def test_nothing_is_refused_while_everything_is_accepted() -> None:
    made = throttle()
    for n in range(500):
        assert made.admits(n)
        made.accepted(n)


def test_requests_refused_at_home_count_as_requests() -> None:
    made = throttle()
    for _ in range(1_000):
        made.admits(0)
    assert made.refusal_share(0) == pytest.approx(1_000 / 1_001)


def test_what_gets_out_settles_near_the_multiplier_times_what_is_accepted() -> None:
    """A server that takes 100 of 1000 a second gets about 200."""
    made = throttle(window_s=10)
    sent = 0
    for second in range(60):
        taken = 0
        for n in range(1_000):
            now = second * S + n * S // 1_000
            if made.admits(now):
                sent += second >= 30
                if taken < 100:
                    taken += 1
                    made.accepted(now)
    assert sent / 30 == pytest.approx(200, rel=0.1)


def test_after_the_window_everything_is_forgotten() -> None:
    made = throttle()
    for _ in range(100):
        made.admits(0)
    assert made.refusal_share(119 * S) > 0.9
    assert made.refusal_share(120 * S) == 0.0
    assert made.admits(120 * S)


def test_no_draw_is_taken_where_nothing_is_refused() -> None:
    stream, untouched = Stream(1, "throttle"), Stream(1, "throttle")
    AdaptiveThrottle(AdaptiveThrottleConfig(), stream).admits(0)
    assert stream.word() == untouched.word()


@pytest.mark.parametrize("changes", [{"window_s": 0}, {"multiplier": 0.9}])
def test_a_throttle_that_makes_no_sense_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="adaptive throttle"):
        throttle(**changes)


def test_the_smallest_window_and_multiplier_are_allowed() -> None:
    assert throttle(window_s=1, multiplier=1.0).admits(0)
