"""Durations of rule files (semantics 3.1; prometheus/common model/time_test.go)."""

import pytest

from models.alerting.prometheus_duration import DURATION_NS_MAX, parse_prometheus_duration
from models.base.errors import ValueSyntaxError
from models.base.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_MS, NS_PER_S


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("0s", 0),
        ("324ms", 324 * NS_PER_MS),
        ("3s", 3 * NS_PER_S),
        ("5m", 5 * NS_PER_MINUTE),
        ("1h", NS_PER_HOUR),
        ("4d", 4 * NS_PER_DAY),
        ("4d1h", 4 * NS_PER_DAY + NS_PER_HOUR),
        ("3w", 21 * NS_PER_DAY),
        ("10y", 3650 * NS_PER_DAY),
        ("1h30m", 90 * NS_PER_MINUTE),
        ("1m0s250ms", NS_PER_MINUTE + 250 * NS_PER_MS),
        ("9223372036s", 9223372036 * NS_PER_S),
    ],
)
def test_a_duration_is_read(text, expected):
    assert parse_prometheus_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "1", "5", "1.5h", "5 m", "m", "-1m", "30m1h", "1h1h", "5us", "5M", " 5m", "5m ", "1y1y",
     "٣m"],
)  # fmt: skip
def test_what_is_not_a_duration_is_refused(text):
    with pytest.raises(ValueSyntaxError, match="is not a duration"):
        parse_prometheus_duration(text)


def test_a_duration_may_not_exceed_what_64_bits_hold():
    assert DURATION_NS_MAX // NS_PER_S == 9223372036
    with pytest.raises(ValueSyntaxError, match="too long"):
        parse_prometheus_duration("9223372037s")
