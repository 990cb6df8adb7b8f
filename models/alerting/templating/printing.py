"""``printf``, ``print`` and ``println``: values in a form that a template asks for.

What does not fit its verb is written the way Go complains about it. Left out: argument indices,
``*`` for a width, and ``%x`` and ``%b`` of floats.

Source: Go package fmt.
"""

import re
from collections.abc import Sequence

from models.alerting.templating.values import (
    NO_VALUE,
    AlertData,
    ExpansionError,
    Sample,
    Table,
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
        text += _said(value)
    return text


def print_line(*values: Value) -> str:
    """The values with spaces between them, and the end of a line."""
    return " ".join(map(_said, values)) + "\n"


def _said(value: Value) -> str:
    """A sample is a pointer to one in Go, and says so here."""
    return f"&{shown(value)}" if isinstance(value, Sample) else shown(value)


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
        return _filled(type_name(value), form[0])
    if isinstance(value, Table | Sample | AlertData | tuple):
        return _whole(match, value)
    written = _of(verb, form, value)
    if written is not None:
        return written
    if value is None:
        return f"%!{verb}(<nil>)"
    plain = _of("g" if isinstance(value, float) else "v", form, value)
    return f"%!{verb}({type_name(value)}={plain})"


def _of(verb: str, form: tuple[str, str], value: Value) -> str | None:
    match value:
        case bool():
            return _filled(shown(value), form[0]) if verb in "tv" else None
        case str():
            return _of_text(verb, form, value)
        case int():
            return _of_whole(verb, form, value)
        case float():
            return _of_float(verb, form, value)
        case None:
            return _filled("<nil>", form[0]) if verb == "v" else None
        case _:
            return _filled(shown(value), form[0]) if verb in "vs" else None


def _whole(match: re.Match[str], value: Table | Sample | AlertData | tuple[Value, ...]) -> str:
    """Every part in the form that is meant for the whole."""

    def parts(*values: Value) -> str:
        return " ".join(_formatted(match, one) for one in values)

    match value:
        case Table():
            pairs = sorted(value.entries.items())
            return f"map[{' '.join(f'{parts(name)}:{parts(one)}' for name, one in pairs)}]"
        case Sample():
            return f"&{{{parts(value.labels, value.value)}}}"
        case AlertData():
            told = (value.labels, value.external_labels, value.external_url, value.value)
            return f"{{{parts(*told)}}}"
        case _:
            return f"[{parts(*value)}]"


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
    return _filled(value[: int(precision[1:] or 0)] if precision else value, width)


def _of_whole(verb: str, form: tuple[str, str], value: int) -> str | None:
    width, precision = form
    if verb in "dvxXo":
        return f"%{width}{precision}{'d' if verb == 'v' else verb}" % value
    if verb == "b":
        return _padded(f"{value:b}", width)
    if verb in "cqU" and 0 <= value <= 0x10FFFF:
        forms = {"c": chr(value), "q": f"'{chr(value)}'", "U": f"U+{value:04X}"}
        return _filled(forms[verb], width)
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
    """A number in its width; zeros go behind its sign."""
    width, has_zeros = _width(form)
    if "-" in form:
        return text.ljust(width)
    return text.zfill(width) if has_zeros else text.rjust(width)


def _filled(text: str, form: str) -> str:
    """A text in its width; zeros go in front of all of it."""
    width, has_zeros = _width(form)
    if "-" in form:
        return text.ljust(width)
    return text.rjust(width, "0" if has_zeros else " ")


def _width(form: str) -> tuple[int, bool]:
    digits = form.lstrip("-+# 0")
    return int(digits or 0), "0" in form[: len(form) - len(digits)]


def joined(values: Sequence[Value]) -> str:
    """Arguments of a function that makes one text of all of them."""
    told = (NO_VALUE if value is None else value for value in values)
    return print_plain(*(shown(one) if isinstance(one, Sample) else one for one in told))
