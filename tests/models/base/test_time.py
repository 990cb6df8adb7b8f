"""Durations: exact nanoseconds in, the same text class out."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ValueSyntaxError
from models.base.time import (
    DURATION_NS_MAX,
    NS_PER_DAY,
    NS_PER_HOUR,
    NS_PER_MINUTE,
    NS_PER_S,
    format_duration,
    parse_duration,
    seconds,
)


@pytest.mark.parametrize(
    ("text", "duration_ns"),
    [
        ("250ms", 250_000_000),
        ("1.5s", 1_500_000_000),
        ("1h30m", 90 * NS_PER_MINUTE),
        ("1d2h3m4s5ms6us7ns", NS_PER_DAY + 2 * NS_PER_HOUR + 184_005_006_007),
        ("5µs", 5_000),
        ("5us", 5_000),
        ("1ns", 1),
        ("0.000000001s", 1),
        ("0", 0),
        ("0s", 0),
        (" 3s ", 3 * NS_PER_S),
        ("5m", 5 * NS_PER_MINUTE),
        ("1m1ms", NS_PER_MINUTE + 1_000_000),
        ("0.5d", 12 * NS_PER_HOUR),
    ],
)
def test_durations_are_read_exactly(text: str, duration_ns: int) -> None:
    assert parse_duration(text) == duration_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "250",
        "ms",
        "-1s",
        "+1s",
        "1 s",
        "1e3s",
        "5M",
        "1hour",
        "1s,5ms",
        "1.s",
        ".5s",
        "1.5.5s",
        "inf",
        "nan",
        "\u0663s",
        "1h 30m",
        "00",
        "1s5",
    ],
)
def test_what_is_not_a_duration_is_answered_with_examples(text: str) -> None:
    message = re.escape(f"'{text}' is not a duration; write for example 250ms, 3s or 1h30m")
    with pytest.raises(ValueSyntaxError, match=message):
        parse_duration(text)


@pytest.mark.parametrize("text", ["30m1h", "1s1s", "1us1µs", "1ms1s"])
def test_units_go_from_large_to_small_each_once(text: str) -> None:
    with pytest.raises(ValueSyntaxError, match="large to small, each once"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0.5ns", "1.0000001ms", "0.0000000001s"])
def test_parts_of_a_nanosecond_are_refused(text: str) -> None:
    with pytest.raises(ValueSyntaxError, match="finer than a nanosecond"):
        parse_duration(text)


def test_the_longest_duration_is_read_and_one_more_is_refused() -> None:
    assert parse_duration(f"{DURATION_NS_MAX}ns") == DURATION_NS_MAX
    with pytest.raises(ValueSyntaxError, match="longer than 146 years"):
        parse_duration(f"{DURATION_NS_MAX + 1}ns")


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [(0, "0s"), (90 * NS_PER_MINUTE, "1h30m"), (1_500_000_000, "1s500ms"), (-1_000, "-1us")],
)
def test_durations_are_written_in_whole_units(duration_ns: int, text: str) -> None:
    assert format_duration(duration_ns) == text


@given(st.integers(0, DURATION_NS_MAX))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_a_written_duration_reads_back(duration_ns: int) -> None:
    assert parse_duration(format_duration(duration_ns)) == duration_ns


def test_seconds_are_floats_for_display() -> None:
    assert seconds(1_500_000_000) == 1.5
