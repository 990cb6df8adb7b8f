"""Where the compiler writes down what does not fit together."""

from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.source.files import Files
from scenarios.source.marks import KeyPath
from scenarios.source.problems import Problems, quoted, suggestion
from scenarios.source.tree import LocatedData


@dataclass(frozen=True, slots=True)
class Findings:
    """The located document, the files it names, and the problems found so far."""

    located: LocatedData
    files: Files
    problems: Problems

    def at_value(self, path: KeyPath, message: str) -> None:
        """A value is wrong."""
        self.problems.add(self.located.value_mark(path), path, message)

    def at_key(self, path: KeyPath, message: str) -> None:
        """A key, or the section under it, is wrong."""
        self.problems.add(self.located.key_mark(path), path, message)

    def unknown(self, path: KeyPath, what: str, name: str, known: Iterable[str]) -> None:
        """A value names something that does not exist."""
        self.at_value(path, unknown_name(what, name, known))


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """``unknown zone 'd', did you mean 'a'?``, or the list of what exists if that is short."""
    names = list(known)
    hint = suggestion(name, names)
    if not hint:
        listed = ", ".join(names) if names else "none"
        hint = f" (there are {listed})" if len(names) <= 8 and names else ""
        hint = hint or (" (there are none)" if not names else "")
    return f"unknown {what} {quoted(name)}{hint}"
