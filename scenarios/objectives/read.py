"""From a file of objectives, Sloth's or OpenSLO's, to what they ask for; all errors located."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from models.alerting.objectives.objective import Objective
from models.base.errors import ConfigError
from scenarios.document.validate import validate_section
from scenarios.objectives import openslo, sloth
from scenarios.source.marks import Source
from scenarios.source.problems import Problems, quoted
from scenarios.source.text import read_source
from scenarios.source.tree import LocatedData, flatten
from scenarios.source.yaml_reader import read_yaml

_END_OF_DOCUMENT = re.compile(r"^---[ \t]*(#.*)?$", re.MULTILINE)
_PASSED_OVER = frozenset(
    {"AlertCondition", "AlertNotificationTarget", "AlertPolicy", "DataSource", "Service"}
)


def read_objectives(path: Path, *, period_days: int = 30) -> tuple[Objective, ...]:
    """Every objective of the file. ``period_days`` is for Sloth, whose files do not say it.

    Raises:
        ScenarioError: the file is not such a file; has every reason, located.
        OSError: it cannot be read.
    """
    problems = Problems()
    read = read_source(
        path.read_bytes(),
        name=str(path),
        label=f"objectives {path.name}",
        directory=path.parent,
        rank=0,
        problems=problems,
    )
    documents = [] if read is None else list(_documents(read[1], read[0], problems))
    problems.raise_if_any()
    found = _Reading(documents, problems).objectives(period_days)
    problems.raise_if_any()
    return found


def _documents(text: str, source: Source, problems: Problems) -> Iterator[LocatedData]:
    """Each document with the lines that it has in the file."""
    ends = [match.span() for match in _END_OF_DOCUMENT.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    for start, stop in zip(starts, [*(begin for begin, _ in ends), len(text)], strict=True):
        piece = text[start:stop]
        if not piece.strip():
            continue
        root = read_yaml("\n" * text.count("\n", 0, start) + piece, source, problems)
        located = None if root is None else flatten(root, problems)
        if located is not None:
            yield located


class _Reading:
    """One file's documents, and what is wrong with them."""

    def __init__(self, documents: list[LocatedData], problems: Problems) -> None:
        self._documents = documents
        self._problems = problems
        self._indicators: dict[str, openslo.IndicatorDoc] = {}

    def objectives(self, period_days: int) -> tuple[Objective, ...]:
        for located in self._documents:
            if _field(located, "kind") == "SLI":
                indicator = validate_section(openslo.IndicatorDoc, located, self._problems)
                if indicator is not None:
                    self._indicators[indicator.metadata.name] = indicator
        found: list[Objective] = []
        for located in self._documents:
            found += self._objectives_of(located, period_days)
        return tuple(found)

    def _objectives_of(self, located: LocatedData, period_days: int) -> tuple[Objective, ...]:
        version, kind = _field(located, "version"), _field(located, "kind")
        if version is not None:
            file = validate_section(sloth.SlothDoc, located, self._problems)
            if file is not None:
                return self._made(
                    located, lambda: sloth.objectives_of(file, period_days=period_days)
                )
        elif kind == "SLO":
            document = validate_section(openslo.ObjectiveDoc, located, self._problems)
            if document is not None:
                return self._made(
                    located, lambda: openslo.objectives_of(document, self._indicators)
                )
        elif kind not in _PASSED_OVER and kind != "SLI":
            about = "no 'version: prometheus/v1' and no 'kind: SLO'"
            if kind is not None:
                about = f"kind {quoted(kind)} is not known"
            self._problems.add(located.value_mark(()), (), f"no file of objectives: {about}")
        return ()

    def _made(
        self, located: LocatedData, make: Callable[[], tuple[Objective, ...]]
    ) -> tuple[Objective, ...]:
        try:
            return make()
        except ConfigError as error:
            self._problems.add(located.value_mark(()), (), str(error))
            return ()


def _field(located: LocatedData, name: str) -> object:
    return located.data.get(name) if isinstance(located.data, dict) else None
