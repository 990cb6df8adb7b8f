"""Each policy of tail sampling at its boundary (semantics 14.1)."""

import pytest

from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.telemetry.tracing.spans.span import Status, StatusCode
from models.telemetry.tracing.tail.policies import (
    HasAttribute,
    HasStatus,
    KeepAll,
    KeepShare,
    RateBelow,
    SlowerThan,
)
from tests.models.telemetry.tracing.spans_by_hand import ERROR, span


def keeps(policy, *spans, now=0):
    return policy.keeps(spans, now=now)


def test_keep_all_keeps_all():
    assert keeps(KeepAll(), span(1))


def test_one_error_anywhere_is_enough():
    assert keeps(HasStatus(), span(1), span(2, status=ERROR))
    assert not keeps(HasStatus(), span(1), span(2, status=Status(StatusCode.OK)))


def test_other_codes_can_be_asked_for():
    policy = HasStatus(frozenset({StatusCode.OK}))
    assert keeps(policy, span(1, status=Status(StatusCode.OK)))
    assert not keeps(policy, span(1, status=ERROR))


@pytest.mark.parametrize(("end", "is_kept"), [(99, False), (100, True), (101, True)])
def test_a_trace_lasts_from_its_earliest_start_to_its_latest_end(end, is_kept):
    assert keeps(SlowerThan(100), span(1, 40, 50), span(2, 0, 10), span(3, 60, end)) is is_kept


@pytest.mark.parametrize(("end", "is_kept"), [(100, False), (101, True), (200, True), (201, False)])
def test_with_an_upper_bound_the_lower_one_is_exclusive(end, is_kept):
    assert keeps(SlowerThan(100, 200), span(1, 0, end)) is is_kept


def test_a_share_follows_from_the_trace_id_and_the_salt():
    policy = KeepShare(0.25)
    kept = [keeps(policy, span(1, trace=trace)) for trace in range(1, 2001)]
    assert kept == [keeps(KeepShare(0.25), span(9, trace=trace)) for trace in range(1, 2001)]
    assert abs(sum(kept) - 500) < 3.3 * (2000 * 0.25 * 0.75) ** 0.5
    other = [keeps(KeepShare(0.25, "x"), span(1, trace=trace)) for trace in range(1, 2001)]
    both = sum(one and two for one, two in zip(kept, other, strict=True))
    assert abs(both - 125) < 3.3 * (2000 * 0.0625 * 0.9375) ** 0.5


def test_a_share_of_none_and_of_all():
    assert not any(keeps(KeepShare(0.0), span(1, trace=trace)) for trace in range(1, 50))
    assert all(keeps(KeepShare(1.0), span(1, trace=trace)) for trace in range(1, 50))


@pytest.mark.parametrize(
    ("values", "is_kept"),
    [(("gold",), True), (("silver", "gold"), True), (("silver",), False), (("GOLD",), False)],
)
def test_an_attribute_must_have_one_of_the_values(values, is_kept):
    spans = span(1), span(2, attributes={"tier": "gold"})
    assert keeps(HasAttribute("tier", values), *spans) is is_kept
    assert keeps(HasAttribute("tier", values, is_inverted=True), *spans) is not is_kept


def test_attributes_of_the_resource_count_too():
    assert keeps(HasAttribute("zone", ("b",)), span(1, resource={"zone": "b"}))


@pytest.mark.parametrize("value", [True, 1.0, "1"])
def test_values_are_equal_only_within_a_type(value):
    assert not keeps(HasAttribute("k", (1,)), span(1, attributes={"k": value}))
    assert keeps(HasAttribute("k", (1,)), span(1, attributes={"k": 1}))


def test_a_missing_attribute_is_no_value():
    assert not keeps(HasAttribute("k", ("",)), span(1))
    assert keeps(HasAttribute("k", ("x",), is_inverted=True), span(1))


def test_a_rate_counts_the_spans_of_each_second():
    policy = RateBelow(3)
    assert keeps(policy, span(1), span(2))
    assert not keeps(policy, span(1), span(2))
    assert keeps(policy, span(1))
    assert not keeps(policy, span(1), now=NS_PER_S - 1)
    assert keeps(policy, span(1), span(2), span(3), now=NS_PER_S)


def test_a_trace_larger_than_the_rate_is_never_kept():
    assert not keeps(RateBelow(1), span(1), span(2))


@pytest.mark.parametrize(
    "make", [lambda: RateBelow(0), lambda: KeepShare(1.5), lambda: KeepShare(-0.1)]
)
def test_bounds_that_make_no_sense_are_refused(make):
    with pytest.raises(ConfigError):
        make()
