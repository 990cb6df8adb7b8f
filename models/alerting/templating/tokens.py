"""A template cut into texts and the tokens of its actions, and the error that points into it.

``{{-`` with a blank behind it takes the blanks before the action away, ``-}}`` with one before it
those behind. Comments stand alone in their action.

Source: Go package text/template/parse (lex.go).
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from models.base.errors import ValueSyntaxError

_BLANKS = " \t\r\n"
_TOKEN = re.compile(
    r"""(?P<close>[ \t\r\n]+-\}\}|\}\})
    |(?P<blank>[ \t\r\n]+)
    |(?P<text>"(?:\\.|[^"\\\n])*"|`[^`]*`)
    |(?P<char>'(?:\\.|[^'\\\n])+')
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+
               |(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
    |(?P<variable>\$\w*)
    |(?P<field>\.[^\W\d]\w*)
    |(?P<dot>\.)
    |(?P<word>[^\W\d]\w*)
    |(?P<symbol>:=|[=|,()])""",
    re.VERBOSE,
)
_ENDS = re.compile(r"[ \t\r\n.,|:()]|\}\}|\Z")
_COMMENT = re.compile(r"\{\{(?:-[ \t\r\n]+)?/\*")
_COMMENT_END = re.compile(r"\*/(?:[ \t\r\n]+-)?\}\}")


class TokenKind(Enum):
    """What a token is. ``LITERAL`` is what stands outside of actions."""

    LITERAL = "text"
    OPEN = "{{"
    CLOSE = "close"
    TEXT = "string"
    CHAR = "char"
    NUMBER = "number"
    VARIABLE = "variable"
    FIELD = "field"
    DOT = "dot"
    WORD = "word"
    SYMBOL = "symbol"
    END = "end of the template"


class Token(NamedTuple):
    """A piece of the template; ``offset`` counts characters from 0."""

    kind: TokenKind
    text: str
    offset: int
    is_spaced: bool = True
    """True when a blank stands before it."""


class TemplateError(ValueSyntaxError):
    """A template that cannot be used, and where: line and column count from 1."""

    def __init__(self, reason: str, *, template: str, offset: int) -> None:
        self.reason = reason
        self.line, self.column = position(template, offset)
        super().__init__(f"template {self.line}:{self.column}: {reason}")


def position(template: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1."""
    before = template[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def tokens(template: str) -> Iterator[Token]:
    """All tokens, an ``END`` last.

    Raises:
        TemplateError: an action or comment has no end, or holds what is no token.
    """
    place, is_trimmed = 0, False
    while True:
        opening = template.find("{{", place)
        text = template[place:] if opening < 0 else template[place:opening]
        if is_trimmed:
            text = text.lstrip(_BLANKS)
        if opening >= 0 and _trims(template, opening):
            text = text.rstrip(_BLANKS)
        if text:
            yield Token(TokenKind.LITERAL, text, place)
        if opening < 0:
            yield Token(TokenKind.END, "", len(template))
            return
        if _COMMENT.match(template, opening):
            place = _after_comment(template, opening)
        else:
            yield Token(TokenKind.OPEN, "{{", opening)
            for token in _action(template, opening):
                yield token
                place = token.offset + len(token.text)
        is_trimmed = template.endswith("-}}", 0, place)


def _trims(template: str, opening: int) -> bool:
    after = template[opening + 2 : opening + 4]
    return len(after) == 2 and after[0] == "-" and after[1] in _BLANKS


def _after_comment(template: str, opening: int) -> int:
    end = template.find("*/", opening + 4)
    if end < 0:
        raise TemplateError("unclosed comment", template=template, offset=opening)
    closing = _COMMENT_END.match(template, end)
    if closing is None:
        raise TemplateError("a comment stands alone", template=template, offset=end + 2)
    return closing.end()


def _action(template: str, opening: int) -> Iterator[Token]:
    place = opening + (3 if _trims(template, opening) else 2)
    is_spaced = True
    while True:
        match = _TOKEN.match(template, place)
        if match is None or match.lastgroup is None:
            raise TemplateError(_what_is_wrong(template, place), template=template, offset=place)
        place = match.end()
        if match.lastgroup == "blank":
            is_spaced = True
            continue
        kind = TokenKind[match.lastgroup.upper()]
        yield Token(kind, match.group(), match.start(), is_spaced)
        if kind is TokenKind.CLOSE:
            return
        _check_end(template, match)
        is_spaced = False


def _check_end(template: str, match: re.Match[str]) -> None:
    if match.lastgroup == "number":
        following = template[match.end() : match.end() + 1]
        if following.isalnum() or following in ("_", "-", ".") or _is_octal(match.group()):
            reason = f"bad number '{match.group()}{following}'"
            raise TemplateError(reason, template=template, offset=match.start())
    elif match.lastgroup in ("word", "field", "variable") and not _ENDS.match(
        template, match.end()
    ):
        reason = f"unexpected '{template[match.end()]}'"
        raise TemplateError(reason, template=template, offset=match.end())


def _is_octal(text: str) -> bool:
    """Leading zeros mean octal digits in Go and ten to most people, so they are refused."""
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits.isdigit()


def _what_is_wrong(template: str, place: int) -> str:
    if place >= len(template):
        return "unclosed action"
    if template[place] in "\"'`":
        return "unterminated text in quotes"
    return f"unexpected '{template[place]}'"
