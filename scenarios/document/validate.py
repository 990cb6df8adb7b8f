"""Plain data against the models: every mismatch becomes a located problem in plain words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scenarios.document.quantities import MISTAKE
from scenarios.document.repair import repaired
from scenarios.document.scenario import ScenarioDoc
from scenarios.document.shapes import TAG_PREFIX, ModelsInForce, Section
from scenarios.source.marks import KeyPath
from scenarios.source.problems import Problems, closest, quoted, suggestion
from scenarios.source.tree import LocatedData

SectionT = TypeVar("SectionT", bound=Section)

_KEY_SEGMENT = "[key]"


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document whose names can be resolved. ``replaced`` are places that hold stand-ins."""

    document: ScenarioDoc
    replaced: tuple[KeyPath, ...] = ()


def validate_document(located: LocatedData, problems: Problems) -> CheckedDocument | None:
    """The document, after adding everything that does not fit to ``problems``.

    Broken values are replaced by stand-ins where that makes sense; None where it does not.
    """
    models = ModelsInForce()
    try:
        return CheckedDocument(ScenarioDoc.model_validate(located.data, context=models))
    except ValidationError as error:
        reporter = _Reporter(located, models, problems)
        reporter.report(error.errors(include_url=False))
    mended = repaired(located.data, reporter.unknown, reporter.broken)
    if mended is None:
        return None
    try:
        return CheckedDocument(ScenarioDoc.model_validate(mended[0]), mended[1])
    except ValidationError:
        return None


def validate_section(
    model: type[SectionT], located: LocatedData, problems: Problems
) -> SectionT | None:
    """A document of another kind; None, after adding everything that does not fit."""
    models = ModelsInForce()
    try:
        return model.model_validate(located.data, context=models)
    except ValidationError as error:
        _Reporter(located, models, problems).report(error.errors(include_url=False))
        return None


class _Reporter:
    """Turns pydantic's errors of one document into problems.

    A value that the reader refused already is not complained about again.
    """

    def __init__(self, located: LocatedData, models: ModelsInForce, problems: Problems) -> None:
        self._located = located
        self._models = models
        self._problems = problems
        self._refused = problems.marks()
        self._meant: set[KeyPath] = set()
        self.unknown: dict[KeyPath, str | None] = {}
        self.broken: list[KeyPath] = []

    def report(self, details: Sequence[ErrorDetails]) -> None:
        """Unknown fields first: a missing field that one of them was meant to be is no news."""
        for detail in details:
            if detail["type"] == "extra_forbidden":
                self._unknown_field(_written_path(detail["loc"], self._located))
        for detail in details:
            if detail["type"] == "missing":
                self._missing_field(_written_path(detail["loc"], self._located))
            elif detail["type"] == MISTAKE:
                self._mistake(detail)
            elif detail["type"] != "extra_forbidden" and not _counts_only_good_ones(detail):
                self._wrong_value(detail)

    def _unknown_field(self, path: KeyPath) -> None:
        *parent, name = path
        known = self._models.fields_of(_value_at(self._located.data, tuple(parent)))
        unused = [field for field in known if not self._located.has((*parent, field))]
        meant = closest(str(name), unused) or closest(str(name), known)
        if meant is not None:
            self._meant.add((*parent, meant))
        hint = suggestion(str(name), [meant] if meant else [])
        self.unknown[path] = meant
        self._add(path, f"unknown field{hint}", is_key=True)

    def _missing_field(self, path: KeyPath) -> None:
        if path not in self._meant:
            self.broken.append(path)
            self._problems.add(
                self._located.key_mark(path[:-1]), path, "this required field is missing"
            )

    def _mistake(self, detail: ErrorDetails) -> None:
        """A message of our own; of a field, if it names one: at its key if the key is wrong."""
        loc, is_key = _without_key_segment(detail["loc"])
        path = _written_path(loc, self._located)
        message, field = detail["ctx"]["text"], detail["ctx"]["field"]
        if field:
            path = (*path, field)
            is_key = message.startswith("unknown field")
        self.broken.append(path)
        self._add(path, message, is_key=is_key)

    def _wrong_value(self, detail: ErrorDetails) -> None:
        loc, is_key = _without_key_segment(detail["loc"])
        path = _written_path(loc, self._located)
        self.broken.append(path)
        self._add(path, _message(detail), is_key=is_key)

    def _add(self, path: KeyPath, message: str, *, is_key: bool) -> None:
        find = self._located.key_mark if is_key else self._located.value_mark
        mark = find(path)
        if mark not in self._refused:
            self._problems.add(mark, path, message)


def _counts_only_good_ones(detail: ErrorDetails) -> bool:
    """A list that is long enough but has broken entries, which are reported themselves."""
    if detail["type"] != "too_short" or not isinstance(detail["input"], list):
        return False
    return len(detail["input"]) >= int(detail["ctx"]["min_length"])


def _without_key_segment(loc: tuple[int | str, ...]) -> tuple[tuple[int | str, ...], bool]:
    """Pydantic marks a wrong key of a mapping by one more segment."""
    return (loc[:-1], True) if loc and loc[-1] == _KEY_SEGMENT else (loc, False)


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
    hint = suggestion(value, names) if isinstance(value, str) and len(names) > 1 else ""
    return f"expected {listed}, got {quoted(value)}{hint}"


def _bound(words: str, key: str) -> Callable[[Any, dict[str, Any]], str]:
    return lambda value, context: f"must be {words} {context[key]}, got {quoted(value)}"


def _count(words: str, key: str) -> Callable[[Any, dict[str, Any]], str]:
    def write(_value: Any, context: dict[str, Any]) -> str:
        return f"needs at {words} {context[key]} {'entry' if context[key] == 1 else 'entries'}"

    return write


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
