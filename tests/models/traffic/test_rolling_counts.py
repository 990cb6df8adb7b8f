"""Rolling counts by partial aggregation. Semantics 7.4 (time window)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.traffic.rolling_counts import RollingCounts


def test_a_bucket_leaves_when_its_number_is_the_present_one_less_the_buckets() -> None:
    rolling = RollingCounts(columns=1, buckets=5, width_ns=10)
    rolling.advance(0)
    rolling.add(0)
    rolling.advance(49)
    assert rolling.totals == [1]
    rolling.advance(50)
    assert rolling.totals == [0]


def test_advance_says_when_the_newest_bucket_ends() -> None:
    rolling = RollingCounts(columns=1, buckets=2, width_ns=10)
    assert [rolling.advance(now) for now in (0, 9, 10, 25)] == [10, 10, 20, 30]


def test_an_earlier_instant_is_counted_in_the_newest_bucket() -> None:
    rolling = RollingCounts(columns=1, buckets=2, width_ns=10)
    rolling.advance(25)
    assert rolling.advance(12) == 30
    rolling.add(0)
    rolling.advance(35)
    assert rolling.totals == [1]


def test_reading_ahead_changes_nothing() -> None:
    rolling = RollingCounts(columns=2, buckets=3, width_ns=10)
    rolling.advance(0)
    rolling.add(1, 4)
    assert rolling.totals_at(29) == (0, 4)
    assert rolling.totals_at(30) == (0, 0)
    assert rolling.totals_at(0) == (0, 4)
    assert rolling.totals == [0, 4]


@given(
    buckets=st.integers(1, 5),
    steps=st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 1), st.integers(1, 3)), max_size=30
    ),
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_totals_are_those_of_the_kept_buckets(
    buckets: int, steps: list[tuple[int, int, int]]
) -> None:
    rolling = RollingCounts(columns=2, buckets=buckets, width_ns=7)
    now, noted = 0, []
    for wait, column, amount in steps:
        now += wait
        rolling.advance(now)
        rolling.add(column, amount)
        noted.append((now, column, amount))
        for instant in (now, now + 20):
            kept = [e for e in noted if e[0] // 7 > instant // 7 - buckets]
            expected = tuple(sum(a for _, c, a in kept if c == n) for n in (0, 1))
            assert rolling.totals_at(instant) == expected
        assert tuple(rolling.totals) == rolling.totals_at(now)


@pytest.mark.parametrize(("columns", "buckets", "width"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_size_below_one_is_refused(columns: int, buckets: int, width: int) -> None:
    with pytest.raises(ConfigError, match="must be at least 1"):
        RollingCounts(columns=columns, buckets=buckets, width_ns=width)
