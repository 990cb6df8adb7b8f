"""Adaptive concurrency by measured minimum, as Envoy's gradient controller."""

from dataclasses import replace

import pytest

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.concurrency.base import LimitRange
from models.traffic.concurrency.min_rtt import MinRttConfig, MinRttLimit, RttPhase

MS = 1_000_000
CONFIG = MinRttConfig(
    LimitRange(initial=20, lowest=3, highest=100),
    sample_ns=100 * MS,
    measure_ns=10_000 * MS,
    measure_calls=5,
    jitter_ratio=0.0,
)


def made(config: MinRttConfig = CONFIG) -> MinRttLimit:
    return MinRttLimit(config, Stream(1, "rtt"))


def calls(limit: MinRttLimit, count: int, duration_ms: int, *, end_ms: int) -> None:
    for _ in range(count):
        limit.release(limit.try_acquire(0), end_ms * MS, duration_ms * MS, False)


def following(minimum_ms: int = 10, config: MinRttConfig = CONFIG) -> MinRttLimit:
    limit = made(config)
    calls(limit, 5, minimum_ms, end_ms=10)
    assert limit.phase is RttPhase.FOLLOWING
    return limit


def test_the_minimum_is_measured_first_at_the_lowest_limit() -> None:
    limit = made()
    assert (limit.phase, limit.limit) == (RttPhase.MEASURING, 3)
    assert limit.next_deadline() is None
    calls(limit, 4, 10, end_ms=10)
    assert limit.minimum_ns is None
    calls(limit, 1, 10, end_ms=10)
    assert (limit.phase, limit.limit, limit.minimum_ns) == (RttPhase.FOLLOWING, 20, 10 * MS)


@pytest.mark.parametrize(
    ("sample_ms", "after"),
    [
        (10, 30),  # gradient 1.25: 25 + sqrt(25)
        (25, 13),  # 0.5: 10 + 3.16
        (50, 13),  # not below 0.5
        (5, 46),  # not above 2: 40 + 6.32
    ],
)
def test_the_limit_follows_the_gradient_and_adds_its_root(sample_ms: int, after: int) -> None:
    limit = following()
    calls(limit, 9, sample_ms, end_ms=100)
    assert limit.next_deadline() == 110 * MS
    limit.tick(now=110 * MS)
    assert limit.limit == after


def test_samples_are_taken_by_their_median() -> None:
    limit = following()
    for duration_ms in (1, 10, 500):
        calls(limit, 1, duration_ms, end_ms=600)
    limit.tick(now=600 * MS)
    assert limit.limit == 30


def test_nothing_changes_without_samples_or_before_their_time() -> None:
    limit = following()
    calls(limit, 9, 50, end_ms=100)
    limit.tick(now=110 * MS - 1)
    assert limit.limit == 20
    limit.tick(now=110 * MS)
    limit.tick(now=210 * MS)
    assert limit.limit == 13


def test_the_minimum_is_measured_again_and_the_limit_comes_back() -> None:
    limit = following()
    limit.tick(now=10_010 * MS - 1)
    assert limit.phase is RttPhase.FOLLOWING
    limit.tick(now=10_010 * MS)
    assert (limit.phase, limit.limit) == (RttPhase.MEASURING, 3)
    calls(limit, 5, 20, end_ms=10_100)
    assert (limit.limit, limit.minimum_ns) == (20, 20 * MS)


def test_calls_that_began_before_a_measurement_say_nothing_in_it() -> None:
    limit = following()
    limit.tick(now=10_010 * MS)
    calls(limit, 9, 91, end_ms=10_100)
    assert limit.phase is RttPhase.MEASURING
    calls(limit, 5, 90, end_ms=10_100)
    assert limit.minimum_ns == 90 * MS


def test_five_samples_at_the_lowest_limit_put_the_minimum_in_doubt() -> None:
    limit = following(config=replace(CONFIG, bounds=LimitRange(3, 3, 100)))
    for n in range(1, 6):
        assert limit.phase is RttPhase.FOLLOWING
        calls(limit, 1, 1_000, end_ms=2_000 + 100 * n)
        limit.tick(now=(2_000 + 100 * n) * MS)
        assert limit.limit == 3
    assert limit.phase is RttPhase.MEASURING


def test_measurements_of_many_clients_drift_apart() -> None:
    config = replace(CONFIG, jitter_ratio=0.5, sample_ns=10**15)
    deadlines = set()
    for seed in range(5):
        limit = MinRttLimit(config, Stream(seed, "rtt"))
        calls(limit, 5, 10, end_ms=10)
        deadline = limit.next_deadline()
        assert deadline is not None
        assert 10_010 * MS <= deadline < 15_010 * MS
        deadlines.add(deadline)
    assert len(deadlines) == 5


@pytest.mark.parametrize(
    "config",
    [
        replace(CONFIG, sample_ns=0),
        replace(CONFIG, measure_ns=0),
        replace(CONFIG, measure_calls=0),
        replace(CONFIG, jitter_ratio=-0.1),
        replace(CONFIG, buffer_ratio=-0.1),
        replace(CONFIG, quantile=1.1),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(config: MinRttConfig) -> None:
    with pytest.raises(ConfigError, match="minimum RTT"):
        made(config)
