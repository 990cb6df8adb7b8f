"""Files that a scenario names: found beside the file that names them, remembered for the run.

A run keeps every file it used under ``files/`` with an index by who named it and how, so that a
replay reads the kept copies and never the originals.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from models.base.errors import SpecError
from scenarios.source.marks import KeyPath, Mark, Source
from scenarios.source.problems import Problems, quoted

FILE_LIMIT_BYTES = 32 << 20
MATCHES_MAX = 200
INDEX_NAME = "index.json"
_INDEX = TypeAdapter(dict[str, list[tuple[str, str]]])
_PATTERN_MARKS = ("*", "?", "[")


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file as messages call it, and what is in it."""

    name: str
    content: bytes


class Finder(Protocol):
    """Where files come from: the disk, or the copies that a run kept."""

    def find(self, source: Source, reference: str) -> tuple[NamedFile, ...]:
        """Files that ``reference``, written in ``source``, stands for; sorted by name.

        Raises:
            OSError: a file cannot be read.
        """


class DiskFinder:
    """Looks beside the file that names it; in ``--set`` in the working directory."""

    def find(self, source: Source, reference: str) -> tuple[NamedFile, ...]:
        """Read one file, or all that match a pattern with ``*``, ``?`` or ``[``."""
        if any(mark in reference for mark in _PATTERN_MARKS):
            start = Path(reference).anchor or source.directory
            pattern = (
                str(Path(reference).relative_to(start)) if Path(reference).anchor else reference
            )
            found = sorted(path for path in Path(start).glob(pattern) if path.is_file())
            return tuple(_read(path) for path in found[: MATCHES_MAX + 1])
        return (_read(source.directory / reference),)


def _read(path: Path) -> NamedFile:
    with path.open("rb") as stream:
        return NamedFile(str(path), stream.read(FILE_LIMIT_BYTES + 1))


class KeptFinder:
    """Reads the copies under a run's ``files/`` directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._index: dict[str, list[tuple[str, str]]] = {}
        index = directory / INDEX_NAME
        if index.is_file():
            try:
                self._index = _INDEX.validate_json(index.read_bytes())
            except ValidationError as error:
                raise SpecError(f"{index} is damaged: {error.errors()[0]['msg']}") from error

    def find(self, source: Source, reference: str) -> tuple[NamedFile, ...]:
        """Kept copies of what was read for the same reference."""
        kept = self._index.get(_index_key(source, reference))
        if kept is None:
            raise FileNotFoundError(2, "not among the files kept with the run", reference)
        return tuple(
            NamedFile(name, (self._directory / stored).read_bytes()) for name, stored in kept
        )


def _index_key(source: Source, reference: str) -> str:
    return f"{source.label}:{reference}"


class Files:
    """Reads files by reference and remembers all that were used."""

    def __init__(self, finder: Finder, problems: Problems) -> None:
        self._finder = finder
        self._problems = problems
        self._found: dict[tuple[str, str], tuple[NamedFile, ...]] = {}

    def matching(self, reference: str, mark: Mark, path: KeyPath) -> tuple[NamedFile, ...]:
        """The files; none, and a problem at the mark, when there are none or they are unusable."""
        key = (mark.source.label, reference)
        if key in self._found:
            return self._found[key]
        try:
            found = self._finder.find(mark.source, reference)
        except (OSError, ValueError, NotImplementedError) as error:
            reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
            self._problems.add(mark, path, f"cannot read {quoted(reference)}: {reason}")
            return ()
        complaint = _complaint(reference, found)
        if complaint:
            self._problems.add(mark, path, complaint)
            return ()
        self._found[key] = found
        return found

    def kept(self) -> Mapping[str, bytes]:
        """Every file used, by the name under which a run keeps it, and the index of them."""
        copies: dict[str, bytes] = {}
        index: dict[str, list[list[str]]] = {}
        for (label, reference), found in self._found.items():
            stored = [_store(file, label, copies) for file in found]
            index[f"{label}:{reference}"] = [
                [file.name, name] for file, name in zip(found, stored, strict=True)
            ]
        if index:
            copies[INDEX_NAME] = json.dumps(index, indent=1, sort_keys=True).encode()
        return copies

    def contents(self) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
        """What was read for each reference, sorted; names of directories play no part."""
        return tuple(
            (f"{label}:{PurePosixPath(reference).name}", tuple(file.content for file in found))
            for (label, reference), found in sorted(self._found.items())
        )


def _complaint(reference: str, found: tuple[NamedFile, ...]) -> str:
    if not found:
        return f"no file matches {quoted(reference)}"
    if len(found) > MATCHES_MAX:
        return f"more than {MATCHES_MAX} files match {quoted(reference)}"
    for file in found:
        if len(file.content) > FILE_LIMIT_BYTES:
            return f"{quoted(file.name)} is larger than {FILE_LIMIT_BYTES >> 20} MiB"
    return ""


def _store(file: NamedFile, label: str, copies: dict[str, bytes]) -> str:
    base = f"{label}/{PurePosixPath(file.name.replace(chr(92), '/')).name}"
    name, number = base, 1
    while name in copies and copies[name] != file.content:
        number += 1
        name = f"{label}/{number}-{PurePosixPath(base).name}"
    copies[name] = file.content
    return name
