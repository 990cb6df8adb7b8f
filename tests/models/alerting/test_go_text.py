"""Numbers as Go and the functions of Prometheus' templates write them."""

from math import inf, nan

import pytest

from models.alerting.go_text import (
    humanize,
    humanize_1024,
    humanize_duration,
    humanize_percentage,
    humanize_timestamp,
    printf,
)


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
    ("form", "arguments", "text"),
    [
        ("%5.1f|", (2.25,), "  2.2|"), ("%-6s|", ("ab",), "ab    |"), ("%q", ("a",), '"a"'),
        ("%g", (1e6,), "1e+06"), ("%f", (inf,), "+Inf"), ("%s", (1.0,), "%!s(float64=1)"),
        ("%d", ("a",), "%!d(string=a)"), ("100%%", (), "100%"),
    ],
)  # fmt: skip
def test_a_format(form, arguments, text):
    assert printf(form, *arguments) == text
