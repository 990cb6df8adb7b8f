"""From a text to the parser's tree and the tokens, or to an error that points at the culprit.

The parser reports no position. Broken grammar is located by the longest beginning that could go
on (:mod:`.broken`), a wrong type by the smallest part of the text that has the same fault.
"""

from collections.abc import Sequence
from itertools import pairwise

import promql_parser

from models.base.errors import ValueSyntaxError
from models.telemetry.promql.syntax.broken import is_type_complaint, locate
from models.telemetry.promql.syntax.tokens import ExpressionError, Token, TokenKind, tokenize
from models.telemetry.regex import compile_anchored

EXPRESSION_LENGTH_MAX = 10_000
NESTING_MAX = 50
OPERATORS_MAX = 1000
"""The parser recurses once for each operator of a chain, on a stack that is not ours."""

_ILLEGAL_REGEX = "illegal regex for "
_UNKNOWN_FUNCTION = "unknown function with name "
_RENAMED = {"holt_winters": "double_exponential_smoothing"}
_OPENING, _CLOSING = ("(", "{", "["), (")", "}", "]")
_SEARCHED_MAX = 200
_OPERATORS = frozenset(
    ["+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", ">=", "<=", "and", "or", "unless", "atan2"]
)


def read(expression: str) -> tuple[promql_parser.Expr, tuple[Token, ...]]:
    """Parse an expression.

    Raises:
        ExpressionError: it is too long, nested too deeply, of too many operators, or no
            PromQL. Carries line and column.
    """
    if len(expression) > EXPRESSION_LENGTH_MAX:
        raise ExpressionError(
            f"the expression is longer than {EXPRESSION_LENGTH_MAX} characters",
            expression=expression,
            offset=0,
        )
    tokens = tokenize(expression)
    _refuse_excess(expression, tokens)
    try:
        return promql_parser.parse(expression), tokens
    except ValueError as error:
        raise _not_parsed(expression, tokens, str(error)) from error


def _refuse_excess(expression: str, tokens: tuple[Token, ...]) -> None:
    depth = operators = 0
    for token in tokens:
        operators += token.text.lower() in _OPERATORS
        if operators > OPERATORS_MAX:
            reason = f"there are more than {OPERATORS_MAX} operators"
            raise ExpressionError(reason, expression=expression, offset=token.offset)
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if depth > NESTING_MAX:
            reason = f"brackets are nested more than {NESTING_MAX} deep"
            raise ExpressionError(reason, expression=expression, offset=token.offset)


def _not_parsed(expression: str, tokens: tuple[Token, ...], complaint: str) -> ExpressionError:
    if complaint.startswith(_UNKNOWN_FUNCTION):
        return _unknown_function(expression, tokens, complaint)
    if is_type_complaint(complaint):
        offset = _smallest_with(complaint, expression, tokens)
        return ExpressionError(complaint, expression=expression, offset=offset)
    if complaint.startswith(_ILLEGAL_REGEX):
        pattern = complaint.removeprefix(_ILLEGAL_REGEX)
        try:
            compile_anchored(pattern)
        except ValueSyntaxError as refusal:
            complaint = str(refusal)
        for token in tokens:
            if token.kind is TokenKind.TEXT and text_of(token) == pattern:
                return ExpressionError(complaint, expression=expression, offset=token.offset)
    return locate(expression, tokens, complaint)


def text_of(token: Token) -> str:
    """What a string token stands for."""
    literal = promql_parser.parse(token.text)
    if not isinstance(literal, promql_parser.StringLiteral):
        raise TypeError(f"{token.text} is no string")
    return literal.val


def _unknown_function(
    expression: str, tokens: tuple[Token, ...], complaint: str
) -> ExpressionError:
    name = complaint.removeprefix(_UNKNOWN_FUNCTION).strip("'")
    reason = f"unknown function '{name}'"
    if name in _RENAMED:
        reason += f"; Prometheus 3 calls it {_RENAMED[name]}"
    offset = 0
    for token, after in pairwise(tokens):
        if token.text == name and after.text == "(":
            offset = token.offset
            break
    return ExpressionError(reason, expression=expression, offset=offset)


def _smallest_with(complaint: str, expression: str, tokens: Sequence[Token]) -> int:
    """Where the first part of the text begins that has this fault and holds no other that has."""
    for last, closing in enumerate(tokens[:_SEARCHED_MAX]):
        depth = 0
        for opening in reversed(tokens[: last + 1]):
            depth += (opening.text in _CLOSING) - (opening.text in _OPENING)
            if depth < 0:
                break
            if depth == 0 and _complains(expression[opening.offset : closing.end], complaint):
                return opening.offset
    return tokens[0].offset


def _complains(part: str, complaint: str) -> bool:
    try:
        promql_parser.parse(part)
    except ValueError as error:
        return str(error) == complaint
    return False
