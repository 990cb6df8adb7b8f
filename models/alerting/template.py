"""The templates of alert labels and annotations: Go's, as far as real rule files go.

Expanded are ``$labels`` and ``$labels.NAME`` (empty when the label is absent), ``$value``, the same
as ``.Labels.NAME`` and ``.Value``, ``$externalLabels.NAME``, and pipelines of them, of texts and
numbers, through ``humanize*``, ``printf``, ``title``, ``toUpper``, ``toLower``, ``stripPort`` and
``reReplaceAll``. Every other action between braces (conditions, loops, queries) stays as written.

Source: semantics 3.1; prometheus template/template.go.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from models.alerting.go_text import (
    Argument,
    humanize,
    humanize_1024,
    humanize_duration,
    humanize_percentage,
    humanize_timestamp,
    number_text,
    printf,
    shown,
)
from models.telemetry.labels import LabelSet, label_value

__all__ = ["expand", "number_text"]

Pairs: TypeAlias = tuple[tuple[str, str], ...]

_ACTION = re.compile(
    r"""(\s*)\{\{(-\s)?\s*((?:"(?:\\.|[^"\\])*"|`[^`]*`|[^{}"`])*?)\s*(\s-)?\}\}(\s*)"""
)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:\\.|[^"\\])*"|`[^`]*`)|(?P<number>-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)
    |(?P<name>[$.]?[A-Za-z_][\w.]*)|(?P<pipe>\|))""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


class _NotSupported(Exception):
    """An action that stays as it is written."""


def expand(template: str, *, labels: LabelSet, value: float, external_labels: Pairs = ()) -> str:
    """Fill in the labels and the value of one element of the rule's result."""
    if "{{" not in template:
        return template

    def replacement(match: re.Match[str]) -> str:
        before, trims_before, action, trims_after, after = match.groups()
        try:
            filled = shown(_pipeline(action, labels, value, external_labels))
        except _NotSupported:
            return match.group()
        return ("" if trims_before else before) + filled + ("" if trims_after else after)

    return _ACTION.sub(replacement, template)


def _pipeline(action: str, labels: LabelSet, value: float, external: Pairs) -> Argument:
    passed: list[Argument] = []
    for stage in _stages(action):
        head, *rest = stage
        arguments = [_argument(token, labels, value, external) for token in rest]
        function = _FUNCTIONS.get(head[1]) if head[0] == "name" else None
        if function is not None:
            passed = [function([*arguments, *passed])]
        elif rest or passed:
            raise _NotSupported
        else:
            passed = [_argument(head, labels, value, external)]
    return passed[0]


def _stages(action: str) -> list[list[tuple[str, str]]]:
    stages: list[list[tuple[str, str]]] = [[]]
    place = 0
    while place < len(action.rstrip()):
        match = _TOKEN.match(action, place)
        if match is None or match.lastgroup is None:
            raise _NotSupported
        place = match.end()
        if match.lastgroup == "pipe":
            stages.append([])
        else:
            stages[-1].append((match.lastgroup, match[match.lastgroup]))
    if not all(stages):
        raise _NotSupported
    return stages


def _argument(token: tuple[str, str], labels: LabelSet, value: float, external: Pairs) -> Argument:
    kind, text = token
    if kind == "text":
        return text[1:-1] if text[0] == "`" else _ESCAPE.sub(_unescaped, text[1:-1])
    if kind == "number":
        return float(text)
    if text in ("$value", ".Value"):
        return value
    for prefix, found in (("$labels", labels), (".Labels", labels), ("$externalLabels", external)):
        if text == prefix:
            return "map[" + " ".join(f"{name}:{one}" for name, one in found) + "]"
        if text.startswith(f"{prefix}."):
            return label_value(found, text[len(prefix) + 1 :])
    raise _NotSupported


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1])


def _of_number(function: Callable[[float], str]) -> Callable[[list[Argument]], Argument]:
    def applied(arguments: list[Argument]) -> Argument:
        if len(arguments) != 1:
            raise _NotSupported
        try:
            return function(float(arguments[0]))
        except ValueError as error:
            raise _NotSupported from error

    return applied


def _of_text(function: Callable[[str], str]) -> Callable[[list[Argument]], Argument]:
    def applied(arguments: list[Argument]) -> Argument:
        if len(arguments) != 1 or not isinstance(arguments[0], str):
            raise _NotSupported
        return function(arguments[0])

    return applied


def _printf(arguments: list[Argument]) -> Argument:
    if not arguments or not isinstance(arguments[0], str):
        raise _NotSupported
    return printf(arguments[0], *arguments[1:])


def _title(text: str) -> str:
    return re.sub(r"(?<![\w'])[a-z]", lambda match: match.group().upper(), text)


def _without_port(text: str) -> str:
    host, colon, _ = text.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        return text
    return host.strip("[]")


def _replace_all(arguments: list[Argument]) -> Argument:
    if len(arguments) != 3 or not all(isinstance(one, str) for one in arguments):
        raise _NotSupported
    pattern, replacement, text = (str(one) for one in arguments)
    try:
        return re.sub(pattern, re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", replacement), text)
    except (re.error, IndexError) as error:
        raise _NotSupported from error


_FUNCTIONS: Mapping[str, Callable[[list[Argument]], Argument]] = {
    "humanize": _of_number(humanize),
    "humanize1024": _of_number(humanize_1024),
    "humanizeDuration": _of_number(humanize_duration),
    "humanizePercentage": _of_number(humanize_percentage),
    "humanizeTimestamp": _of_number(humanize_timestamp),
    "printf": _printf,
    "reReplaceAll": _replace_all,
    "stripPort": _of_text(_without_port),
    "title": _of_text(_title),
    "toLower": _of_text(str.lower),
    "toUpper": _of_text(str.upper),
}
