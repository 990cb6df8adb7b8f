"""A broken expression is located at the first token that cannot be there."""

import pytest

from models.telemetry.promql import compile_expression
from models.telemetry.promql.syntax.broken import parses
from models.telemetry.promql.syntax.tokens import ExpressionError


@pytest.mark.parametrize(
    ("expression", "line", "column"),
    [
        ("up > > 1", 1, 6),
        ("foo bar > 1", 1, 5),
        ("up > 1)", 1, 7),
        (")(", 1, 1),
        ("rate(x[5m) > 1", 1, 10),
        ("up{a=} > 1", 1, 6),
        ('up{a="b" c="d"} > 1', 1, 10),
        ('up{a="b"}{c="d"} > 1', 1, 10),
        ('up{a==""} > 1', 1, 5),
        ("{{x}} > 1", 1, 2),
        ("up =~ 1", 1, 4),
        ("up = 1", 1, 4),
        ("x offset > 1", 1, 10),
        ("up\n==\n== 1", 3, 1),
        ("up > 1 + +\n* 2", 2, 1),
    ],
)
def test_the_culprit_is_the_first_token_that_cannot_be_there(expression, line, column):
    with pytest.raises(ExpressionError, match="syntax error at") as error:
        compile_expression(expression)
    assert (error.value.line, error.value.column) == (line, column)


@pytest.mark.parametrize(
    ("expression", "column"), [("up{", 4), ("(up > 1", 8), ("up >", 5), ("sum(", 5), ("up >  ", 5)]
)
def test_an_expression_that_stops_is_located_behind_its_last_token(expression, column):
    with pytest.raises(ExpressionError, match="ends too early") as error:
        compile_expression(expression)
    assert error.value.column == column


@pytest.mark.parametrize("expression", ["", "   ", "# only a comment"])
def test_an_empty_expression_has_nothing_to_point_at(expression):
    with pytest.raises(ExpressionError, match="no expression found in input, column 1"):
        compile_expression(expression)


@pytest.mark.parametrize(
    ("expression", "expected"), [("rate(x)", True), ("1 < 2", True), ("x", True), ("x >", False)]
)
def test_a_type_mistake_is_not_a_syntax_error(expression, expected):
    assert parses(expression) is expected
