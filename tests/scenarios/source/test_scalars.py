"""YAML 1.2.2 section 10.3.2, table of the core schema."""

import math

import pytest

from scenarios.source.scalars import resolve_plain


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_null_has_five_spellings(text):
    assert resolve_plain(text) is None


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_true_has_three_spellings(text):
    assert resolve_plain(text) is True


@pytest.mark.parametrize("text", ["false", "False", "FALSE"])
def test_false_has_three_spellings(text):
    assert resolve_plain(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "NO",
        "yes",
        "on",
        "off",
        "y",
        "1:30",
        "2026-03-02",
        "2026-03-02T18:00:00Z",
        "1_000",
        "0b11",
        "-0x1F",
        "+0o7",
        "0o8",
        "nULL",
        "tRUE",
        ".",
        "-",
        "1e",
        "e3",
        ".Inf.",
        "0x",
        "<<",
    ],
)
def test_what_yaml_1_1_took_for_something_else_is_text(text):
    assert resolve_plain(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("014", 14), ("-7", -7), ("+3", 3), ("0o14", 12), ("0x1F", 31), ("0xff", 255)],
)
def test_whole_numbers(text, value):
    resolved = resolve_plain(text)
    assert resolved == value
    assert type(resolved) is int


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.", 1.0), (".5", 0.5), ("-1.5", -1.5), ("1e3", 1000.0), ("+1.5E-1", 0.15)],
)
def test_fractions_and_exponents(text, value):
    resolved = resolve_plain(text)
    assert resolved == value
    assert type(resolved) is float


def test_infinities_and_not_a_number():
    assert resolve_plain(".inf") == math.inf
    assert resolve_plain("+.Inf") == math.inf
    assert resolve_plain("-.INF") == -math.inf
    resolved = resolve_plain(".NaN")
    assert isinstance(resolved, float)
    assert math.isnan(resolved)


def test_a_number_of_400_digits_is_a_number_and_of_401_is_text():
    assert resolve_plain("9" * 400) == int("9" * 400)
    assert resolve_plain("9" * 401) == "9" * 401
