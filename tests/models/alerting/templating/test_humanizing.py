"""Numbers as the functions of Prometheus' templates write them."""

from math import inf, nan

import pytest

from models.alerting.templating.humanizing import (
    as_number,
    humanize,
    humanize_1024,
    humanize_duration,
    humanize_percentage,
    humanize_timestamp,
    instant,
)
from models.alerting.templating.values import ExpansionError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1.0, "1"), (999.9, "999.9"), (1000.0, "1k"), (1234567.0, "1.235M"),
        (0.12, "120m"), (1e-6, "1u"), (-2500.0, "-2.5k"), (nan, "NaN"), (inf, "+Inf"),
        (1e27, "1000Y"),
    ],
)  # fmt: skip
def test_a_number_with_a_metric_prefix(value, text):
    assert humanize(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1.0, "1"), (1023.0, "1023"), (1024.0, "1ki"), (1048576.0, "1Mi"), (-inf, "-Inf")],
)
def test_a_number_with_a_binary_prefix(value, text):
    assert humanize_1024(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0s"), (1.0, "1s"), (0.1, "100ms"), (59.9, "59.9s"), (60.0, "1m 0s"),
        (3600.0, "1h 0m 0s"), (86400.0, "1d 0h 0m 0s"), (-86461.0, "-1d 0h 1m 1s"), (nan, "NaN"),
    ],
)  # fmt: skip
def test_a_duration(value, text):
    assert humanize_duration(value) == text


def test_a_percentage():
    assert humanize_percentage(0.1234567) == "12.35%"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "1970-01-01 00:00:00 +0000 UTC"),
        (1435065584.128, "2015-06-23 13:19:44.128 +0000 UTC"),
        (1.5, "1970-01-01 00:00:01.5 +0000 UTC"),
        (inf, "+Inf"),
    ],
)
def test_an_instant(value, text):
    assert humanize_timestamp(value) == text


@pytest.mark.parametrize(
    ("seconds", "milliseconds"),
    [(0.0019999, 1), (-0.0019999, -1), (9223372036.0, 9223372036000), (-1.5, -1500)],
)
def test_an_instant_is_cut_to_milliseconds(seconds, milliseconds):
    assert instant(seconds).milliseconds == milliseconds


@pytest.mark.parametrize("value", [nan, inf, 9223372037.0, -9223372037.0])
def test_what_is_no_instant_of_64_bits_is_refused(value):
    with pytest.raises(ExpansionError):
        instant(value)


@pytest.mark.parametrize(
    ("text", "number"), [("1e3", 1000.0), (".5", 0.5), ("+Inf", inf), ("-infinity", -inf)]
)
def test_the_text_of_a_number_is_a_number(text, number):
    assert as_number(text) == number


@pytest.mark.parametrize("text", ["", " 1", "1_0", "1e999", "x", "٣", "0x1p4"])
def test_other_texts_are_none(text):
    with pytest.raises(ExpansionError):
        as_number(text)
