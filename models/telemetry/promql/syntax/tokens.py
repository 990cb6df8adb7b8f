"""Tokens of a PromQL expression with their positions, and the error that points at one.

The parser library tells what is wrong but not where; these tokens say where. Only what is
needed to point is recognised, the grammar is the parser's business.
"""

import re
from dataclasses import dataclass
from enum import Enum

from models.base.errors import ValueSyntaxError


class TokenKind(Enum):
    """What a token looks like."""

    WORD = "word"
    NUMBER = "number"
    TEXT = "text"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression; ``offset`` counts characters from 0."""

    kind: TokenKind
    text: str
    offset: int

    @property
    def end(self) -> int:
        """Offset of the first character behind it."""
        return self.offset + len(self.text)


class ExpressionError(ValueSyntaxError):
    """An expression that cannot be used, and where: line and column count from 1."""

    def __init__(self, reason: str, *, expression: str, offset: int) -> None:
        before = expression[:offset]
        self.reason = reason
        self.line = before.count("\n") + 1
        self.column = offset - (before.rfind("\n") + 1) + 1
        where = f"column {self.column}" if self.line == 1 else f"{self.line}:{self.column}"
        self._text = (expression.splitlines() or [""])[self.line - 1 : self.line]
        super().__init__(f"{reason}, {where}")

    @property
    def pointer(self) -> str:
        """The line that is wrong, and below it a caret at the place."""
        line = self._text[0] if self._text else ""
        blanks = "".join(char if char == "\t" else " " for char in line[: self.column - 1])
        return f"{line}\n{blanks}^"


_SKIPPED = re.compile(r"(?:\s+|#[^\n]*)+")
_TOKEN = re.compile(
    r"""(?P<number>(?:0[xX][0-9a-fA-F]+
                  |(?:[0-9]+(?:ms|[smhdwy]))+
                  |(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z_0-9]))
      |(?P<word>[A-Za-z_:][A-Za-z0-9_:]*)
      |(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`)
      |(?P<symbol>==|!=|>=|<=|=~|!~|[-+*/%^()\[\]{},=<>:@])""",
    re.VERBOSE,
)


def tokenize(expression: str) -> tuple[Token, ...]:
    """Split an expression; blanks and comments are left out.

    Raises:
        ExpressionError: a character starts no token, for instance an unclosed string.
    """
    tokens = []
    position = _skip(expression, 0)
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None or match.lastgroup is None:
            raise ExpressionError(
                _unexpected(expression[position]), expression=expression, offset=position
            )
        tokens.append(Token(TokenKind(match.lastgroup), match.group(), position))
        position = _skip(expression, match.end())
    return tuple(tokens)


def _skip(expression: str, position: int) -> int:
    match = _SKIPPED.match(expression, position)
    return match.end() if match else position


def _unexpected(char: str) -> str:
    if char in "\"'`":
        return "a string is not closed"
    if char.isdigit() or char == ".":
        return "this is not a number"
    return f"unexpected character '{char}'"
