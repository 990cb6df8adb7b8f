"""A token bucket of traces."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.telemetry.tracing.sampling.rate_limited import RateLimited
from models.telemetry.tracing.sampling.sampler import Candidate, SamplingDecision

CANDIDATE = Candidate(1, "op")


def keeps(sampler, now):
    result = sampler.should_sample(CANDIDATE, now=now)
    return result.decision is SamplingDecision.RECORD_AND_SAMPLE


def test_the_bucket_begins_full_and_is_refilled_by_the_clock():
    sampler = RateLimited(2.0, burst=3)
    assert [keeps(sampler, 0) for _ in range(4)] == [True, True, True, False]
    half = NS_PER_S // 2
    assert [keeps(sampler, half - 1), keeps(sampler, half), keeps(sampler, half)] == [
        False, True, False,
    ]  # fmt: skip
    assert sampler.refused == 3


def test_no_more_than_the_burst_is_saved_up():
    sampler = RateLimited(1.0, burst=2)
    assert [keeps(sampler, 100 * NS_PER_S) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(("rate", "burst"), [(5.0, 5), (0.25, 1), (1.5, 1)])
def test_the_default_burst_is_what_a_second_brings_but_one_at_least(rate, burst):
    sampler = RateLimited(rate)
    assert sum(keeps(sampler, 0) for _ in range(10)) == burst


def test_a_rate_below_one_keeps_one_in_many_seconds():
    sampler = RateLimited(0.25)
    assert [keeps(sampler, second * NS_PER_S) for second in range(9)] == [
        second % 4 == 0 for second in range(9)
    ]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(1, 5), st.integers(1, 4), st.lists(st.integers(0, 700), min_size=1, max_size=40))
def test_it_agrees_with_a_naive_bucket(rate, burst, gaps):
    sampler = RateLimited(float(rate), burst)
    interval = round(NS_PER_S / rate)
    tokens, last, now = burst * interval, 0, 0
    for gap in gaps:
        now += gap * 1_000_000
        tokens = min(burst * interval, tokens + now - last)
        last = now
        expected = tokens >= interval
        tokens -= interval * expected
        assert keeps(sampler, now) is expected


def test_it_names_itself():
    assert RateLimited(5.0).description == "RateLimited{5.0}"


@pytest.mark.parametrize(("rate", "burst"), [(0.0, 1), (-1.0, 1), (2e9, 1), (1.0, 0)])
def test_what_keeps_nothing_is_refused(rate, burst):
    with pytest.raises(ConfigError):
        RateLimited(rate, burst)
