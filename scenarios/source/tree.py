"""The tree of values as written: every node, and every key, knows its mark.

Loading changes trees, not data: a variant is merged over its base and ``--set`` replaces nodes
here, so that whatever is wrong later is still found where a person wrote it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from scenarios.source.marks import KeyPath, Mark
from scenarios.source.problems import Problems

NODES_MAX = 50_000

Scalar: TypeAlias = str | int | float | bool | None
Plain: TypeAlias = "Scalar | list[Plain] | dict[str, Plain]"


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A single value."""

    value: Scalar
    mark: Mark


@dataclass(frozen=True, slots=True)
class ListNode:
    """Values in order."""

    items: tuple["Node", ...]
    mark: Mark


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a section, where the key stands, and its value."""

    key: str
    key_mark: Mark
    node: "Node"


@dataclass(frozen=True, slots=True)
class SectionNode:
    """Values by key, in the order written; keys are unique."""

    entries: tuple[Entry, ...]
    mark: Mark

    def find(self, key: str) -> Entry | None:
        """The entry of that key, if the section has it."""
        return next((entry for entry in self.entries if entry.key == key), None)


Node: TypeAlias = ScalarNode | ListNode | SectionNode


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, and where its key does if it has one."""

    value: Mark
    key: Mark | None


@dataclass(frozen=True, slots=True)
class LocatedData:
    """Plain data beside the places of all its values, by path."""

    data: Plain
    places: Mapping[KeyPath, Place]

    def value_mark(self, path: Sequence[str | int]) -> Mark:
        """Mark of the value at the path, or of the nearest enclosing one that was written."""
        place, _ = self._nearest(path)
        return place.value

    def key_mark(self, path: Sequence[str | int]) -> Mark:
        """Mark of the key at the path; of the value where there is no key (a list's item)."""
        place, _ = self._nearest(path)
        return place.key or place.value

    def has(self, path: Sequence[str | int]) -> bool:
        """Whether something was written at exactly this path."""
        return tuple(path) in self.places

    def _nearest(self, path: Sequence[str | int]) -> tuple[Place, int]:
        for length in range(len(path), -1, -1):
            place = self.places.get(tuple(path[:length]))
            if place is not None:
                return place, length
        raise KeyError(tuple(path))


def flatten(root: Node, problems: Problems) -> LocatedData | None:
    """Plain data with places; None, and a problem, if it would be too much.

    Shared nodes (aliases) are written out, so a small file can stand for a great many values.
    """
    places: dict[KeyPath, Place] = {}
    try:
        data = _write_out(root, (), None, places)
    except _TooManyValuesError as error:
        problems.add(
            error.mark, (), f"more than {NODES_MAX:,} values, counting aliases written out"
        )
        return None
    return LocatedData(data, places)


class _TooManyValuesError(Exception):
    """The tree is larger than anybody writes; ``mark`` is where counting stopped."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark


def _write_out(node: Node, path: KeyPath, key: Mark | None, places: dict[KeyPath, Place]) -> Plain:
    if len(places) >= NODES_MAX:
        raise _TooManyValuesError(node.mark)
    places[path] = Place(node.mark, key)
    match node:
        case ScalarNode():
            return node.value
        case ListNode():
            return [
                _write_out(item, (*path, index), None, places)
                for index, item in enumerate(node.items)
            ]
        case SectionNode():
            return {
                entry.key: _write_out(entry.node, (*path, entry.key), entry.key_mark, places)
                for entry in node.entries
            }
