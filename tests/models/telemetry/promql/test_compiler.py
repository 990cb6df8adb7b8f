"""What is refused when an expression is compiled, and where it points."""

import pickle

import pytest

from models.telemetry.promql import compile_expression
from models.telemetry.promql.expression import ValueKind
from models.telemetry.promql.syntax.tokens import ExpressionError


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("sum by (job) (\n  rat(up[5m]))", 2, 3, "unknown function 'rat'"),
        ("holt_winters(x[5m], 0.1, 0.1)", 1, 1, "double_exponential_smoothing"),
        ("up + rate(up)", 1, 6, "expected type matrix"),
        ("sum(\n  sum(1)\n)", 2, 3, "expected type vector in aggregation"),
        ("1 + (2 > 3)", 1, 6, "comparisons between scalars must use BOOL"),
        ("up and 1", 1, 1, "set operator 'and' not allowed"),
        ("up * 2 + up[5m]", 1, 6, "binary expression must contain only"),
        ("up == fill(0) up", 1, 7, "'fill' is not supported"),
        ("histogram_count(x)", 1, 1, "function histogram_count() is not supported"),
        ("1 + info(x)", 1, 5, "function info() is not supported"),
        ("limit_ratio(0.1, x)", 1, 1, "aggregation limit_ratio() is not supported"),
        ('up{a="b" or c="d"}', 1, 10, "'or' between label matchers"),
        ('up{a=~"(?=x)"}', 1, 7, "look-ahead"),
        ('label_replace(up, "a", "", "b", "(")', 1, 33, "regular expression"),
        ('label_replace(up, "", "", "b", ".*")', 1, 19, "invalid destination label name"),
        ("up[5m] offset 1m offset 2m", 1, 18, "may not be set multiple times"),
        ("sum(up", 1, 7, "unclosed left parenthesis"),
        ("up ~ 1", 1, 4, "unexpected character"),
        ("", 1, 1, "no expression found"),
        ("(" * 51 + "1" + ")" * 51, 1, 51, "nested more than 50 deep"),
        ("+".join(["1"] * 200), 1, 1, "operations are nested more than 100 deep"),
        ("1 + rate(x[1e18])", 1, 10, "a duration is too long"),
        ("x offset 1e18", 1, 1, "a duration is too long"),
        ("x[5m:1e18]", 1, 1, "a duration is too long"),
        ("x[0.0001]", 1, 1, "shorter than a millisecond"),
        ("x[5m:0.0009]", 1, 1, "shorter than a millisecond"),
        ('count_values("", x)', 1, 14, "label of count_values() is empty"),
        ("-" * 9000 + "x", 1, 1001, "more than 1000 operators"),
        ("-" * 1000 + "x", 1, 101, "operations are nested more than 100 deep"),
        ("1" * 10_001, 1, 1, "longer than 10000"),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(text, line, column, reason):
    with pytest.raises(ExpressionError) as raised:
        compile_expression(text)
    assert reason in raised.value.reason
    assert (raised.value.line, raised.value.column) == (line, column)


def test_the_error_draws_a_caret_below_the_line():
    with pytest.raises(ExpressionError) as raised:
        compile_expression("up\n\t+ rat(up)")
    assert raised.value.pointer == "\t+ rat(up)\n\t  ^"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", ValueKind.SCALAR),
        ('"a"', ValueKind.TEXT),
        ("up", ValueKind.VECTOR),
        ("up[5m]", ValueKind.RANGES),
        ("up[5m:1m]", ValueKind.RANGES),
        ("vector(1)", ValueKind.VECTOR),
        ("scalar(up) > bool 1", ValueKind.SCALAR),
    ],
)
def test_the_kind_is_known_before_evaluation(text, kind):
    assert compile_expression(text).kind is kind


def test_expressions_of_one_text_are_equal_and_travel_as_text():
    one = compile_expression("sin(up) + 1")
    assert one == compile_expression("sin(up) + 1") != compile_expression("up")
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize(
    "text",
    [
        "sum by (a,) (up)",
        "sum(up) without (a)",
        "topk by (on) (3, up) > bool on() group_left() -up",
        "+up - -+up",
        "- - up ^ - 2",
        "sum_over_time(up[5m:1m] offset - 1m @ +5)",
        "up{on='a', or=`b`, by=\"c\"} @ start() offset 1h30m",
        "sum + by + count",
        "sum{a='b'} / ignoring (x) group_right (y, z) (offset)",
        "# first\nup # then\n  and on (a, b) up",
        '{"a.b", "c d"=~"e.*"}[5m:]',
        'count_values without (a) ("x", up) unless up',
        "rate(up[1h30m5s])[2d:1y1ms] @ end()",
        'label_join(up, "a", ",", "b", "c")',
        "1e3 + 0x1F + 1h + .5 + 5. + Inf + NaN",
    ],
)  # fmt: skip
def test_every_part_of_the_tree_finds_its_token(text):
    assert compile_expression(text).text == text
