"""Tokens carry positions; what starts no token is an error at its place."""

import pytest

from models.telemetry.promql.syntax.tokens import ExpressionError, TokenKind, tokenize


def test_blanks_and_comments_are_skipped_and_offsets_kept():
    tokens = tokenize(" up # it\n >= 5m")
    assert [(token.text, token.offset) for token in tokens] == [("up", 1), (">=", 10), ("5m", 13)]


@pytest.mark.parametrize(
    "number", ["1", "1.", ".5", "1e3", "1.5E-3", "0x1F", "5m", "1h30m", "250ms", "017"]
)
def test_every_notation_of_a_number_is_one_token(number):
    (token,) = tokenize(number)
    assert token.kind is TokenKind.NUMBER


@pytest.mark.parametrize("text", ['"a\\"b"', "'it'", "`raw\\`", '"# no comment"', "`two\nlines`"])
def test_every_notation_of_a_string_is_one_token(text):
    (token,) = tokenize(text)
    assert token.kind is TokenKind.TEXT


@pytest.mark.parametrize(
    ("expression", "line", "column", "reason"),
    [
        ("up $ 1", 1, 4, "unexpected character '$'"),
        ('up{a="b} > 1', 1, 6, "a string is not closed"),
        ('up\n  {a="b\n"}', 2, 6, "a string is not closed"),
        ("up > 1e", 1, 6, "this is not a number"),
        ("up > 1_000", 1, 6, "this is not a number"),
    ],
)
def test_an_error_tells_line_column_and_reason(expression, line, column, reason):
    with pytest.raises(ExpressionError) as error:
        tokenize(expression)
    assert (error.value.line, error.value.column, error.value.reason) == (line, column, reason)


def test_the_message_gives_the_line_only_when_there_are_several():
    assert str(ExpressionError("no", expression="abc", offset=1)) == "no, column 2"
    assert str(ExpressionError("no", expression="a\nbc", offset=3)) == "no, 2:2"
