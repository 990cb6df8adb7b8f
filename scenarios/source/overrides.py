"""``--set path=value``: one value replaced, checked as strictly as if it stood in the file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scenarios.source.inheritance import EXTENDS
from scenarios.source.marks import KeyPath, Mark, Source, format_path
from scenarios.source.problems import Problems, printable, quoted, suggestion
from scenarios.source.tree import Entry, ListNode, Node, ScalarNode, SectionNode
from scenarios.source.yaml_reader import read_yaml

ARGUMENT_LABEL = "set"
_ARGUMENT_RANK = 1000
_WHOLE = ("services", "traffic", "jobs", "alternatives")
_SEGMENT = re.compile(
    r"""
    \.?"((?:[^"\\]|\\.)*)"          # quoted key
    | \["((?:[^"\\]|\\.)*)"\]       # quoted key in brackets
    | \[(\d{1,6})\]                 # index
    | \[([^\]"]+)\]                 # key in brackets
    | \.?([^.\[\]"=]+)                # plain key
    """,
    re.VERBOSE,
)


class PathSyntaxError(ValueError):
    """A path that cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Change:
    """A path, the node to put there, and the mark that stands for the path itself."""

    path: KeyPath
    node: Node
    mark: Mark


def parse_path(text: str) -> KeyPath:
    """Read ``faults[0].at`` or ``edges["a -> b"].timeout`` as a path.

    Raises:
        PathSyntaxError: the text is empty or not such a path.
    """
    path, end = _scan_path(text)
    if end != len(text):
        raise PathSyntaxError(f"{quoted(text)} is not a path, it breaks at {quoted(text[end:])}")
    return path


def _scan_path(text: str) -> tuple[KeyPath, int]:
    path: KeyPath = ()
    position = 0
    while position < len(text):
        match = _SEGMENT.match(text, position)
        if match is None or (
            text[position] == "." if position == 0 else text[position] not in ".["
        ):
            break
        path = (*path, _segment(match))
        position = match.end()
    if not path:
        raise PathSyntaxError(f"{quoted(text)} does not begin with a path such as time.measure")
    return path, position


def _segment(match: re.Match[str]) -> str | int:
    quoted_key, bracketed, index, bare, plain = match.groups()
    if index is not None:
        return int(index)
    key = quoted_key if quoted_key is not None else bracketed
    if key is not None:
        return re.sub(r"\\(.)", r"\1", key)
    return str(bare if bare is not None else plain)


def read_override(argument: str, number: int, directory: Path, problems: Problems) -> Change | None:
    """Read one ``path=value``; None, and a problem, when it is not one."""
    source = Source(
        name=f"--set {printable(argument)}",
        label=ARGUMENT_LABEL,
        directory=directory,
        lines=(argument,),
        rank=_ARGUMENT_RANK + number,
        is_argument=True,
    )
    mark = Mark(source, 1, 1)
    try:
        path, end = _scan_path(argument)
    except PathSyntaxError as error:
        problems.add(mark, (), str(error))
        return None
    if not argument[end:].startswith("="):
        problems.add(mark, (), "expected path=value, for example time.measure=5m")
        return None
    text = argument[end + 1 :]
    node = read_yaml(text, source, problems) if text.strip() else ScalarNode(None, mark)
    return None if node is None else Change(path, node, mark)


def apply_changes(root: Node, changes: Sequence[Change], problems: Problems) -> Node:
    """Apply the changes in order; one that leads nowhere becomes a problem and is left out."""
    for change in changes:
        if change.path[0] == EXTENDS:
            problems.add(change.mark, change.path, "the file that is extended cannot be changed")
            continue
        try:
            root = _put(root, change, 0)
        except PathSyntaxError as error:
            problems.add(change.mark, change.path, str(error))
    return root


def _put(node: Node, change: Change, depth: int) -> Node:
    if depth == len(change.path):
        return change.node
    segment = change.path[depth]
    if isinstance(segment, int):
        return _put_item(node, segment, change, depth)
    if isinstance(node, ScalarNode) and node.value is None:
        node = SectionNode((), change.mark)
    if not isinstance(node, SectionNode):
        what = "a list, use an index" if isinstance(node, ListNode) else "a single value"
        raise PathSyntaxError(f"{_shown(change, depth)} is {what}, not a section")
    entry = node.find(segment)
    if entry is None and depth == 1 and len(change.path) > 2 and change.path[0] in _WHOLE:
        known = [old.key for old in node.entries]
        raise PathSyntaxError(f"there is no {quoted(segment)}{suggestion(segment, known)}")
    under: Node = SectionNode((), change.mark) if entry is None else entry.node
    is_last = depth + 1 == len(change.path)
    key_mark = change.mark if entry is None or is_last else entry.key_mark
    fresh = Entry(segment, key_mark, _put(under, change, depth + 1))
    if entry is None:
        return SectionNode((*node.entries, fresh), node.mark)
    entries = tuple(fresh if old.key == segment else old for old in node.entries)
    return SectionNode(entries, node.mark)


def _put_item(node: Node, index: int, change: Change, depth: int) -> Node:
    if not isinstance(node, ListNode):
        raise PathSyntaxError(f"{_shown(change, depth)} is not a list")
    if index >= len(node.items):
        raise PathSyntaxError(
            f"{_shown(change, depth)} has {len(node.items)} entries, so there is no [{index}]"
        )
    items = list(node.items)
    items[index] = _put(items[index], change, depth + 1)
    return ListNode(tuple(items), node.mark)


def _shown(change: Change, depth: int) -> str:
    return quoted(format_path(change.path[:depth])) if depth else "the scenario"
