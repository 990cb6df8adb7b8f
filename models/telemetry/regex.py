r"""Regular expressions of label matchers: RE2 syntax, run by Python's ``re``.

The two dialects agree on most of what people write and differ in silence on the rest, so a
pattern is walked once and either rewritten to mean the same or refused by name. The whole value
must match, and the dot matches newlines, as in Prometheus 3.

What differs from RE2: the match backtracks, so a hostile pattern can be slow; Unicode classes
(``\pL``), ``\Q...\E``, the flags ``m`` and ``U``, and case folding of letters outside ASCII are
refused rather than approximated.

Source: semantics 1.4; https://github.com/google/re2/wiki/Syntax; prometheus model/labels.
"""

import re
from typing import NamedTuple

from models.base.errors import ValueSyntaxError

PATTERN_LENGTH_MAX = 4096
REPEAT_MAX = 1000

_SAME_ESCAPES = frozenset("dDwWsSbBAafntrv")
_CLASS_ESCAPES = frozenset("dDwWsSafntrv")
_HEX = re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})")
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_FLAGS = re.compile(r"\(\?([A-Za-z]*)(?:-([A-Za-z]+))?([:)])")
_NAMED_GROUP = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")
_POSIX = re.compile(r"\[:(\^?)(\w+):\]")
_POSIX_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_REFUSED_GROUPS = {
    "(?=": "look-ahead",
    "(?!": "look-ahead",
    "(?<=": "look-behind",
    "(?<!": "look-behind",
    "(?>": "atomic group",
    "(?(": "conditional group",
    "(?#": "comment group",
    "(?P=": "back-reference",
}


class _Piece(NamedTuple):
    """Rewritten text, where the walk goes on, and whether a repetition may follow."""

    text: str
    end: int
    repeatable: bool = True


def compile_anchored(pattern: str) -> re.Pattern[str]:
    """Compile a matcher's pattern; use ``fullmatch`` on the result.

    Raises:
        ValueSyntaxError: the pattern is not valid, or means something Python cannot say.
    """
    return _compiled(pattern, re.ASCII | re.DOTALL)


def compile_searching(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that may match anywhere, and whose dot does not match newlines.

    Raises:
        ValueSyntaxError: the pattern is not valid, or means something Python cannot say.
    """
    return _compiled(pattern, re.ASCII)


def _compiled(pattern: str, flags: re.RegexFlag) -> re.Pattern[str]:
    if len(pattern) > PATTERN_LENGTH_MAX:
        raise ValueSyntaxError(f"regular expression is longer than {PATTERN_LENGTH_MAX} characters")
    rewritten = _rewrite(pattern)
    try:
        return re.compile(rewritten, flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueSyntaxError(f"regular expression '{pattern}' is not valid: {error}") from error


def _rewrite(pattern: str) -> str:
    pieces: list[str] = []
    position, repeatable = 0, False
    while position < len(pattern):
        char = pattern[position]
        if char in "*+?" or _REPEAT.match(pattern, position):
            if not repeatable:
                raise _refusal(pattern, position, "a repetition of nothing or of a repetition")
            piece = _repetition(pattern, position)
        elif char == "\\":
            piece = _escape(pattern, position, _SAME_ESCAPES)
        elif char == "[":
            piece = _character_class(pattern, position)
        elif char == "(":
            piece = _group_start(pattern, position)
        else:
            piece = _plain(char, position)
        pieces.append(piece.text)
        position, repeatable = piece.end, piece.repeatable
    return "".join(pieces)


def _plain(char: str, position: int) -> _Piece:
    if char == "$":
        return _Piece(r"\Z", position + 1)
    if char == "{":
        return _Piece(r"\{", position + 1)
    return _Piece(char, position + 1, repeatable=char != "|")


def _repetition(pattern: str, position: int) -> _Piece:
    counted = _REPEAT.match(pattern, position)
    end = counted.end() if counted else position + 1
    if counted:
        for bound in counted.groups():
            if bound and int(bound) > REPEAT_MAX:
                raise _refusal(pattern, position, f"a repetition of more than {REPEAT_MAX}")
    if pattern[end : end + 1] == "?":
        end += 1
    return _Piece(pattern[position:end], end, repeatable=False)


def _escape(pattern: str, position: int, same: frozenset[str]) -> _Piece:
    following = pattern[position + 1 : position + 2]
    if following in same and following:
        return _Piece("\\" + following, position + 2)
    if following == "z" and same is _SAME_ESCAPES:
        return _Piece(r"\Z", position + 2)
    if following == "x" and (match := _HEX.match(pattern, position + 1)):
        code = int(match.group(1) or match.group(2), 16)
        if code <= 0x10FFFF:
            return _Piece(f"\\U{code:08x}", match.end())
    if following.isdigit():
        raise _refusal(pattern, position, f"back-reference or octal escape '\\{following}'")
    if not following or not following.isascii() or following.isalnum():
        raise _refusal(pattern, position, f"escape '\\{following}'")
    return _Piece("\\" + following, position + 2)


def _character_class(pattern: str, position: int) -> _Piece:
    pieces, start = ["["], position + 1
    if pattern[start : start + 1] == "^":
        pieces.append("^")
        start += 1
    at = start
    while at < len(pattern):
        char = pattern[at]
        if char == "]" and at > start:
            return _Piece("".join([*pieces, "]"]), at + 1)
        posix = _POSIX.match(pattern, at)
        if char == "\\":
            piece = _escape(pattern, at, _CLASS_ESCAPES)
        elif posix:
            piece = _posix_class(pattern, at, posix)
        elif pattern.startswith("--", at):
            raise _refusal(pattern, at, "'--' in a character class; escape the hyphen")
        else:
            piece = _Piece("\\" + char if char in "[]&~|^" else char, at + 1)
        pieces.append(piece.text)
        at = piece.end
    raise _refusal(pattern, position, "an unclosed character class")


def _posix_class(pattern: str, position: int, match: re.Match[str]) -> _Piece:
    members = _POSIX_CLASSES.get(match.group(2))
    if members is None or match.group(1):
        raise _refusal(pattern, position, f"character class '{match.group()}'")
    return _Piece(members, match.end())


def _group_start(pattern: str, position: int) -> _Piece:
    for opening, name in _REFUSED_GROUPS.items():
        if pattern.startswith(opening, position):
            raise _refusal(pattern, position, f"{name} '{opening}'")
    if not pattern.startswith("(?", position):
        return _Piece("(", position + 1, repeatable=False)
    if named := _NAMED_GROUP.match(pattern, position):
        return _Piece(f"(?P<{named.group(1)}>", named.end(), repeatable=False)
    flags = _FLAGS.match(pattern, position)
    if flags is None:
        raise _refusal(pattern, position, f"group '{pattern[position : position + 4]}'")
    on, off, closing = flags.group(1), flags.group(2) or "", flags.group(3)
    for flag in on + off:
        if flag not in "is":
            raise _refusal(pattern, position, f"flag '{flag}'")
    if "i" in on and not pattern.isascii():
        raise _refusal(pattern, position, "flag 'i' beside letters outside ASCII")
    if closing == ")" and (position or off or not on):
        raise _refusal(pattern, position, f"'{flags.group()}'; write '(?i:...)' around a part")
    return _Piece(flags.group(), flags.end(), repeatable=False)


def _refusal(pattern: str, position: int, what: str) -> ValueSyntaxError:
    return ValueSyntaxError(
        f"regular expression '{pattern}': {what} at character {position + 1} is not supported"
    )
