"""Prometheus rule files: plain data in, rule groups or located problems out.

The caller reads the YAML and knows where each value stands; this module knows what may be
there. Every problem of a file is collected, so its author sees all of them at once.

Refused where it stands is what :mod:`models.telemetry.promql` leaves out. Labels of a
group are laid under those of its rules.

Source: semantics 3.1; prometheus model/rulefmt/rulefmt.go.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeAlias

from models.alerting.config import (
    AlertRuleConfig,
    RecordingRuleConfig,
    RuleConfig,
    RuleGroupConfig,
)
from models.alerting.prometheus_duration import parse_prometheus_duration
from models.alerting.templating.template import compile_template
from models.alerting.templating.tokens import TemplateError
from models.base.errors import ValueSyntaxError
from models.base.time import DurationNs
from models.telemetry.labels import METRIC_NAME
from models.telemetry.promql import ValueKind, compile_expression

Path: TypeAlias = tuple[str | int, ...]
Locate: TypeAlias = Callable[[Path], tuple[int, int]]

_GROUP_FIELDS = ("name", "interval", "limit", "query_offset", "labels", "rules")
_ALERT_FIELDS = ("alert", "expr", "for", "keep_firing_for", "labels", "annotations")
_RECORD_FIELDS = ("record", "expr", "labels")
_BRACES = frozenset("{}")
_WHOLE = re.compile(r"[0-9]{1,9}")
_LABEL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class RuleFileProblem:
    """One thing that is wrong: where in the file, under which path, and what."""

    line: int
    column: int
    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The outcome of reading a file. ``groups`` hold only what had no problem of its own."""

    groups: tuple[RuleGroupConfig, ...]
    problems: tuple[RuleFileProblem, ...]


@dataclass(slots=True)
class _Reader:
    locate: Locate
    problems: list[RuleFileProblem] = field(default_factory=list)

    def refuse(self, path: Path, message: str) -> None:
        line, column = self.locate(path)
        self.problems.append(RuleFileProblem(line, column, path, message))

    def fields(self, data: object, path: Path, known: tuple[str, ...]) -> Mapping[str, object]:
        """A mapping with known keys only; problems for everything else."""
        if not isinstance(data, Mapping):
            self.refuse(path, f"expected a mapping with {', '.join(known)}")
            return {}
        for key in data:
            if key not in known:
                close = get_close_matches(str(key), known, n=1)
                hint = f", did you mean '{close[0]}'?" if close else ""
                self.refuse((*path, str(key)), f"unknown field '{key}'{hint}")
        return {str(key): value for key, value in data.items() if key in known}

    def text(self, data: Mapping[str, object], key: str, path: Path) -> str | None:
        """A text that must be there and must not be empty."""
        if key not in data:
            self.refuse(path, f"'{key}' is missing")
            return None
        text = _scalar_text(data[key])
        if text is None:
            self.refuse((*path, key), f"'{key}' must be a text")
        elif not text.strip():
            self.refuse((*path, key), f"'{key}' is empty")
            return None
        return text

    def duration(self, data: Mapping[str, object], key: str, path: Path) -> DurationNs:
        value = data.get(key)
        if value is None or (value == 0 and not isinstance(value, bool)):
            return 0
        if not isinstance(value, str):
            self.refuse((*path, key), f"'{key}' needs a unit, for example 30s or 5m")
            return 0
        try:
            return parse_prometheus_duration(value)
        except ValueSyntaxError as error:
            self.refuse((*path, key), f"'{key}': {error}")
            return 0

    def count(self, data: Mapping[str, object], key: str, path: Path) -> int:
        value = _scalar_text(data.get(key))
        if value == "":
            return 0
        if value is None or not _WHOLE.fullmatch(value):
            self.refuse((*path, key), f"'{key}' must be a whole number, 0 for none")
            return 0
        return int(value)

    def expression(self, data: Mapping[str, object], path: Path) -> str | None:
        """A text that is PromQL and gives a vector or a number."""
        expression = self.text(data, "expr", path)
        if expression is not None:
            try:
                kind = compile_expression(expression).kind
            except ValueSyntaxError as error:
                self.refuse((*path, "expr"), str(error))
            else:
                if kind not in (ValueKind.VECTOR, ValueKind.SCALAR):
                    self.refuse((*path, "expr"), f"the expression gives a {kind.value}, no vector")
        return expression

    def texts(self, data: Mapping[str, object], key: str, path: Path) -> dict[str, str]:
        """Labels or annotations: names to texts."""
        value = data.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.refuse((*path, key), f"'{key}' must be a mapping of names to texts")
            return {}
        texts = {}
        for name, raw in value.items():
            place = (*path, key, str(name))
            if not isinstance(name, str) or not _LABEL_NAME.fullmatch(name):
                self.refuse(place, f"'{name}' is not a valid name in '{key}'")
            elif key == "labels" and name == METRIC_NAME:
                self.refuse(place, f"a label cannot be named '{METRIC_NAME}'")
            elif (text := _scalar_text(raw)) is None:
                self.refuse(place, f"the value of '{name}' must be a text")
            else:
                texts[name] = text
        return texts

    def templates(self, data: Mapping[str, object], key: str, path: Path) -> dict[str, str]:
        """Labels or annotations of an alert, which are templates."""
        texts = self.texts(data, key, path)
        for name, text in texts.items():
            if reason := _template_reason(text):
                self.refuse((*path, key, name), reason)
        return texts


def _template_reason(text: str) -> str | None:
    try:
        compile_template(text)
    except TemplateError as error:
        return str(error)
    return None


def parse_rule_file(data: object, locate: Locate) -> RuleFile:
    """Read a loaded rule file.

    Args:
        data: what a YAML reader made of the file: mappings, lists and scalars. A reader that
            leaves plain scalars as texts keeps ``1.10`` what it is; numbers are taken as well.
        locate: line and column, both from 1, of the value at a path of keys and list indices;
            the path of an unknown field ends with its key.
    """
    reader = _Reader(locate)
    groups: list[RuleGroupConfig] = []
    if data is None:
        return RuleFile((), ())
    entries = _list(reader, reader.fields(data, (), ("groups",)), "groups", ())
    seen: dict[str, None] = {}
    for index, entry in enumerate(entries):
        path: Path = ("groups", index)
        group = _group(reader, entry, path)
        if group is None:
            continue
        if group.name in seen:
            reader.refuse((*path, "name"), f"a group named '{group.name}' exists already")
            continue
        seen[group.name] = None
        groups.append(group)
    problems = sorted(reader.problems, key=lambda problem: (problem.line, problem.column))
    return RuleFile(tuple(groups), tuple(problems))


def _group(reader: _Reader, entry: object, path: Path) -> RuleGroupConfig | None:
    data = reader.fields(entry, path, _GROUP_FIELDS)
    if not isinstance(entry, Mapping):
        return None
    name = reader.text(data, "name", path)
    interval_ns = reader.duration(data, "interval", path)
    limit = reader.count(data, "limit", path)
    query_offset_ns = reader.duration(data, "query_offset", path)
    labels = reader.texts(data, "labels", path)
    rules = []
    for index, rule_entry in enumerate(_list(reader, data, "rules", path)):
        rule = _rule(reader, rule_entry, (*path, "rules", index), labels)
        if rule is not None:
            rules.append(rule)
    return (
        None
        if name is None
        else RuleGroupConfig(name, tuple(rules), interval_ns, limit, query_offset_ns)
    )


def _rule(
    reader: _Reader, entry: object, path: Path, group_labels: Mapping[str, str]
) -> RuleConfig | None:
    if isinstance(entry, Mapping) and "record" in entry and "alert" not in entry:
        return _recording_rule(reader, entry, path, group_labels)
    before = len(reader.problems)
    data = reader.fields(entry, path, _ALERT_FIELDS)
    if not isinstance(entry, Mapping):
        return None
    name = reader.text(data, "alert", path)
    expression = reader.expression(data, path)
    for_ns = reader.duration(data, "for", path)
    keep_firing_for_ns = reader.duration(data, "keep_firing_for", path)
    labels = dict(group_labels) | reader.templates(data, "labels", path)
    annotations = reader.templates(data, "annotations", path)
    if name is None or expression is None or len(reader.problems) > before:
        return None
    return AlertRuleConfig(
        name,
        expression,
        for_ns,
        keep_firing_for_ns,
        tuple(sorted(labels.items())),
        tuple(sorted(annotations.items())),
    )


def _recording_rule(
    reader: _Reader, entry: object, path: Path, group_labels: Mapping[str, str]
) -> RecordingRuleConfig | None:
    before = len(reader.problems)
    data = reader.fields(entry, path, _RECORD_FIELDS)
    name = reader.text(data, "record", path)
    if name is not None and _BRACES.intersection(name):
        reader.refuse((*path, "record"), f"'{name}' has braces; labels go into 'labels'")
    expression = reader.expression(data, path)
    labels = dict(group_labels) | reader.texts(data, "labels", path)
    if name is None or expression is None or len(reader.problems) > before:
        return None
    return RecordingRuleConfig(name, expression, tuple(sorted(labels.items())))


def _list(reader: _Reader, data: Mapping[str, object], key: str, path: Path) -> list[object]:
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        reader.refuse((*path, key), f"'{key}' must be a list")
        return []
    return value


def _scalar_text(raw: object) -> str | None:
    """A scalar as Prometheus takes it for a text: nothing is an empty one; None for no scalar."""
    match raw:
        case None:
            return ""
        case bool():
            return "true" if raw else "false"
        case int() | float():
            return str(raw)
        case _:
            return raw if isinstance(raw, str) else None
