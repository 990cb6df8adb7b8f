"""``printf``, ``print`` and ``println``: values in a form that a template asks for.

What does not fit its verb is written the way Go complains about it. Left out: argument indices,
``*`` for a width, and verbs other than ``%v`` and ``%s`` for tables and lists.

Source: Go package fmt.
"""

import re
from collections.abc import Sequence

from models.alerting.templating.values import (
    ExpansionError,
    Value,
    is_finite,
    number_text,
    shown,
    special,
    type_name,
)

WIDTH_MAX = 10_000
_VERB = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\d*)(?P<precision>\.\d*)?(?P<verb>.?)", re.DOTALL
)
_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def printf(form: str, *arguments: Value) -> str:
    """Fill in a format.

    Raises:
        ExpansionError: a width or precision is above 10,000.
    """
    left = list(arguments)

    def replacement(match: re.Match[str]) -> str:
        verb = match["verb"]
        if verb == "%":
            return "%"
        if not verb:
            return "%!(NOVERB)"
        if not left:
            return f"%!{verb}(MISSING)"
        return _formatted(match, left.pop(0))

    text = _VERB.sub(replacement, form)
    if left:
        text += "%!(EXTRA " + ", ".join(f"{type_name(one)}={shown(one)}" for one in left) + ")"
    return text


def print_plain(*values: Value) -> str:
    """The values in a row, with a space between two that are no texts."""
    text = ""
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            text += " "
        text += shown(value)
    return text


def print_line(*values: Value) -> str:
    """The values with spaces between them, and the end of a line."""
    return " ".join(map(shown, values)) + "\n"


def quoted(text: str) -> str:
    """A text as Go writes it down."""
    pieces = []
    for char in text:
        if char in _ESCAPES:
            pieces.append(_ESCAPES[char])
        elif char.isprintable():
            pieces.append(char)
        else:
            pieces.append(f"\\x{ord(char):02x}" if ord(char) < 0x80 else f"\\u{ord(char):04x}")
    return f'"{"".join(pieces)}"'


def _formatted(match: re.Match[str], value: Value) -> str:
    verb, form = match["verb"], _form(match)
    if verb == "T":
        return f"%{form[0]}s" % type_name(value)
    written: str | None = None
    match value:
        case bool():
            written = f"%{form[0]}s" % shown(value) if verb in "tv" else None
        case str():
            written = _of_text(verb, form, value)
        case int():
            written = _of_whole(verb, form, value)
        case float():
            written = _of_float(verb, form, value)
        case _:
            written = f"%{form[0]}s" % shown(value) if verb in "vs" else None
    return f"%!{verb}({type_name(value)}={shown(value)})" if written is None else written


def _form(match: re.Match[str]) -> tuple[str, str]:
    """Flags with the width, and the precision."""
    width, precision = match["width"], match["precision"] or ""
    if int(width or 0) > WIDTH_MAX or int(precision[1:] or 0) > WIDTH_MAX:
        raise ExpansionError(f"a width in '{match.group()}' is above {WIDTH_MAX:,}")
    return match["flags"] + width, precision


def _of_text(verb: str, form: tuple[str, str], value: str) -> str | None:
    width, precision = form
    if verb in "xX":
        value = value.encode().hex()
        value = value.upper() if verb == "X" else value
    elif verb == "q":
        value = quoted(value)
    elif verb not in "sv":
        return None
    return f"%{width}{precision}s" % value


def _of_whole(verb: str, form: tuple[str, str], value: int) -> str | None:
    width, precision = form
    if verb in "dvxXo":
        return f"%{width}{precision}{'d' if verb == 'v' else verb}" % value
    if verb == "b":
        return f"%{width.replace('0', '', 1)}s" % f"{value:b}"
    if verb in "cqU" and 0 <= value <= 0x10FFFF:
        forms = {"c": chr(value), "q": f"'{chr(value)}'", "U": f"U+{value:04X}"}
        return f"%{width}s" % forms[verb]
    return None


def _of_float(verb: str, form: tuple[str, str], value: float) -> str | None:
    width, precision = form
    if verb not in "veEfFgG":
        return None
    if not is_finite(value) or (verb in "vgG" and not precision):
        text = number_text(value) if is_finite(value) else special(value)
        if "+" in width and verb != "v" and text[0] not in "+-N":
            text = f"+{text}"
        flags = width.replace("+", "")
        padded = flags if is_finite(value) else flags.lstrip("0")
        return _padded(text.upper() if verb == "G" and is_finite(value) else text, padded)
    return f"%{width}{precision}{'g' if verb == 'v' else verb}" % value


def _padded(text: str, form: str) -> str:
    digits = form.lstrip("-# 0")
    width = int(digits or 0)
    if "-" in form:
        return text.ljust(width)
    has_zeros = "0" in form[: len(form) - len(digits)]
    return text.zfill(width) if has_zeros else text.rjust(width)


def joined(values: Sequence[Value]) -> str:
    """Arguments of a function that makes one text of all of them."""
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return print_plain(*values)
