"""Reading the tokens of an expression alongside its tree, so that every part has a place.

The parser's tree carries no positions, but its parts come in the order of the tokens. Whoever
walks the tree takes the token of each part from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.base.errors import SimulationError
from models.telemetry.promql.syntax.tokens import ExpressionError, Token

_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(slots=True)
class Cursor:
    """A place among the tokens of one expression."""

    expression: str
    tokens: Sequence[Token]
    position: int = 0

    @property
    def following(self) -> str:
        """Text of the next token in lower case, empty behind the last."""
        if self.position < len(self.tokens):
            return self.tokens[self.position].text.lower()
        return ""

    def take(self) -> Token:
        """The next token.

        Raises:
            SimulationError: there is none, so the tree and the tokens have come apart.
        """
        if self.position >= len(self.tokens):
            raise SimulationError(f"tree and tokens of '{self.expression}' have come apart")
        token = self.tokens[self.position]
        self.position += 1
        return token

    def expect(self, text: str) -> Token:
        """The next token, which must be this one.

        Raises:
            SimulationError: it is another one, so the tree and the tokens have come apart.
        """
        token = self.take()
        if token.text.lower() != text:
            raise SimulationError(f"tree and tokens of '{self.expression}' have come apart")
        return token

    def passes(self, text: str) -> bool:
        """Take the next token if it is this one."""
        if self.following != text:
            return False
        self.position += 1
        return True

    def bracketed(self) -> tuple[Token, ...]:
        """Take an opening bracket, all up to the closing one, and that; return what is inside."""
        opening = self.take().text
        closing, depth, start = _CLOSING[opening], 1, self.position
        while depth:
            text = self.take().text
            depth += (text == opening) - (text == closing)
        return tuple(self.tokens[start : self.position - 1])

    def refusal(self, reason: str, token: Token) -> ExpressionError:
        """Build the error that points at a token."""
        return ExpressionError(reason, expression=self.expression, offset=token.offset)
