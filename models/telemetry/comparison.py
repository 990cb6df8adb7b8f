"""The alert expressions of this release: ``selector op number``, either way round.

Parentheses, signs and every notation of a number that PromQL knows are accepted. Whatever else
PromQL offers is refused by name, with its position, rather than half understood.

The result follows PromQL's filter: series for which the comparison is false are left out, the
others keep their labels, metric name included, and the value of the selector's side.

Source: semantics 2.3; prometheus promql/engine.go (VectorscalarBinop).
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import promql_parser

from models.base.errors import ConfigError, ValueSyntaxError
from models.base.time import DurationNs, TimeNs
from models.telemetry.labels import METRIC_NAME
from models.telemetry.matchers import Matcher, MatchOp, Selector
from models.telemetry.promql.syntax.broken import is_type_complaint, locate
from models.telemetry.promql.syntax.tokens import ExpressionError, Token, tokenize
from models.telemetry.regex import compile_anchored
from models.telemetry.series import LOOKBACK_NS, SeriesStore, VectorSample
from models.telemetry.unsupported import unsupported

EXPRESSION_LENGTH_MAX = 10_000
NESTING_MAX = 50

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_MATCH_OPS = {
    "MatchOp.Equal": MatchOp.EQUAL,
    "MatchOp.NotEqual": MatchOp.NOT_EQUAL,
    "MatchOp.Re": MatchOp.MATCHES,
    "MatchOp.NotRe": MatchOp.NOT_MATCHES,
}
_ILLEGAL_REGEX = "illegal regex for "


@dataclass(frozen=True, slots=True)
class Comparison:
    """A selector compared with a number.

    ``number_first`` says that the number stands on the left, as in ``5 < queue_length``.

    Raises:
        ConfigError: ``op`` is none of ``== != > < >= <=``.
    """

    selector: Selector
    op: str
    number: float
    number_first: bool = False
    _holds: Callable[[float, float], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.op not in _OPERATORS:
            raise ConfigError(f"'{self.op}' is not a comparison")
        object.__setattr__(self, "_holds", _OPERATORS[self.op])

    def holds(self, value: float) -> bool:
        """True when a series of that value stays in the result."""
        if self.number_first:
            return self._holds(self.number, value)
        return self._holds(value, self.number)

    def evaluate(
        self, store: SeriesStore, *, now: TimeNs, lookback_ns: DurationNs = LOOKBACK_NS
    ) -> tuple[VectorSample, ...]:
        """The selected series for which the comparison holds at ``now``, sorted by labels."""
        vector = store.instant(self.selector, now=now, lookback_ns=lookback_ns)
        return tuple(sample for sample in vector if self.holds(sample.value))


def parse_comparison(expression: str) -> Comparison:
    """Read an alert expression.

    Raises:
        ExpressionError: it is not valid PromQL, or not of the supported form. Carries the line
            and column of the first thing that is wrong.
    """
    if len(expression) > EXPRESSION_LENGTH_MAX:
        raise ExpressionError(
            f"the expression is longer than {EXPRESSION_LENGTH_MAX} characters",
            expression=expression,
            offset=0,
        )
    tokens = tokenize(expression)
    _refuse_deep_nesting(expression, tokens)
    try:
        tree = promql_parser.parse(expression)
    except ValueError as error:
        raise _not_parsed(expression, tokens, str(error)) from error
    comparison = _comparison(tree, expression, tokens)
    if comparison is None:
        raise unsupported(expression, tokens)
    return comparison


def _refuse_deep_nesting(expression: str, tokens: tuple[Token, ...]) -> None:
    depth = 0
    for token in tokens:
        depth += (token.text in ("(", "{", "[")) - (token.text in (")", "}", "]"))
        if depth > NESTING_MAX:
            reason = f"brackets are nested more than {NESTING_MAX} deep"
            raise ExpressionError(reason, expression=expression, offset=token.offset)


def _not_parsed(expression: str, tokens: tuple[Token, ...], complaint: str) -> ExpressionError:
    if is_type_complaint(complaint):
        return unsupported(expression, tokens)
    if complaint.startswith(_ILLEGAL_REGEX):
        try:
            compile_anchored(complaint.removeprefix(_ILLEGAL_REGEX))
        except ValueSyntaxError as refusal:
            complaint = str(refusal)
    return locate(expression, tokens, complaint)


def _comparison(
    tree: promql_parser.Expr, expression: str, tokens: tuple[Token, ...]
) -> Comparison | None:
    tree = _unwrapped(tree)
    if not isinstance(tree, promql_parser.BinaryExpr) or str(tree.op) not in _OPERATORS:
        return None
    if tree.modifier is not None:
        return None
    left, right = _unwrapped(tree.lhs), _unwrapped(tree.rhs)
    left_number, right_number = _number(left), _number(right)
    if isinstance(left, promql_parser.VectorSelector) and right_number is not None:
        vector, number = left, right_number
    elif isinstance(right, promql_parser.VectorSelector) and left_number is not None:
        vector, number = right, left_number
    else:
        return None
    if vector.offset is not None or vector.at is not None or vector.matchers.or_matchers:
        return None
    selector = _selector(vector, expression, tokens)
    return Comparison(selector, str(tree.op), number, number_first=left_number is not None)


def _unwrapped(tree: promql_parser.Expr) -> promql_parser.Expr:
    while isinstance(tree, promql_parser.ParenExpr):
        tree = tree.expr
    return tree


def _number(tree: promql_parser.Expr) -> float | None:
    tree = _unwrapped(tree)
    if isinstance(tree, promql_parser.NumberLiteral):
        return tree.val
    if isinstance(tree, promql_parser.UnaryExpr):
        inner = _number(tree.expr)
        return None if inner is None else -inner
    return None


def _selector(
    vector: promql_parser.VectorSelector, expression: str, tokens: tuple[Token, ...]
) -> Selector:
    matchers = [] if vector.name is None else [Matcher(METRIC_NAME, MatchOp.EQUAL, vector.name)]
    for parsed in vector.matchers.matchers:
        try:
            matchers.append(Matcher(parsed.name, _MATCH_OPS[str(parsed.op)], parsed.value))
        except ValueSyntaxError as refusal:
            offset = _offset_of_text(tokens, parsed.value)
            raise ExpressionError(str(refusal), expression=expression, offset=offset) from refusal
    return Selector(tuple(matchers))


def _offset_of_text(tokens: tuple[Token, ...], value: str) -> int:
    for before, token in pairwise(tokens):
        if before.text not in ("=~", "!~"):
            continue
        literal = promql_parser.parse(token.text)
        if isinstance(literal, promql_parser.StringLiteral) and literal.val == value:
            return token.offset
    return 0
