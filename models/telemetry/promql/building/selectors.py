"""Selectors as nodes: matchers, ranges, ``offset`` and ``@``."""

from collections.abc import Callable
from datetime import timedelta
from math import floor

import promql_parser

from models.base.errors import ValueSyntaxError
from models.base.time import NS_PER_MS, DurationNs, TimeNs
from models.telemetry.labels import METRIC_NAME
from models.telemetry.matchers import Matcher, MatchOp, Selector
from models.telemetry.promql.plan.leaves import QueryEnd, Shift
from models.telemetry.promql.syntax.cursor import Cursor
from models.telemetry.promql.syntax.reading import text_of
from models.telemetry.promql.syntax.tokens import ExpressionError, Token, TokenKind

_OPS = {
    "MatchOp.Equal": MatchOp.EQUAL,
    "MatchOp.NotEqual": MatchOp.NOT_EQUAL,
    "MatchOp.Re": MatchOp.MATCHES,
    "MatchOp.NotRe": MatchOp.NOT_MATCHES,
}
_MS_PER_S = 1000
_MS = timedelta(milliseconds=1)


def build_selector(tree: promql_parser.VectorSelector, cursor: Cursor) -> Selector:
    """The matchers of a selector, of which the metric's name is one.

    Raises:
        ExpressionError: a regular expression or ``or`` between matchers is not supported.
    """
    matchers = []
    if tree.name is not None:
        cursor.take()
        matchers.append(Matcher(METRIC_NAME, MatchOp.EQUAL, tree.name))
    inside = cursor.bracketed() if cursor.following == "{" else ()
    if tree.matchers.or_matchers:
        culprit = next(token for token in inside if token.text.lower() == "or")
        raise cursor.refusal("'or' between label matchers is not supported", culprit)
    for parsed in tree.matchers.matchers:
        try:
            matchers.append(Matcher(parsed.name, _OPS[str(parsed.op)], parsed.value))
        except ValueSyntaxError as refusal:
            raise _at_text(parsed.value, inside, cursor, str(refusal)) from refusal
    return Selector(tuple(matchers))


def build_shift(offset_ns: DurationNs, cursor: Cursor) -> Shift:
    """The modifiers behind a selector or subquery, in either order."""
    pinned: TimeNs | QueryEnd | None = None
    while cursor.following in ("offset", "@"):
        if cursor.take().text == "@":
            pinned = _pinned(cursor)
            continue
        while cursor.following in ("-", "+"):
            cursor.take()
        cursor.take()
    return Shift(offset_ns, pinned)


def build_duration(read: Callable[[], timedelta | None], cursor: Cursor) -> DurationNs | None:
    """A duration of the parser in whole milliseconds, None if there is none.

    Raises:
        ExpressionError: it is longer than durations can be, or shorter than a millisecond.
    """
    token = cursor.tokens[min(cursor.position, len(cursor.tokens) - 1)]
    try:
        duration = read()
    except (ValueError, OverflowError) as error:
        raise cursor.refusal("a duration is too long", token) from error
    if duration is None:
        return None
    milliseconds = duration // _MS
    if milliseconds == 0:
        raise cursor.refusal("a duration is shorter than a millisecond", token)
    return milliseconds * NS_PER_MS


def _pinned(cursor: Cursor) -> TimeNs | QueryEnd:
    token = cursor.take()
    if token.text.lower() in ("start", "end"):
        cursor.bracketed()
        return QueryEnd(token.text.lower())
    negative = False
    while token.text in ("-", "+"):
        negative ^= token.text == "-"
        token = cursor.take()
    literal = promql_parser.parse(token.text)
    if not isinstance(literal, promql_parser.NumberLiteral):
        raise cursor.refusal("'@' needs a number of seconds, start() or end()", token)
    seconds = -literal.val if negative else literal.val
    return floor(seconds * _MS_PER_S + 0.5) * NS_PER_MS


def _at_text(value: str, inside: tuple[Token, ...], cursor: Cursor, reason: str) -> ExpressionError:
    for token in inside:
        if token.kind is TokenKind.TEXT and text_of(token) == value:
            return cursor.refusal(reason, token)
    return cursor.refusal(reason, inside[0])
