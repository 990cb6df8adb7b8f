"""Where a PromQL expression breaks: the first token with which no expression can go on.

The parser library reports no position. A beginning of the expression is viable when one of a
few endings turns it into an expression that parses; the first token after the longest run of
viable beginnings is the culprit. It costs a few parses per token, only for broken expressions.
"""

from collections.abc import Sequence

import promql_parser

from models.telemetry.promql.syntax.tokens import ExpressionError, Token

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_OPERAND_ENDINGS = (
    "", "x", "1", "bool 1", "(x)", "()", "(a)", "(a) (x)", "(a) x", "(x[5m])", "[5m]", "5m",
    "x > 1", "> 1", "+ x", "1, x", ", x", '"x"',
)  # fmt: skip
_MATCHER_ENDINGS = ("", "a", '="b"', '"b"', 'a="b"', ', a="b"')
_RANGE_ENDINGS = ("", "5m", ":", "5m:", "5m:5m")
_TYPE_COMPLAINTS = (
    "expected ",
    "wrong number of arguments",
    "no arguments for",
    "comparisons between scalars",
    "binary expression must contain",
    "set operator",
    "unary expression only",
    "subquery is only allowed",
)


def parses(expression: str) -> bool:
    """True when the expression follows the grammar, whatever the types of its parts."""
    try:
        promql_parser.parse(expression)
    except ValueError as error:
        return is_type_complaint(str(error))
    return True


def is_type_complaint(complaint: str) -> bool:
    """True when the parser understood the text and objects to the type of a part of it."""
    return complaint.startswith(_TYPE_COMPLAINTS)


def locate(expression: str, tokens: Sequence[Token], complaint: str) -> ExpressionError:
    """Build the error for an expression that does not parse, at its first unusable token.

    ``complaint`` is the parser's message. An expression that only stops too early is located
    behind its last token.
    """
    open_brackets: list[str] = []
    for index, token in enumerate(tokens):
        if token.text in _CLOSING:
            open_brackets.append(token.text)
        elif token.text in _CLOSING.values() and open_brackets:
            open_brackets.pop()
        if not _is_viable(expression[: token.end], open_brackets):
            named = complaint.startswith("unknown function") and index > 0
            culprit = tokens[index - 1] if named else token
            reason = f"syntax error at '{culprit.text}': {complaint}"
            return ExpressionError(reason, expression=expression, offset=culprit.offset)
    end = tokens[-1].end if tokens else 0
    reason = f"the expression ends too early: {complaint}" if tokens else complaint
    return ExpressionError(reason, expression=expression, offset=end)


def _is_viable(beginning: str, open_brackets: Sequence[str]) -> bool:
    innermost = open_brackets[-1] if open_brackets else ""
    endings = {"{": _MATCHER_ENDINGS, "[": _RANGE_ENDINGS}.get(innermost, _OPERAND_ENDINGS)
    closing = "".join(_CLOSING[bracket] for bracket in reversed(open_brackets))
    return any(parses(f"{beginning} {ending}{closing}") for ending in endings)
