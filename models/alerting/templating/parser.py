"""From the tokens of a template to its tree; what is not known fails here, with its position.

Refused, though Go has them: templates inside templates (``define``, ``template``, ``block``),
``call`` and ``js``. Nothing is deeper than ``DEPTH_MAX`` blocks and parentheses.

Source: Go package text/template/parse (parse.go).
"""

from collections.abc import Callable, Collection
from difflib import get_close_matches

from models.alerting.templating.constants import number_value, text_value
from models.alerting.templating.nodes import (
    Action,
    Block,
    Break,
    Command,
    Constant,
    Continue,
    Field,
    Function,
    If,
    Literal,
    Nested,
    Node,
    Operand,
    Pipeline,
    Range,
    Variable,
    With,
)
from models.alerting.templating.tokens import TemplateError, Token, TokenKind, tokens

DEPTH_MAX = 40
_REFUSED = ("define", "template", "block", "call", "js")
_FORMS: dict[str, Callable[[Pipeline, Block, Block], If | With | Range]] = {
    "if": If,
    "with": With,
    "range": Range,
}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "nil": None}
_OPERANDS = (TokenKind.TEXT, TokenKind.CHAR, TokenKind.NUMBER)


def parse(template: str, *, functions: Collection[str], variables: Collection[str]) -> Block:
    """The tree of a template that may use these functions and variables (``$`` included).

    Raises:
        TemplateError: the text is no template, or one with parts that are not supported.
    """
    return _Parser(template, functions, variables).whole()


class _Parser:
    def __init__(
        self, template: str, functions: Collection[str], variables: Collection[str]
    ) -> None:
        self._template = template
        self._functions = functions
        self._variables = list(variables)
        self._tokens = list(tokens(template))
        self._next = 0
        self._depth = 0
        self._loops = 0

    def whole(self) -> Block:
        block, ending = self._block()
        if ending is not None:
            raise self._error(f"unexpected {{{{{ending.text}}}}}", ending)
        return block

    def _block(self) -> tuple[Block, Token | None]:
        """Nodes up to an ``else`` or ``end``, and that word; None at the end of the template."""
        nodes: list[Node] = []
        while True:
            token = self._take()
            if token.kind is TokenKind.END:
                return tuple(nodes), None
            if token.kind is TokenKind.LITERAL:
                nodes.append(Literal(token.text))
                continue
            first = self._peek()
            if first.kind is TokenKind.WORD and first.text in ("else", "end"):
                return tuple(nodes), self._take()
            nodes.append(self._action(first))

    def _action(self, first: Token) -> Node:
        word = first.text if first.kind is TokenKind.WORD else ""
        if word in _REFUSED:
            raise self._error(f"'{word}' is not supported", first)
        if word in _FORMS:
            self._take()
            return self._control(first)
        if word in ("break", "continue"):
            self._take()
            if not self._loops:
                raise self._error(f"{{{{{word}}}}} outside {{{{range}}}}", first)
            self._close()
            return Break() if word == "break" else Continue()
        pipeline = self._pipeline("command")
        self._close()
        return Action(pipeline)

    def _control(self, word: Token) -> Node:
        mark = len(self._variables)
        self._enter(word)
        pipeline = self._pipeline(word.text)
        self._close()
        self._loops += word.text == "range"
        then, ending = self._block()
        self._loops -= word.text == "range"
        otherwise: Block = ()
        if ending is not None and ending.text == "else":
            otherwise, ending = self._otherwise(word)
        if ending is None:
            raise self._error(f"{{{{{word.text}}}}} without {{{{end}}}}", word)
        if ending.text == "else":
            raise self._error("expected {{end}}, found {{else}}", ending)
        if ending.text == "end":
            self._close()
        self._depth -= 1
        del self._variables[mark:]
        return _FORMS[word.text](pipeline, then, otherwise)

    def _otherwise(self, word: Token) -> tuple[Block, Token | None]:
        """What follows ``else``: a block, or the same form again, which takes the ``end`` too."""
        following = self._peek()
        if word.text in ("if", "with") and following.text == word.text:
            self._take()
            return (self._control(following),), following
        self._close()
        return self._block()

    def _pipeline(self, context: str) -> Pipeline:
        place = self._peek().offset
        names, is_new = self._names(context)
        commands: list[Command] = []
        while True:
            command = self._command(context)
            first = command.operands[0]
            if commands and isinstance(first, Constant):
                raise self._error(f"a constant cannot be stage {len(commands) + 1}", first)
            commands.append(command)
            if self._peek().text != "|" or self._peek().kind is not TokenKind.SYMBOL:
                break
            self._take()
        if is_new:
            self._variables.extend(names)
        return Pipeline(tuple(commands), names, is_new, place)

    def _names(self, context: str) -> tuple[tuple[str, ...], bool]:
        """Variables in front of ``:=`` or ``=``; none when the pipeline begins otherwise."""
        names: list[str] = []
        start = self._next
        while self._peek().kind is TokenKind.VARIABLE:
            names.append(self._take().text)
            symbol = self._take()
            if symbol.text in (":=", "=") and symbol.kind is TokenKind.SYMBOL:
                if len(names) > (2 if context == "range" else 1):
                    raise self._error(f"too many variables for {context}", symbol)
                return tuple(names), symbol.text == ":="
            if symbol.text != "," or symbol.kind is not TokenKind.SYMBOL:
                break
        self._next = start
        return (), False

    def _command(self, context: str) -> Command:
        operands: list[Operand] = []
        while not self._ends_command():
            token = self._peek()
            if operands and not token.is_spaced:
                raise self._error(f"unexpected '{token.text}' behind an operand", token)
            operands.append(self._operand())
        if not operands:
            raise self._error(f"missing value for {context}", self._peek())
        return Command(tuple(operands))

    def _ends_command(self) -> bool:
        token = self._peek()
        is_symbol = token.kind is TokenKind.SYMBOL and token.text in ("|", ")")
        return is_symbol or token.kind is TokenKind.CLOSE

    def _operand(self) -> Operand:
        token = self._take()
        match token.kind:
            case TokenKind.FIELD:
                return Field((token.text[1:], *self._path()), token.offset)
            case TokenKind.DOT:
                return Field((), token.offset)
            case TokenKind.VARIABLE:
                if token.text not in self._variables:
                    raise self._error(f"undefined variable '{token.text}'", token)
                return Variable(token.text, self._path(), token.offset)
            case TokenKind.SYMBOL if token.text == "(":
                return self._nested(token)
            case TokenKind.WORD:
                operand = self._word(token)
            case kind if kind in _OPERANDS:
                operand = self._constant(token)
            case _:
                raise self._error(f"unexpected '{token.text}'", token)
        if path := self._path():
            raise self._error(f"'.{path[0]}' behind '{token.text}', which has no fields", token)
        return operand

    def _nested(self, opening: Token) -> Nested:
        self._enter(opening)
        mark = len(self._variables)
        pipeline = self._pipeline("parentheses")
        closing = self._take()
        if closing.text != ")" or closing.kind is not TokenKind.SYMBOL:
            raise self._error("unclosed parenthesis", opening)
        self._depth -= 1
        del self._variables[mark:]
        return Nested(pipeline, self._path(), opening.offset)

    def _word(self, token: Token) -> Operand:
        if token.text in _WORDS:
            return Constant(_WORDS[token.text], token.offset)
        if token.text in _REFUSED:
            raise self._error(f"'{token.text}' is not supported", token)
        if token.text not in self._functions:
            close = get_close_matches(token.text, self._functions, n=1)
            hint = f", did you mean '{close[0]}'?" if close else ""
            raise self._error(f"unknown function '{token.text}'{hint}", token)
        return Function(token.text, token.offset)

    def _constant(self, token: Token) -> Constant:
        if token.kind is TokenKind.NUMBER:
            return Constant(number_value(token.text), token.offset)
        value = text_value(token.text)
        if value is None:
            raise self._error(f"{token.text} is not a valid text", token)
        return Constant(value, token.offset)

    def _path(self) -> tuple[str, ...]:
        names = []
        while self._peek().kind is TokenKind.FIELD and not self._peek().is_spaced:
            names.append(self._take().text[1:])
        return tuple(names)

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._error(f"more than {DEPTH_MAX} blocks and parentheses in each other", token)

    def _close(self) -> None:
        token = self._take()
        if token.kind is not TokenKind.CLOSE:
            raise self._error(f"unexpected '{token.text}'", token)

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _error(self, reason: str, at: Token | Constant) -> TemplateError:
        offset = at.offset if isinstance(at, Token) else at.place
        return TemplateError(reason, template=self._template, offset=offset)
