"""All of, any of, and shares of a rate."""

import pytest

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.telemetry.tracing.tail.combined import Allocation, AllOf, AnyOf, Composite
from models.telemetry.tracing.tail.policies import HasStatus, KeepAll, RateBelow, SlowerThan
from tests.models.telemetry.tracing.spans_by_hand import ERROR, span

SLOW, BAD, BOTH, NEITHER = (
    (span(1, 0, 100),),
    (span(1, 0, 1, status=ERROR),),
    (span(1, 0, 100, status=ERROR),),
    (span(1, 0, 1),),
)


@pytest.mark.parametrize(
    ("spans", "all_of", "any_of"),
    [(SLOW, False, True), (BAD, False, True), (BOTH, True, True), (NEITHER, False, False)],
)
def test_all_of_and_any_of(spans, all_of, any_of):
    policies = SlowerThan(100), HasStatus()
    assert AllOf(policies).keeps(spans, now=0) is all_of
    assert AnyOf(policies).keeps(spans, now=0) is any_of


def test_a_rate_in_last_place_is_spent_only_on_what_the_others_keep():
    policy = AllOf((HasStatus(), RateBelow(1)))
    assert [policy.keeps(spans, now=0) for spans in (NEITHER, NEITHER, BAD, BAD)] == [
        False, False, True, False,
    ]  # fmt: skip


def test_a_rate_behind_a_yes_is_not_spent():
    policy = AnyOf((HasStatus(), RateBelow(1)))
    assert [policy.keeps(spans, now=0) for spans in (BAD, BAD, NEITHER, NEITHER)] == [
        True, True, True, False,
    ]  # fmt: skip


def composite(*percents, rate=10):
    policies = HasStatus(), SlowerThan(100), KeepAll()
    return Composite(rate, [Allocation(*pair) for pair in zip(policies, percents, strict=False)])


def kept(policy, spans, times, now=0):
    return [policy.keeps(spans, now=now) for _ in range(times)]


def test_each_policy_fills_its_own_share():
    policy = composite(50, 30, 20)
    assert kept(policy, NEITHER, 3) == [True, True, False]
    assert kept(policy, BAD, 6) == [True] * 5 + [False]
    assert kept(policy, SLOW, 4) == [True] * 3 + [False]


def test_the_first_policy_that_would_keep_decides_even_if_it_is_full():
    policy = composite(10, 90)
    assert kept(policy, BOTH, 3) == [True, False, False]


def test_the_shares_are_free_again_in_the_next_second():
    policy = composite(10)
    assert kept(policy, BAD, 2) == [True, False]
    assert kept(policy, BAD, 2, now=NS_PER_S) == [True, False]


def test_a_rate_of_one_keeps_one_and_a_share_of_nothing_nothing():
    assert kept(composite(100, rate=1), BAD, 2) == [True, False]
    assert kept(composite(0, 100), BAD, 1) == [False]


def test_what_no_policy_wants_is_not_kept():
    assert not composite(50, 50).keeps(NEITHER, now=0)


def test_a_trace_must_fit_whole():
    policy = composite(30)
    assert not policy.keeps([span(n, status=ERROR) for n in range(1, 5)], now=0)
    assert policy.keeps([span(n, status=ERROR) for n in range(1, 4)], now=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: AllOf(()),
        lambda: AnyOf(()),
        composite,
        lambda: composite(60, 41),
        lambda: composite(-1),
        lambda: composite(10, rate=0),
    ],
)
def test_what_makes_no_sense_is_refused(make):
    with pytest.raises(ConfigError):
        make()
