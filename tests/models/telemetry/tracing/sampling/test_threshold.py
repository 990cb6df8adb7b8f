"""Thresholds: the table of semantics 14.1, and what travels under ``ot``."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError
from models.telemetry.tracing.sampling.threshold import (
    SPACE,
    adjusted_count,
    believable,
    ot_members,
    parse_randomness,
    parse_threshold,
    probability,
    randomness,
    threshold,
    threshold_text,
    with_threshold,
)

TABLE = [
    (1, "0", "0", "0"),
    (2, "8", "8", "8"),
    (3, "aab", "aaab", "aaaab"),
    (4, "c", "c", "c"),
    (5, "ccd", "cccd", "ccccd"),
    (8, "e", "e", "e"),
    (10, "e66", "e666", "e6666"),
    (16, "f", "f", "f"),
    (100, "fd71", "fd70a", "fd70a4"),
    (1000, "ffbe7", "ffbe77", "ffbe76d"),
    (10_000, "fff972", "fff9724", "fff97247"),
    (100_000, "ffff584", "ffff583a", "ffff583a5"),
    (1_000_000, "ffffef4", "ffffef39", "ffffef391"),
]


@pytest.mark.parametrize(("one_in", "three", "four", "five"), TABLE)
def test_thresholds_of_one_in_n(one_in, three, four, five):
    texts = [threshold_text(threshold(1 / one_in, digits)) for digits in (3, 4, 5)]
    assert texts == [three, four, five]


@pytest.mark.parametrize(("one_in", "_three", "four", "_five"), TABLE)
def test_four_digits_are_the_default(one_in, _three, four, _five):
    assert threshold_text(threshold(1 / one_in)) == four


@pytest.mark.parametrize(
    ("one_in", "actual"), [(3, 0.3333282470703125), (10, 0.100006103515625), (1, 1.0), (16, 0.0625)]
)
def test_the_actual_probability_follows_from_the_threshold(one_in, actual):
    rejected = threshold(1 / one_in)
    assert probability(rejected) == actual
    assert adjusted_count(rejected) == pytest.approx(1 / actual, rel=1e-12)


def test_one_percent_with_five_digits_is_the_number_of_the_specification():
    assert threshold(0.01, 5) == 71337018784743424


def test_the_smallest_probability_rejects_all_but_one():
    assert threshold(2.0**-56) == SPACE - 1
    assert adjusted_count(SPACE - 1) == SPACE


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(2.0**-56, 1.0), st.integers(1, 14))
def test_rounding_stays_within_half_a_digit(share, digits):
    rejected = threshold(share, digits)
    assert 0 <= rejected < SPACE
    assert abs(probability(rejected) - share) <= share * 16.0 ** (1 - digits) / 2 + 2.0**-56


@pytest.mark.parametrize(
    ("share", "digits"), [(0.0, 4), (2.0**-57, 4), (1.1, 4), (0.5, 0), (0.5, 15)]
)
def test_what_has_no_threshold_is_refused(share, digits):
    with pytest.raises(ConfigError):
        threshold(share, digits)


@pytest.mark.parametrize(
    ("text", "value"),
    [("8", 2**55), ("0", 0), ("e666", 0xE6660000000000), ("f" * 14, SPACE - 1), ("", None),
     ("f" * 15, None), ("E", None), ("0x8", None)],
)  # fmt: skip
def test_thresholds_are_read_with_their_zeros_put_back(text, value):
    assert parse_threshold(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0123456789abcd", 0x0123456789ABCD), ("123456789abcd", None), ("0" * 15, None),
     ("0123456789ABCD", None)],
)  # fmt: skip
def test_randomness_has_exactly_14_digits(text, value):
    assert parse_randomness(text) == value


def test_randomness_is_in_the_trace_state_or_else_in_the_trace_id():
    trace_id = 0xFFFF_00112233445566
    assert randomness((), trace_id) == 0x112233445566 | 0x00 << 48
    assert randomness((("ot", "rv:0123456789abcd"),), trace_id) == 0x0123456789ABCD
    assert randomness((("ot", "rv:zz"),), trace_id) == trace_id & (SPACE - 1)


def test_a_threshold_is_put_in_front_of_its_siblings_and_of_the_state():
    state = (("foo", "1"), ("ot", "p:8;rv:0123456789abcd;th:c"))
    assert with_threshold(state, 2**55) == (("ot", "th:8;p:8;rv:0123456789abcd"), ("foo", "1"))
    assert with_threshold((), 0) == (("ot", "th:0"),)


def test_a_threshold_is_taken_out_with_the_key_if_nothing_else_is_left():
    assert with_threshold((("ot", "th:c"), ("foo", "1")), None) == (("foo", "1"),)
    assert with_threshold((("ot", "th:c;a:b"),), None) == (("ot", "a:b"),)
    assert with_threshold((), None) == ()


@pytest.mark.parametrize(("length", "rest"), [(245, ";b:1"), (246, "")])
def test_a_value_under_ot_stays_within_256_characters(length, rest):
    state = (("ot", f"a:{'x' * length};b:1"),)
    ((_, text),) = with_threshold(state, 2**55)
    assert text == f"th:8;a:{'x' * length}{rest}"
    assert len(text) <= 256


def test_sub_keys_out_of_form_are_left_out():
    assert ot_members((("ot", "a:1;b;:c;d:"),)) == (("a", "1"), ("d", ""))


@pytest.mark.parametrize(
    ("text", "kept"),
    [("th:8;rv:80000000000000", True), ("th:8;rv:7fffffffffffff", False), ("th:zz;a:b", False),
     ("a:b", True)],
)  # fmt: skip
def test_a_threshold_that_would_have_rejected_is_not_believed(text, kept):
    state = (("ot", text),)
    assert (believable(state, 1) == state) is kept
    assert "th" not in dict(ot_members(believable(state, 1))) or kept
