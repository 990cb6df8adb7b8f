"""Exponential back-off. Semantics 8.1."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.backoff import check, delay
from models.traffic.config import BackoffConfig, Growth, Jitter

MS = 1_000_000
PLAIN = BackoffConfig(base_ns=25 * MS, cap_ns=250 * MS, jitter=Jitter.NONE)
FULL = BackoffConfig(base_ns=25 * MS, cap_ns=250 * MS, jitter=Jitter.FULL)


class FixedStream(Stream):
    """Yields one word for ever."""

    __slots__ = ("fixed",)

    def __init__(self, fixed: int) -> None:
        super().__init__(0, "fixed")
        self.fixed = fixed

    def word(self) -> int:
        return self.fixed


@pytest.mark.parametrize(
    ("try_index", "expected_ms"), [(0, 25), (1, 50), (2, 100), (3, 200), (4, 250), (5, 250)]
)
def test_the_wait_doubles_up_to_the_cap(try_index: int, expected_ms: int) -> None:
    assert delay(PLAIN, try_index, Stream(1, "b")) == expected_ms * MS


@pytest.mark.parametrize("try_index", [8, 9, 63, 64, 10**9])
def test_a_great_try_index_stays_at_the_cap(try_index: int) -> None:
    assert delay(PLAIN, try_index, Stream(1, "b")) == 250 * MS


@given(base=st.integers(0, 2000), cap=st.integers(0, 10**6), try_index=st.integers(0, 40))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_the_ceiling_is_the_formula(base: int, cap: int, try_index: int) -> None:
    config = BackoffConfig(base, cap, Jitter.NONE)
    assert delay(config, try_index, Stream(1, "b")) == min(cap, base * 2**try_index)


def test_a_base_above_the_cap_waits_the_cap() -> None:
    assert delay(BackoffConfig(7, 5, Jitter.NONE), 0, Stream(1, "b")) == 5


@pytest.mark.parametrize(
    ("word", "expected"), [(0, 0), (2**63, 50 * MS), (2**64 - 1, 100 * MS - 1)]
)
def test_full_jitter_spans_zero_to_just_below_the_ceiling(word: int, expected: int) -> None:
    assert delay(FULL, 2, FixedStream(word)) == expected


def test_full_jitter_is_uniform() -> None:
    stream = Stream(3, "b")
    tenths = [0] * 10
    for _ in range(10_000):
        tenths[10 * delay(FULL, 1, stream) // (50 * MS)] += 1
    # chi-square with 9 degrees of freedom: 27.9 is the 0.999 quantile
    assert sum((count - 1000) ** 2 / 1000 for count in tenths) < 27.9


def test_full_jitter_takes_one_word_whatever_the_ceiling() -> None:
    stream, reference = Stream(3, "b"), Stream(3, "b")
    delay(BackoffConfig(0, 0, Jitter.FULL), 0, stream)
    reference.word()
    assert stream.word() == reference.word()


def test_no_jitter_takes_no_word() -> None:
    stream, reference = Stream(3, "b"), Stream(3, "b")
    delay(PLAIN, 0, stream)
    assert stream.word() == reference.word()


@pytest.mark.parametrize("config", [BackoffConfig(base_ns=-1), BackoffConfig(cap_ns=-1)])
def test_negative_durations_are_refused(config: BackoffConfig) -> None:
    with pytest.raises(ConfigError, match="must not be negative"):
        check(config)


@pytest.mark.parametrize(("word", "expected"), [(0, 50), (2**63, 75), (2**64 - 1, 100)])
def test_equal_jitter_waits_half_for_sure(word: int, expected: int) -> None:
    config = replace(PLAIN, jitter=Jitter.EQUAL)
    waited = delay(config, 2, FixedStream(word))
    assert waited == (expected * MS if word < 2**64 - 1 else expected * MS - 1)


def test_equal_jitter_of_an_odd_wait_keeps_the_greater_half() -> None:
    config = BackoffConfig(7, 7, Jitter.EQUAL)
    assert delay(config, 0, FixedStream(0)) == 4
    assert delay(config, 0, FixedStream(2**64 - 1)) == 6


def test_decorrelated_jitter_grows_with_the_wait_before() -> None:
    """Base 100 ms, cap 20 s: upper bounds 300, 900, 2700, 8100, 20000, 20000 ms."""
    config = BackoffConfig(100 * MS, 20_000 * MS, Jitter.DECORRELATED)
    bounds, highest, lowest = [], 0, 0
    for index in range(6):
        lowest = delay(config, index, FixedStream(0), lowest)
        highest = delay(config, index, FixedStream(2**64 - 1), highest)
        bounds.append(-(-highest // MS))
        assert lowest == 100 * MS
    assert bounds == [300, 900, 2_700, 8_100, 20_000, 20_000]


@pytest.mark.parametrize(
    ("try_number", "bound_ms"), [(1, 25), (2, 75), (3, 175), (4, 250), (5, 250), (99, 250)]
)
def test_envoy_waits_up_to_the_sum_of_the_doublings(try_number: int, bound_ms: int) -> None:
    """U(0, min((2**N - 1) * 25 ms, 250 ms))."""
    config = BackoffConfig(25 * MS, 250 * MS, Jitter.FULL, Growth.SUM)
    assert delay(config, try_number - 1, FixedStream(2**64 - 1)) == bound_ms * MS - 1
    assert delay(config, try_number - 1, FixedStream(0)) == 0


@pytest.mark.parametrize(
    ("try_number", "low_ms", "high_ms"), [(1, 800, 1_200), (2, 1_280, 1_920), (9, 4_000, 6_000)]
)
def test_grpc_waits_within_a_fifth_of_its_backoff(
    try_number: int, low_ms: int, high_ms: int
) -> None:
    config = BackoffConfig(1_000 * MS, 5_000 * MS, Jitter.AROUND, multiplier=1.6, spread=0.2)
    assert delay(config, try_number - 1, FixedStream(0)) == low_ms * MS
    assert delay(config, try_number - 1, FixedStream(2**64 - 1)) == high_ms * MS - 1


def test_resilience4j_grows_by_half_and_spreads_by_half() -> None:
    config = BackoffConfig(500 * MS, 10**12, Jitter.AROUND, multiplier=1.5, spread=0.5)
    middles = [delay(config, index, FixedStream(2**63)) for index in range(4)]
    assert middles == [500 * MS, 750 * MS, 1_125 * MS, 1_687_500_000]
    assert delay(config, 0, FixedStream(0)) == 250 * MS


@pytest.mark.parametrize(("try_index", "bound_s"), [(0, 1), (1, 2), (4, 16), (5, 20), (6, 20)])
def test_botocore_waits_up_to_powers_of_two_seconds_and_twenty(
    try_index: int, bound_s: int
) -> None:
    config = BackoffConfig(1_000 * MS, 20_000 * MS, Jitter.FULL)
    assert delay(config, try_index, FixedStream(2**64 - 1)) == bound_s * 1_000 * MS - 1


def test_a_fixed_backoff_never_grows() -> None:
    config = replace(PLAIN, growth=Growth.FIXED)
    assert [delay(config, index, Stream(1, "b")) for index in (0, 1, 50)] == [25 * MS] * 3


@pytest.mark.parametrize("multiplier", [1.0, 1.0000001, 1.5, 3.0])
def test_a_great_try_index_ends_whatever_the_multiplier(multiplier: float) -> None:
    config = BackoffConfig(25, 250, Jitter.NONE, multiplier=multiplier)
    assert delay(config, 10**9, Stream(1, "b")) == (250 if multiplier >= 1.5 else 25)


def test_sums_with_another_multiplier_go_step_by_step() -> None:
    config = BackoffConfig(10, 1_000, Jitter.NONE, Growth.SUM, multiplier=3.0)
    assert [delay(config, index, Stream(1, "b")) for index in range(5)] == [
        10, 40, 130, 400, 1_000,
    ]  # fmt: skip


def test_sums_of_equal_steps_reach_the_cap() -> None:
    config = BackoffConfig(10, 45, Jitter.NONE, Growth.SUM, multiplier=1.0)
    assert [delay(config, index, Stream(1, "b")) for index in range(5)] == [10, 20, 30, 40, 45]


@pytest.mark.parametrize("jitter", [Jitter.EQUAL, Jitter.AROUND, Jitter.DECORRELATED])
def test_every_jitter_takes_one_word(jitter: Jitter) -> None:
    stream, reference = Stream(3, "b"), Stream(3, "b")
    delay(BackoffConfig(0, 0, jitter), 0, stream)
    reference.word()
    assert stream.word() == reference.word()


@pytest.mark.parametrize(
    "config",
    [
        BackoffConfig(multiplier=0.99),
        BackoffConfig(multiplier=float("nan")),
        BackoffConfig(spread=1.01),
        BackoffConfig(spread=-0.1),
    ],
)
def test_factors_out_of_range_are_refused(config: BackoffConfig) -> None:
    with pytest.raises(ConfigError, match="back-off: "):
        check(config)


@pytest.mark.parametrize(
    "config",
    [
        BackoffConfig(base_ns=0, cap_ns=0),
        BackoffConfig(multiplier=1.0),
        BackoffConfig(multiplier=100.0),
        BackoffConfig(spread=0.0),
        BackoffConfig(spread=1.0),
    ],
)
def test_factors_at_the_ends_of_their_range_are_allowed(config: BackoffConfig) -> None:
    check(config)
    assert delay(config, 3, Stream(1, "b")) >= 0
