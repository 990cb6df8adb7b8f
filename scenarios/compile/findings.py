"""Where the compiler writes down what does not fit together."""

from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.source.files import Files
from scenarios.source.marks import KeyPath
from scenarios.source.problems import Problems, quoted, suggestion
from scenarios.source.tree import LocatedData

LISTED_MAX = 8


@dataclass(frozen=True, slots=True)
class Findings:
    """The located document, the files it names, and the problems found so far.

    Nothing is reported at or under a place in ``replaced``: what stands there is not the user's.
    """

    located: LocatedData
    files: Files
    problems: Problems
    replaced: tuple[KeyPath, ...] = ()

    def at_value(self, path: KeyPath, message: str) -> None:
        """A value is wrong."""
        if not self._is_replaced(path):
            self.problems.add(self.located.value_mark(path), path, message)

    def at_key(self, path: KeyPath, message: str) -> None:
        """A key, or the section under it, is wrong."""
        if not self._is_replaced(path):
            self.problems.add(self.located.key_mark(path), path, message)

    def unknown(self, path: KeyPath, what: str, name: str, known: Iterable[str]) -> None:
        """A value names something that does not exist."""
        self.at_value(path, unknown_name(what, name, known))

    def unknown_key(self, path: KeyPath, what: str, name: str, known: Iterable[str]) -> None:
        """A key names something that does not exist."""
        self.at_key(path, unknown_name(what, name, known))

    def _is_replaced(self, path: KeyPath) -> bool:
        return any(path[: len(place)] == place for place in self.replaced)


def no_endpoint(service: str, name: str, known: Iterable[str]) -> str:
    """``'catalog' has no endpoint 'GET /items', did you mean 'GET /item'?``."""
    names = list(known)
    hint = suggestion(name, names) or f" (it has {', '.join(names[:LISTED_MAX])})"
    return f"{quoted(service)} has no endpoint {quoted(name)}{hint}"


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """``unknown zone 'd', did you mean 'a'?``, or the list of what exists if that is short."""
    names = list(dict.fromkeys(known))
    hint = suggestion(name, names)
    if not hint and len(names) <= LISTED_MAX:
        hint = f" (there are {', '.join(names) or 'none'})"
    return f"unknown {what} {quoted(name)}{hint}"
