"""Plain data against the models: every mismatch becomes a located problem in plain words."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scenarios.document.scenario import ScenarioDoc
from scenarios.document.shapes import TAG_PREFIX, ModelsInForce
from scenarios.source.marks import KeyPath
from scenarios.source.problems import Problems, quoted, suggestion
from scenarios.source.tree import LocatedData

_KEY_SEGMENT = "[key]"


def validate_document(located: LocatedData, problems: Problems) -> ScenarioDoc | None:
    """The document, or None after adding everything that does not fit to ``problems``."""
    models = ModelsInForce()
    try:
        return ScenarioDoc.model_validate(located.data, context=models)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _report(detail, located, models, problems)
        return None


def _report(
    detail: ErrorDetails, located: LocatedData, models: ModelsInForce, problems: Problems
) -> None:
    raw = detail["loc"]
    is_key = bool(raw) and raw[-1] == _KEY_SEGMENT
    path = _written_path(raw[:-1] if is_key else raw, located)
    kind = detail["type"]
    if kind == "missing":
        where = located.key_mark(path[:-1])
        problems.add(where, path[:-1], f"required field {quoted(path[-1])} is missing")
        return
    if kind == "extra_forbidden":
        known = models.fields_of(_value_at(located.data, path[:-1]))
        hint = suggestion(str(path[-1]), known)
        problems.add(located.key_mark(path), path, f"unknown field{hint}")
        return
    mark = located.key_mark(path) if is_key else located.value_mark(path)
    problems.add(mark, path, _message(detail))


def _written_path(raw: Sequence[str | int], located: LocatedData) -> KeyPath:
    """Drop the segments that name a choice of model rather than a place in the file."""
    path: KeyPath = ()
    for segment in raw:
        is_tag = isinstance(segment, str) and segment.startswith(TAG_PREFIX)
        if not (is_tag and not located.has((*path, segment))):
            path = (*path, segment)
    return path


def _value_at(data: Any, path: KeyPath) -> Any:
    for segment in path:
        data = data[segment]
    return data


def _message(detail: ErrorDetails) -> str:
    value, context = detail["input"], detail.get("ctx", {})
    write = _WORDING.get(detail["type"])
    if write is not None:
        return write(value, context)
    return detail["msg"]


def _expected(what: str) -> Callable[[Any, dict[str, Any]], str]:
    return lambda value, _context: f"expected {what}, got {quoted(value)}"


def _text(value: Any, _context: dict[str, Any]) -> str:
    message = f"expected text, got {quoted(value)}"
    if isinstance(value, int | float):
        message += f'; write "{quoted(value)}" in quotes if it is a name'
    return message


def _literal(value: Any, context: dict[str, Any]) -> str:
    listed = str(context.get("expected", ""))
    names = [part.strip("'") for part in listed.replace(" or ", ", ").split(", ")]
    hint = suggestion(value, names) if isinstance(value, str) else ""
    return f"expected {listed}, got {quoted(value)}{hint}"


def _bound(words: str, key: str) -> Callable[[Any, dict[str, Any]], str]:
    return lambda value, context: f"must be {words} {context[key]}, got {quoted(value)}"


def _count(words: str, key: str) -> Callable[[Any, dict[str, Any]], str]:
    return lambda _value, context: f"needs at {words} {context[key]} entries"


_WORDING: dict[str, Callable[[Any, dict[str, Any]], str]] = {
    "model_type": _expected("a section (key: value)"),
    "model_attributes_type": _expected("a section (key: value)"),
    "dict_type": _expected("a section (key: value)"),
    "tuple_type": _expected("a list"),
    "list_type": _expected("a list"),
    "string_type": _text,
    "int_type": _expected("a whole number"),
    "int_from_float": _expected("a whole number"),
    "float_type": _expected("a number"),
    "finite_number": _expected("a finite number"),
    "bool_type": _expected("true or false"),
    "literal_error": _literal,
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
    "too_short": _count("least", "min_length"),
    "too_long": _count("most", "max_length"),
    "string_too_short": lambda _value, _context: "must not be empty",
}
