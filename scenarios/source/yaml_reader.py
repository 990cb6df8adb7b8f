"""YAML text to a tree with marks, from the events of libyaml.

Built on events because they come one by one: depth, aliases, tags and documents are refused
before anything is built from them, so no input can make the reader recurse or grow without
bound. Custom tags and a second document are refused with their position, and so are merge keys
but in files that were written for other programs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import yaml

from scenarios.source.marks import KeyPath, Mark, Source
from scenarios.source.problems import Problems, quoted
from scenarios.source.scalars import keep_plain, resolve_plain
from scenarios.source.tree import (
    NODES_MAX,
    Entry,
    ListNode,
    Node,
    Scalar,
    ScalarNode,
    SectionNode,
)

DEPTH_MAX = 48
_MERGE = "<<"
_HINTS = {"mapping values are not allowed in this context": " (put text that holds ': ' in quotes)"}
_CORE = "tag:yaml.org,2002:"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is meant: what its plain scalars are, and whether it may merge and be empty."""

    resolve: Callable[[str], Scalar]
    is_foreign: bool


SCENARIO = Dialect(resolve_plain, is_foreign=False)
PROMETHEUS = Dialect(keep_plain, is_foreign=True)
"""Files of Prometheus: a field's type, not its look, says what a plain scalar is (``1.10``)."""


def read_yaml(
    text: str, source: Source, problems: Problems, dialect: Dialect = SCENARIO
) -> Node | None:
    """The single document in the text; None when there is none that can be used.

    What is wrong is added to ``problems``: a syntax error ends the reading, the others
    (duplicate keys, tags, merge keys) are collected.
    """
    try:
        events = yaml.parse(text, Loader=_LOADER)
        return _Builder(source, problems, events, dialect).document()
    except _UnreadableError:
        return None
    except yaml.MarkedYAMLError as error:
        mark = _place_of(error, source)
        problems.add(mark, (), f"not valid YAML: {_explain(error, source, mark)}")
        return None


def _place_of(error: yaml.MarkedYAMLError, source: Source) -> Mark:
    """Where the parser gave up; at the end of the last line if it ran out of text."""
    where = error.problem_mark or error.context_mark
    if where is None:
        return Mark(source, 1, 1)
    if where.line >= len(source.lines):
        return Mark(source, len(source.lines), len(source.lines[-1]) + 1)
    return Mark(source, where.line + 1, where.column + 1)


def _explain(error: yaml.MarkedYAMLError, source: Source, mark: Mark) -> str:
    what = error.problem or "syntax error"
    if mark.line <= len(source.lines):
        indent = source.lines[mark.line - 1]
        if "\t" in indent[: len(indent) - len(indent.lstrip())]:
            return "indent with spaces, YAML does not allow tabs"
    what += _HINTS.get(what, "")
    return f"{what} {error.context}" if error.context else what


class _UnreadableError(Exception):
    """Reading cannot go on; the problem is already recorded."""


class _Builder:
    """Turns one stream of events into one tree."""

    def __init__(
        self, source: Source, problems: Problems, events: Iterator[yaml.Event], dialect: Dialect
    ) -> None:
        self._dialect = dialect
        self._source = source
        self._problems = problems
        self._events = events
        self._anchors: dict[str, Node | None] = {}
        self._count = 0

    def document(self) -> Node | None:
        first = self._next_content()
        if first is None:
            start = Mark(self._source, 1, 1)
            if self._dialect.is_foreign:
                return ScalarNode(None, start)
            self._problems.add(start, (), "the file is empty")
            return None
        root = self._node(first, ())
        again = self._next_content()
        if again is not None:
            self._problems.add(
                self._mark(again), (), "a second document starts here; a file holds one"
            )
            return None
        return root

    def _next_content(self) -> yaml.Event | None:
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                return event
        return None

    def _mark(self, event: yaml.Event) -> Mark:
        start = event.start_mark
        assert start is not None
        return Mark(self._source, start.line + 1, start.column + 1)

    def _node(self, event: yaml.Event, path: KeyPath) -> Node:
        self._count += 1
        if self._count > NODES_MAX:
            self._problems.add(self._mark(event), (), f"more than {NODES_MAX:,} values")
            raise _UnreadableError
        if len(path) > DEPTH_MAX:
            self._problems.add(
                self._mark(event), (), f"nested deeper than {DEPTH_MAX} levels, which is the limit"
            )
            raise _UnreadableError
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        anchor = cast("yaml.NodeEvent", event).anchor
        if anchor:
            self._anchors[anchor] = None
        node = self._content(event, path)
        if anchor:
            self._anchors[anchor] = node
        return node

    def _content(self, event: yaml.Event, path: KeyPath) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event.tag, event, ("seq",), path)
            return self._list(event, path)
        self._check_tag(cast("yaml.MappingStartEvent", event).tag, event, ("map",), path)
        return self._section(event, path)

    def _alias(self, event: yaml.AliasEvent) -> Node:
        mark, name = self._mark(event), event.anchor
        if name not in self._anchors:
            self._problems.add(mark, (), f"alias *{name} has no anchor &{name} before it")
            raise _UnreadableError
        node = self._anchors[name]
        if node is None:
            self._problems.add(mark, (), f"alias *{name} stands inside its own anchor")
            raise _UnreadableError
        return node

    def _scalar(self, event: yaml.ScalarEvent, path: KeyPath) -> ScalarNode:
        self._check_tag(event.tag, event, ("str",), path)
        if event.tag is None and event.implicit[0]:
            return ScalarNode(self._dialect.resolve(event.value), self._mark(event))
        return ScalarNode(event.value, self._mark(event))

    def _check_tag(
        self, tag: str | None, event: yaml.Event, allowed: tuple[str, ...], path: KeyPath
    ) -> None:
        if tag is None or tag == "!" or tag in [_CORE + name for name in allowed]:
            return
        shown = "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
        self._problems.add(
            self._mark(event), path, f"tag {quoted(shown)} is refused; write plain values"
        )

    def _list(self, start: yaml.Event, path: KeyPath) -> ListNode:
        items: list[Node] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, (*path, len(items))))
        return ListNode(tuple(items), self._mark(start))

    def _section(self, start: yaml.Event, path: KeyPath) -> SectionNode:
        entries: dict[str, Entry] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            entry = self._entry(event, path)
            first = entries.setdefault(entry.key, entry)
            if first is not entry:
                self._problems.add(
                    entry.key_mark,
                    (*path, entry.key),
                    f"duplicate key, first given in line {first.key_mark.line}",
                )
        merged = entries.pop(_MERGE, None) if self._dialect.is_foreign else None
        if merged is not None:
            for entry in self._merged(merged, path):
                entries.setdefault(entry.key, entry)
        return SectionNode(tuple(entries.values()), self._mark(start))

    def _merged(self, merge: Entry, path: KeyPath) -> Iterator[Entry]:
        """Entries of the sections that a merge key names, the nearest first."""
        several = merge.node.items if isinstance(merge.node, ListNode) else (merge.node,)
        for node in several:
            if isinstance(node, SectionNode):
                yield from node.entries
            else:
                self._problems.add(merge.key_mark, (*path, _MERGE), "only sections can be merged")

    def _entry(self, event: yaml.Event, path: KeyPath) -> Entry:
        mark = self._mark(event)
        if not isinstance(event, yaml.ScalarEvent):
            self._problems.add(mark, path, "a key must be plain text")
            raise _UnreadableError
        key: str = event.value
        self._check_tag(event.tag, event, ("str",), (*path, key))
        if key == _MERGE and event.implicit[0] and not self._dialect.is_foreign:
            self._problems.add(
                mark,
                (*path, key),
                "merge keys (<<) are not part of YAML 1.2; write the fields out or use 'extends'",
            )
        return Entry(key, mark, self._node(next(self._events), (*path, key)))
