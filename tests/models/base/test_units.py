"""Quantities: read exactly, refused with an example, written back to the same number."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ValueSyntaxError
from models.base.units import (
    BYTES_MAX,
    MONEY_USD_MAX,
    RATE_PER_S_MAX,
    format_bytes,
    format_money,
    format_rate,
    format_ratio,
    parse_bytes,
    parse_money,
    parse_rate,
    parse_ratio,
)

moderate = settings(derandomize=True, deadline=None, max_examples=60)


@pytest.mark.parametrize(
    ("text", "per_s"),
    [
        ("400/s", 400.0),
        ("30/m", 0.5),
        ("1/h", 1 / 3600),
        ("2/d", 2 / 86400),
        ("0.1/s", 0.1),
        (" 12.5 / s ", 12.5),
        ("0", 0.0),
        ("0/h", 0.0),
        ("1000000000/s", 1e9),
    ],
)
def test_rates_are_per_second(text: str, per_s: float) -> None:
    assert parse_rate(text) == per_s


@pytest.mark.parametrize(
    "text",
    [
        "400",
        "",
        "/s",
        "400/",
        "400/ms",
        "400/S",
        "400 rps",
        "-1/s",
        "1e3/s",
        "nan/s",
        "inf/s",
        "1,000/s",
        ".5/s",
        "5./s",
        "4\u0660/s",
        "400/s/s",
        "00",
    ],
)
def test_what_is_not_a_rate_is_answered_with_examples(text: str) -> None:
    message = re.escape(f"'{text}' is not a rate; write for example 400/s, 30/m or 1/h")
    with pytest.raises(ValueSyntaxError, match=message):
        parse_rate(text)


def test_a_rate_over_the_limit_is_refused() -> None:
    with pytest.raises(ValueSyntaxError, match=r"more than 10\^9 per second"):
        parse_rate("1000000000.0000001/s")


@pytest.mark.parametrize(
    ("per_s", "text"),
    [
        (400.0, "400/s"),
        (0.5, "30/m"),
        (1 / 3600, "1/h"),
        (0.1, "6/m"),
        (0.0, "0/s"),
        (2 / 86400, "2/d"),
        (12.3456, "12.3456/s"),
    ],
)
def test_rates_are_written_in_the_unit_that_makes_them_whole(per_s: float, text: str) -> None:
    assert format_rate(per_s) == text


@given(st.floats(0.0, RATE_PER_S_MAX))
@moderate
def test_a_written_rate_reads_back(per_s: float) -> None:
    assert parse_rate(format_rate(per_s)) == per_s


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512B", 512),
        ("10kB", 10_000),
        ("2GiB", 2 * 2**30),
        ("1.5KiB", 1536),
        ("0.001kB", 1),
        (" 3 MB ", 3_000_000),
        ("0", 0),
        ("0B", 0),
        ("1TB", 10**12),
        ("1TiB", 2**40),
        ("1PB", 10**15),
        ("1024PiB", 2**60),
    ],
)
def test_sizes_are_whole_bytes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    "text", ["512", "10KB", "10kb", "2Gb", "2Gi", "2G", "-1B", "1e3B", "nanB", "", "B", "1 0B"]
)
def test_what_is_not_a_size_is_answered_with_examples(text: str) -> None:
    message = re.escape(f"'{text}' is not a size; write for example 512B, 10kB or 2GiB")
    with pytest.raises(ValueSyntaxError, match=message):
        parse_bytes(text)


@pytest.mark.parametrize("text", ["0.5B", "1.0001kB", "0.3KiB"])
def test_a_part_of_a_byte_is_refused(text: str) -> None:
    with pytest.raises(ValueSyntaxError, match="not a whole number of bytes"):
        parse_bytes(text)


def test_a_size_over_the_limit_is_refused() -> None:
    with pytest.raises(ValueSyntaxError, match="more than 1024PiB"):
        parse_bytes(f"{2**60 + 1}B")


@pytest.mark.parametrize(
    ("size", "text"),
    [(1024, "1KiB"), (1000, "1kB"), (1536, "1536B"), (3 * 10**9, "3GB"), (0, "0B")],
)
def test_sizes_are_written_in_the_largest_unit_that_divides_them(size: int, text: str) -> None:
    assert format_bytes(size) == text


@given(st.one_of(st.integers(0, BYTES_MAX), st.integers(0, 2**20).map(lambda n: n * 1024)))
@moderate
def test_a_written_size_reads_back(size: int) -> None:
    assert parse_bytes(format_bytes(size)) == size


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("20%", 0.2),
        ("99.9%", 0.999),
        ("100%", 1.0),
        ("0%", 0.0),
        ("0", 0.0),
        ("0.1 %", 0.001),
        ("7%", 0.07),
        ("29%", 0.29),
        ("99.999%", 0.99999),
    ],
)
def test_percentages_are_the_nearest_float_of_their_decimal(text: str, ratio: float) -> None:
    assert parse_ratio(text) == ratio


@pytest.mark.parametrize("text", ["0.2", "20", "1", "-5%", "%", "", "nan%", "1e1%", "20%%"])
def test_what_is_not_a_percentage_is_answered_with_examples(text: str) -> None:
    message = re.escape(f"'{text}' is not a percentage; write for example 20% or 99.9%")
    with pytest.raises(ValueSyntaxError, match=message):
        parse_ratio(text)


def test_more_than_all_of_it_is_refused() -> None:
    with pytest.raises(ValueSyntaxError, match="more than 100%"):
        parse_ratio("100.00000000000000000001%")


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.2, "20%"), (0.999, "99.9%"), (1.0, "100%"), (0.07, "7%"), (-0.0, "0%")]
)
def test_ratios_are_written_as_percentages(ratio: float, text: str) -> None:
    assert format_ratio(ratio) == text


@given(st.floats(0.0, 1.0))
@moderate
def test_a_written_ratio_reads_back(ratio: float) -> None:
    assert parse_ratio(format_ratio(ratio)) == ratio


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("0.096 USD/h", (0.096, "h")),
        ("0.01 USD/GB", (0.01, "GB")),
        ("5 USD", (5.0, "")),
        ("1.25USD / h", (1.25, "h")),
        ("0", (0.0, "")),
        ("0 USD/h", (0.0, "h")),
    ],
)
def test_prices_are_an_amount_and_what_it_buys(text: str, money: tuple[float, str]) -> None:
    assert parse_money(text) == money


@pytest.mark.parametrize(
    "text",
    [
        "0.096",
        "0.096/h",
        "0.096 EUR/h",
        "0.096 usd/h",
        "$5",
        "5 USD/",
        "5 USD/GiB",
        "5 USD/hour",
        "-5 USD",
        "nan USD",
        "",
        "1e3 USD",
    ],
)
def test_what_is_not_a_price_is_answered_with_examples(text: str) -> None:
    message = re.escape(f"'{text}' is not a price; write for example 0.096 USD/h")
    with pytest.raises(ValueSyntaxError, match=message):
        parse_money(text)


def test_an_amount_over_the_limit_is_refused() -> None:
    with pytest.raises(ValueSyntaxError, match=r"more than 10\^12 USD"):
        parse_money("1000000000000.01 USD")


@given(st.floats(0.0, MONEY_USD_MAX), st.sampled_from(["", "h", "GB"]))
@moderate
def test_a_written_price_reads_back(amount_usd: float, unit: str) -> None:
    assert parse_money(format_money(amount_usd, unit)) == (amount_usd, unit)


def test_a_price_per_an_unknown_unit_is_not_written() -> None:
    with pytest.raises(ValueSyntaxError, match="per 'week'"):
        format_money(1.0, "week")


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_what_could_not_be_read_back_is_not_written(value: float) -> None:
    for write in (format_rate, format_bytes, format_ratio, format_money):
        with pytest.raises(ValueSyntaxError, match="must be from 0"):
            write(value)  # type: ignore[operator]
