"""Everything wrong with a user's files, collected first and shown together."""

import difflib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.base.errors import SpecError
from scenarios.source.marks import KeyPath, Mark, format_path

SHOWN_PROBLEMS_MAX = 100
_EXCERPT_WIDTH = 100
_QUOTED_WIDTH = 60
_COMPARED_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it stands, which field it is about, and what to do about it."""

    mark: Mark
    path: KeyPath
    message: str

    def headline(self) -> str:
        """One line: ``file:line:column: error: path: message``."""
        source = self.mark.source
        where = source.name
        if not source.is_argument:
            where += f":{self.mark.line}:{self.mark.column}"
        about = f"{printable(format_path(self.path))}: " if self.path else ""
        return f"{printable(where)}: error: {about}{self.message}"

    def render(self) -> str:
        """The headline, and under it the source line with a caret."""
        source = self.mark.source
        if source.is_argument or not 1 <= self.mark.line <= len(source.lines):
            return self.headline()
        line, column = _excerpt(source.lines[self.mark.line - 1], self.mark.column)
        number = f"{self.mark.line:>6}"
        caret = " " * _display_width(line[: column - 1]) + "^"
        return f"{self.headline()}\n{number} | {line}\n{' ' * len(number)} | {caret}"


class Problems:
    """A collection that every stage of loading adds to; it is raised once, complete."""

    def __init__(self) -> None:
        self._found: dict[tuple[Mark, KeyPath, str], Problem] = {}

    def add(self, mark: Mark, path: KeyPath, message: str) -> None:
        """Remember one more problem; saying the same thing twice is shown once."""
        self._found.setdefault((mark, path, message), Problem(mark, path, message))

    def marks(self) -> frozenset[Mark]:
        """Where something is known to be wrong."""
        return frozenset(problem.mark for problem in self._found.values())

    def __len__(self) -> int:
        """How many there are so far."""
        return len(self._found)

    def __iter__(self) -> Iterator[Problem]:
        """The problems in the order of the files, from top to bottom."""
        return iter(sorted(self._found.values(), key=lambda problem: problem.mark.sort_key))

    def raise_if_any(self) -> None:
        """Raise all that was found.

        Raises:
            SpecError: at least one problem was added.
        """
        if self._found:
            raise ScenarioError(tuple(self))


class ScenarioError(SpecError):
    """A scenario cannot be used; ``problems`` has every reason, the text shows them located."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        shown = [problem.render() for problem in problems[:SHOWN_PROBLEMS_MAX]]
        if len(problems) > SHOWN_PROBLEMS_MAX:
            shown.append(f"... and {len(problems) - SHOWN_PROBLEMS_MAX} more errors")
        super().__init__("\n".join(shown))


def closest(wrong: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant, if one is close enough; letter case matters least."""
    known = sorted(set(candidates))
    folded = {name.casefold(): name for name in known}
    if wrong.casefold() in folded:
        return folded[wrong.casefold()]
    close = difflib.get_close_matches(wrong[:_COMPARED_LENGTH], known, n=1, cutoff=0.6)
    return close[0] if close else None


def suggestion(wrong: str, candidates: Iterable[str]) -> str:
    """``, did you mean 'timeout'?`` when a candidate is close enough to be meant, else empty."""
    meant = closest(wrong, candidates)
    return "" if meant is None else f", did you mean {quoted(meant)}?"


def quoted(value: object) -> str:
    """A user's value in a message: in quotes if text, without control characters, cut short."""
    if isinstance(value, str):
        shown = printable(value)
        if len(shown) > _QUOTED_WIDTH:
            shown = shown[: _QUOTED_WIDTH - 3] + "..."
        return f"'{shown}'"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list | tuple):
        return "a list"
    shown = str(value)
    return shown if len(shown) <= _QUOTED_WIDTH else shown[: _QUOTED_WIDTH - 3] + "..."


def printable(text: str) -> str:
    """The text with whatever a terminal would act upon written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _excerpt(line: str, column: int) -> tuple[str, int]:
    """Cut a long line around the column; control characters become single spaces."""
    clean = "".join(c if c.isprintable() else " " for c in line)
    if len(clean) <= _EXCERPT_WIDTH:
        return clean, column
    start = max(0, min(column - 1 - _EXCERPT_WIDTH // 2, len(clean) - _EXCERPT_WIDTH))
    piece = clean[start : start + _EXCERPT_WIDTH]
    shifted = column - start
    if start > 0:
        piece, shifted = "..." + piece, shifted + 3
    if start + _EXCERPT_WIDTH < len(clean):
        piece += "..."
    return piece, shifted


def _display_width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
