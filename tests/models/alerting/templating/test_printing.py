"""Formats (Go package fmt)."""

from math import inf, nan

import pytest

from models.alerting.templating.printing import printf, quoted
from models.alerting.templating.values import ExpansionError


@pytest.mark.parametrize(
    ("form", "arguments", "text"),
    [
        ("%5.1f|", (2.25,), "  2.2|"), ("%-6s|", ("ab",), "ab    |"), ("%q", ("a",), '"a"'),
        ("%g", (1e6,), "1e+06"), ("%f", (inf,), "+Inf"), ("%s", (1.0,), "%!s(float64=1)"),
        ("%d", ("a",), "%!d(string=a)"), ("100%%", (), "100%"), ("%08.1f", (nan,), "     NaN"),
        ("%-8f|", (inf,), "+Inf    |"), ("%6t|", (True,), "  true|"),
        ("%d", (None,), "%!d(<nil>)"), ("%+v", (1.5,), "1.5"), ("%+g", (1.5,), "+1.5"),
        ("%x", (-255,), "-ff"), ("%c", (0x110000,), "%!c(int=1114112)"),
    ],
)  # fmt: skip
def test_a_format(form, arguments, text):
    assert printf(form, *arguments) == text


def test_widths_up_to_ten_thousand_are_filled():
    assert len(printf("%10000s", "a")) == 10_000
    with pytest.raises(ExpansionError):
        printf("%10001s", "a")


def test_quotes_escape_what_cannot_be_seen():
    assert quoted('é\\"\n\x01\u200b') == '"é\\\\\\"\\n\\x01\\u200b"'
