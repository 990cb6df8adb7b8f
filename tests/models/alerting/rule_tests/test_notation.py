"""The notation of samples in unit tests of rules (semantics 3.3)."""

from math import isnan

import pytest

from models.alerting.rule_tests.notation import NoNumber, parse_samples
from models.base.errors import ValueSyntaxError

GAP, STALE = NoNumber.GAP, NoNumber.STALE


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("", ()),
        ("1 -2 .5 1e3", (1.0, -2.0, 0.5, 1000.0)),
        ("0+10x3", (0.0, 10.0, 20.0, 30.0)),
        ("5-2x2", (5.0, 3.0, 1.0)),
        ("7x2", (7.0, 7.0, 7.0)),
        ("0x2", (0.0, 0.0, 0.0)),
        ("1x0", (1.0,)),
        ("1 _ _x2 2", (1.0, GAP, GAP, GAP, 2.0)),
        ("1 stale", (1.0, STALE)),
        ("-1.5+0.5x2", (-1.5, -1.0, -0.5)),
        ("Inf -Inf", (float("inf"), float("-inf"))),
    ],
)
def test_each_word_becomes_its_samples(text, samples):
    assert parse_samples(text) == samples


def test_what_is_no_number_is_one():
    assert isnan(parse_samples("NaN")[0])


@pytest.mark.parametrize("text", ["x", "1+x3", "1+2", "_3", "stalex2", "1x-2", "{{schema:0}}"])
def test_other_words_are_refused(text):
    with pytest.raises(ValueSyntaxError):
        parse_samples(text)


def test_a_series_without_end_is_refused():
    with pytest.raises(ValueSyntaxError, match="more than 1000000"):
        parse_samples("1x999999999")
