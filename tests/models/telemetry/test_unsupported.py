"""Whatever is not `selector op number` is refused by name and place."""

import pytest

from models.telemetry.comparison import parse_comparison
from models.telemetry.promql.syntax.tokens import ExpressionError

LATER = "is not supported yet in alert expressions"


@pytest.mark.parametrize(
    ("expression", "column", "reason"),
    [
        ("rate(x[5m]) > 1", 1, f"function rate() {LATER}"),
        ("1 < rate(x[5m])", 5, f"function rate() {LATER}"),
        ("rate(x) > 1", 1, f"function rate() {LATER}"),
        ("absent(up)", 1, f"function absent() {LATER}"),
        ("vector(1)", 1, f"function vector() {LATER}"),
        ("sum(up) > 1", 1, f"aggregation sum() {LATER}"),
        ("sum by (a) (x) > 3", 1, f"aggregation sum() {LATER}"),
        ("(MAX(up)) > 1", 2, f"aggregation max() {LATER}"),
        ("x[5m] > 1", 2, f"a range selector {LATER}"),
        ("x[5m:1m]", 2, f"a subquery {LATER}"),
        ("up offset 5m > 1", 4, f"the modifier 'offset' {LATER}"),
        ("up @ 3 > 1", 4, f"the modifier '@' {LATER}"),
        ('up{a="b" or c="d"} > 1', 10, f"'or' between label matchers {LATER}"),
        ("up > 1 and up", 8, f"set operator 'and' {LATER}"),
        ("kube AND (y == 0)", 6, f"set operator 'and' {LATER}"),
        ("x unless y", 3, f"set operator 'unless' {LATER}"),
        ("a > 1 or b", 7, f"set operator 'or' {LATER}"),
        ("up == on(a) y", 7, f"vector matching with 'on' {LATER}"),
        ("up + 1 > 2", 4, f"arithmetic with '+' {LATER}"),
        ("up > 1 + 1", 8, f"arithmetic with '+' {LATER}"),
        ("up > -1^2", 8, f"arithmetic with '^' {LATER}"),
        ("up{a='b'} / 2 > 1", 11, f"arithmetic with '/' {LATER}"),
        ("up atan2 1 > 2", 4, f"arithmetic with 'atan2' {LATER}"),
        ("up > 1 > 2", 8, f"a second comparison {LATER}"),
        ('"x" > 1', 1, f"a string {LATER}"),
        ("-up > 1", 1, f"a sign before a selector {LATER}"),
        ("1 > -(up)", 5, f"a sign before a selector {LATER}"),
        ("up == down", 7, f"comparing two selectors {LATER}; one side must be a number"),
        ("up > bool 1", 6, "an alert compares without 'bool', which would always give a result"),
        ("up", 1, "the expression compares nothing; write for example 'up == 0'"),
        ("3", 1, "the expression compares nothing; write for example 'up == 0'"),
        ("1 < 2", 5, "the expression compares two numbers; one side must be a selector"),
        ("1 < -Inf", 5, "the expression compares two numbers; one side must be a selector"),
    ],
)
def test_the_first_unsupported_construct_is_named(expression, column, reason):
    with pytest.raises(ExpressionError) as error:
        parse_comparison(expression)
    assert (error.value.column, error.value.reason) == (column, reason)


def test_the_line_is_that_of_the_construct():
    with pytest.raises(ExpressionError) as error:
        parse_comparison("up > 1\n  and\ndown > 1")
    assert (error.value.line, error.value.column) == (2, 3)
