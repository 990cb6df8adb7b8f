"""Name and place of the construct that keeps an expression from being a plain comparison.

Given the tokens of an expression that the parser accepts, the first token that opens a
construct outside ``selector op number`` is what the author has to replace.
"""

from collections.abc import Callable, Sequence

from models.telemetry.promql.syntax.tokens import ExpressionError, Token, TokenKind

COMPARISONS = ("==", "!=", ">=", "<=", ">", "<")

_AGGREGATIONS = frozenset(
    ("sum", "min", "max", "avg", "count", "group", "stddev",
     "stdvar", "topk", "bottomk", "count_values", "quantile", "limitk", "limit_ratio")
)  # fmt: skip
_SET_OPERATORS = ("and", "or", "unless")
_MATCHING = ("on", "ignoring", "group_left", "group_right")
_ARITHMETIC = ("+", "-", "*", "/", "%", "^")
_NUMBER_WORDS = ("inf", "nan")
_LATER = "is not supported yet in alert expressions"


def unsupported(expression: str, tokens: Sequence[Token]) -> ExpressionError:
    """Build the error for an expression that parses but is no ``selector op number``."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.text == "{") - (token.text == "}")
        reason = _in_braces(tokens, index) if depth else _outside(tokens, index)
        if reason:
            return ExpressionError(reason, expression=expression, offset=token.offset)
    reason, place = _shape(tokens)
    offset = tokens[place].offset if tokens else 0
    return ExpressionError(reason, expression=expression, offset=offset)


def _in_braces(tokens: Sequence[Token], index: int) -> str | None:
    token, following = tokens[index], _text(tokens, index + 1)
    if token.text.lower() == "or" and following not in ("=", "!=", "=~", "!~"):
        return f"'or' between label matchers {_LATER}"
    return None


def _outside(tokens: Sequence[Token], index: int) -> str | None:
    checks: dict[TokenKind, Callable[[Sequence[Token], int], str | None]] = {
        TokenKind.WORD: _word,
        TokenKind.SYMBOL: _symbol,
        TokenKind.TEXT: lambda _tokens, _index: f"a string {_LATER}",
    }
    check = checks.get(tokens[index].kind)
    return check(tokens, index) if check else None


def _word(tokens: Sequence[Token], index: int) -> str | None:
    return _operator_word(tokens, index) or _call_word(tokens, index)


def _operator_word(tokens: Sequence[Token], index: int) -> str | None:
    word, before = tokens[index].text.lower(), _text(tokens, index - 1)
    if word == "bool" and before in COMPARISONS:
        return "an alert compares without 'bool', which would always give a result"
    if index == 0 or not _ends_operand(tokens[index - 1]):
        return None
    if word in _SET_OPERATORS:
        return f"set operator '{word}' {_LATER}"
    if word == "atan2":
        return f"arithmetic with 'atan2' {_LATER}"
    if word == "offset":
        return f"the modifier 'offset' {_LATER}"
    return None


def _call_word(tokens: Sequence[Token], index: int) -> str | None:
    word, following = tokens[index].text.lower(), _text(tokens, index + 1).lower()
    if word in _MATCHING and following == "(":
        return f"vector matching with '{word}' {_LATER}"
    if word in _AGGREGATIONS and following in ("(", "by", "without"):
        return f"aggregation {word}() {_LATER}"
    return f"function {word}() {_LATER}" if following == "(" else None


def _symbol(tokens: Sequence[Token], index: int) -> str | None:
    symbol = tokens[index].text
    if symbol == "[":
        closing = next((at for at in range(index, len(tokens)) if tokens[at].text == "]"), index)
        is_subquery = any(":" in token.text for token in tokens[index:closing])
        return f"a {'subquery' if is_subquery else 'range selector'} {_LATER}"
    if symbol == "@":
        return f"the modifier '@' {_LATER}"
    if symbol in _ARITHMETIC and index > 0 and _ends_operand(tokens[index - 1]):
        return f"arithmetic with '{symbol}' {_LATER}"
    if symbol in COMPARISONS and any(token.text in COMPARISONS for token in tokens[:index]):
        return f"a second comparison {_LATER}"
    return None


def _shape(tokens: Sequence[Token]) -> tuple[str, int]:
    """What is wrong when every construct is known: the sides of the comparison."""
    comparison = next((at for at, one in enumerate(tokens) if one.text in COMPARISONS), None)
    if comparison is None:
        return "the expression compares nothing; write for example 'up == 0'", 0
    start = comparison + 1
    if all(_is_number(token) for token in tokens):
        return "the expression compares two numbers; one side must be a selector", start
    sign = next((at for at, one in enumerate(tokens) if one.text in ("-", "+")), None)
    if sign is not None and not _is_number(_operand(tokens, sign)):
        return f"a sign before a selector {_LATER}", sign
    return f"comparing two selectors {_LATER}; one side must be a number", start


def _operand(tokens: Sequence[Token], sign: int) -> Token:
    rest = tokens[sign:]
    return next((token for token in rest if token.text not in ("-", "+", "(")), tokens[sign])


def _is_number(token: Token) -> bool:
    if token.kind is TokenKind.WORD:
        return token.text.lower() in _NUMBER_WORDS
    return token.kind is TokenKind.NUMBER or token.text in (*COMPARISONS, *"()+-")


def _ends_operand(token: Token) -> bool:
    if token.kind is TokenKind.SYMBOL:
        return token.text in (")", "}", "]")
    return token.text.lower() != "bool"


def _text(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].text if 0 <= index < len(tokens) else ""
