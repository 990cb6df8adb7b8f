"""Where something was written: a source, a line and a column; and paths through a document."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_/-]+")


@dataclass(frozen=True, slots=True)
class Source:
    """A text that was read: a scenario file, a rule file, or one ``--set`` argument.

    ``label`` names the source independently of where it lies (``scenario``, ``extends 1``,
    ``set``), so that a kept copy of a run's files finds the same ones again. ``directory`` is
    what relative file names in it are relative to. ``rank`` orders sources in a listing.
    """

    name: str
    label: str
    directory: Path
    lines: tuple[str, ...]
    rank: int = 0
    is_argument: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A position in a source; ``line`` and ``column`` count from one, in characters."""

    source: Source
    line: int
    column: int

    @property
    def sort_key(self) -> tuple[int, str, int, int]:
        """Order of the listing: by source, then from top to bottom."""
        return (self.source.rank, self.source.name, self.line, self.column)


def format_path(path: KeyPath) -> str:
    """Write a path as ``--set`` reads it: ``faults[0].at``, ``edges["a -> b"].timeout``."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        elif _PLAIN_KEY.fullmatch(segment):
            text += f".{segment}" if text else segment
        else:
            text += '["' + segment.replace("\\", "\\\\").replace('"', '\\"') + '"]'
    return text
