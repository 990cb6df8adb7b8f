"""Figures in words, at the sizes where the form changes."""

# ruff: noqa: RUF001 - the dashes and signs are what is tested

import pytest

from reports import quantities as q

S, MS, US = 1_000_000_000, 1_000_000, 1_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (12.345, "12.3"),
        (123.456, "123"),
        (1234.5, "1,234"),
        (0.0123, "0.0123"),
        (0.999, "0.999"),
        (999.6, "1,000"),
        (2.5, "2.5"),
        (100.0, "100"),
        (-12.345, "-12.3"),
    ],
)
def test_three_figures_that_matter(value, text):
    assert q.significant(value) == text


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (None, "–"),
        (0, "0 ms"),
        (840 * US, "840 µs"),
        (MS - 1, "1,000 µs"),
        (MS, "1 ms"),
        (38_200 * US, "38.2 ms"),
        (S, "1 s"),
        (90 * S, "1 min 30 s"),
    ],
)
def test_latency_takes_the_unit_that_suits_it(duration_ns, text):
    assert q.latency_text(duration_ns) == text


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (None, "–"),
        (8_420 * MS, "8.42 s"),
        (60 * S, "1 min"),
        (95 * S, "1 min 35 s"),
        (3600 * S, "1 h 00 min"),
        (7505 * S, "2 h 05 min"),
        (-5 * S, "−5 s"),
    ],
)
def test_spans_of_incidents(duration_ns, text):
    assert q.span_text(duration_ns) == text


@pytest.mark.parametrize(
    ("offset_ns", "text"),
    [
        (0, "T+00:00.0"),
        (300 * S, "T+05:00.0"),
        (-90 * S, "T−01:30.0"),
        (-1, "T+00:00.0"),
        (59_960 * MS, "T+01:00.0"),
        (3_723_400 * MS, "T+1:02:03.4"),
    ],
)
def test_moments_count_from_the_start_of_measure(offset_ns, text):
    assert q.moment_text(120 * S + offset_ns, 120 * S) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "–"),
        (0, "0 %"),
        (1, "100 %"),
        (0.5, "50 %"),
        (0.99999, "99.999 %"),
        (0.9999999, "99.999 %"),
        (0.00001, "0.001 %"),
        (1e-12, "<0.001 %"),
        (3.2, "320 %"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_all(ratio, text):
    assert q.ratio_text(ratio) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [(None, "–"), (0, "$0.00"), (1234.5, "$1,234.50"), (0.0285, "$0.0285"), (-2, "−$2.00")],
)
def test_money_has_cents_from_a_dollar_up(usd, text):
    assert q.money_text(usd) == text


@pytest.mark.parametrize(
    ("count", "text"), [(9_999, "9,999"), (10_000, "10k"), (28_727, "28.7k"), (1_200_000, "1.2M")]
)
def test_counts_shrink_where_space_is_scarce(count, text):
    assert q.short_count_text(count) == text


def test_long_names_keep_their_beginning_and_end():
    assert q.shortened("recommendation") == "recommendation"
    short = q.shortened("a-very-long-service-name")
    assert len(short) == 18
    assert short.startswith("a-very-long-")
    assert short.endswith("-name")


def test_civil_time_is_utc():
    assert q.civil_text(1_772_474_400 * S) == "2026-03-02 18:00:00 UTC"


def test_missing_factor_and_rate():
    assert q.factor_text(None) == "–"
    assert q.factor_text(1.034) == "×1.03"
    assert q.rate_text(31.42) == "31.4 /s"
