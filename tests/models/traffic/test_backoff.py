"""Exponential back-off. Semantics 8.1."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.streams import Stream
from models.traffic.backoff import check, delay
from models.traffic.config import BackoffConfig, Jitter

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
