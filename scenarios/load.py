"""Load a scenario: from a path and some ``--set`` values to a plan that can be built.

Either everything is in order, or one :class:`ScenarioError` (a ``SpecError``) tells all that is
wrong, located.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.records.dashboard import Dashboard
from models.records.objective import RequestObjective
from scenarios.compile.blueprint import compile_document
from scenarios.compile.dashboards import compile_dashboards
from scenarios.compile.findings import Findings
from scenarios.compile.monitoring import compile_objective
from scenarios.document.scenario import ScenarioDoc
from scenarios.document.validate import validate_document
from scenarios.expectations.spec import Expectation
from scenarios.source.files import DiskFinder, Files, Finder, KeptFinder
from scenarios.source.inheritance import EXTENDS, resolve_extends
from scenarios.source.marks import KeyPath
from scenarios.source.overrides import (
    Change,
    PathSyntaxError,
    apply_changes,
    parse_path,
    read_override,
)
from scenarios.source.problems import Problems
from scenarios.source.text import SIZE_LIMIT_BYTES, read_source
from scenarios.source.tree import Entry, Node, SectionNode, flatten
from scenarios.source.yaml_reader import read_yaml
from scenarios.spec_digest import spec_digest
from sim.blueprint import Blueprint

SCENARIO_LABEL = "scenario"
KEPT_SCENARIO = "scenario.yaml"
KEPT_FILES = "files"


@dataclass(frozen=True, slots=True)
class LoadedScenario:
    """A scenario in order: the plan, what is expected, and everything needed to load it again.

    ``files`` are the inputs a run keeps, by name under its ``files/`` directory. ``overrides``
    are the ``--set`` values in the order given; an alternative has its own behind them.
    """

    path: Path
    text: str
    overrides: tuple[str, ...]
    document: ScenarioDoc
    blueprint: Blueprint
    expectations: tuple[Expectation, ...]
    files: Mapping[str, bytes]
    spec_digest: str
    variants: tuple[tuple[str, "LoadedScenario"], ...] = ()
    dashboards: tuple[Dashboard, ...] = ()
    objective: RequestObjective = RequestObjective()

    @property
    def seed(self) -> int:
        """The seed that the file names."""
        return self.document.seed

    def alternatives(self) -> tuple[tuple[str, "LoadedScenario"], ...]:
        """The same scenario with the values of each entry under ``alternatives``, by name."""
        return self.variants


def load(path: Path | str, overrides: Sequence[str] = ()) -> LoadedScenario:
    """Read, check and compile a scenario file.

    Files it names are relative to it; files named in ``overrides`` are relative to the working
    directory.

    Raises:
        ScenarioError: the file, one it names, or an override is wrong; has every reason.
        OSError: the scenario file itself cannot be read.
    """
    path = Path(path)
    return _Loading(path, path.parent, DiskFinder(), tuple(overrides)).run()


def load_kept(run_dir: Path, overrides: Sequence[str] = ()) -> LoadedScenario:
    """Load the scenario of a run again from the copies in its directory.

    Raises:
        SpecError: the copies are incomplete, damaged, or not in order.
        OSError: there is no scenario in the directory.
    """
    finder = KeptFinder(run_dir / KEPT_FILES)
    return _Loading(run_dir / KEPT_SCENARIO, run_dir, finder, tuple(overrides)).run()


class _Loading:
    """One loading of one file: collects problems on the way and raises them together."""

    def __init__(
        self, path: Path, directory: Path, finder: Finder, overrides: tuple[str, ...]
    ) -> None:
        self._path = path
        self._directory = directory
        self._overrides = overrides
        self._problems = Problems()
        self._files = Files(finder, self._problems)
        self._text = ""

    def run(self) -> LoadedScenario:
        root = self._read()
        changes = [
            change
            for number, argument in enumerate(self._overrides)
            if (change := read_override(argument, number, Path(), self._problems)) is not None
        ]
        if root is None:
            self._problems.raise_if_any()
        assert root is not None
        loaded = None
        whole = resolve_extends(root, self._files, self._problems)
        if whole is not None:
            whole = apply_changes(whole, changes, self._problems)
            loaded = self._compile(whole, self._overrides)
        self._problems.raise_if_any()
        assert loaded is not None
        return loaded

    def _read(self) -> Node | None:
        with self._path.open("rb") as stream:
            content = stream.read(SIZE_LIMIT_BYTES + 1)
        read = read_source(
            content,
            name=str(self._path),
            label=SCENARIO_LABEL,
            directory=self._directory,
            rank=0,
            problems=self._problems,
        )
        if read is None:
            return None
        self._text = read[1]
        return read_yaml(read[1], read[0], self._problems)

    def _compile(self, root: Node, overrides: tuple[str, ...]) -> LoadedScenario | None:
        located = flatten(root, self._problems)
        checked = None if located is None else validate_document(located, self._problems)
        if located is None or checked is None:
            return None
        document = checked.document
        findings = Findings(located, self._files, self._problems, checked.replaced)
        blueprint, expectations = compile_document(document, findings)
        dashboards = compile_dashboards(document.dashboards, findings)
        if self._problems:
            return None
        return LoadedScenario(
            path=self._path,
            text=self._text,
            overrides=overrides,
            document=document,
            blueprint=blueprint,
            expectations=expectations,
            files=self._files.kept(),
            spec_digest=spec_digest(blueprint, expectations, self._files.contents()),
            variants=tuple(self._variants(root, document, overrides)),
            dashboards=dashboards,
            objective=compile_objective(document.alerting),
        )

    def _variants(
        self, root: Node, document: ScenarioDoc, overrides: tuple[str, ...]
    ) -> Iterator[tuple[str, LoadedScenario]]:
        """Compile the tree again with the nodes that each alternative puts in its place."""
        for name, alternative in document.alternatives.items():
            place: KeyPath = ("alternatives", name, "set")
            section = _node_at(root, place)
            assert isinstance(section, SectionNode)
            changes, arguments = [], []
            for entry in section.entries:
                try:
                    changes.append(Change(parse_path(entry.key), entry.node, entry.key_mark))
                except PathSyntaxError as error:
                    self._problems.add(entry.key_mark, (*place, entry.key), str(error))
                    continue
                arguments.append(f"{entry.key}={_as_argument(alternative.set[entry.key])}")
            changed = apply_changes(_without_alternatives(root), changes, self._problems)
            variant = self._compile(changed, (*overrides, *arguments))
            if variant is not None:
                yield name, variant


def _node_at(root: Node, path: KeyPath) -> Node:
    node = root
    for segment in path:
        assert isinstance(node, SectionNode)
        entry = node.find(str(segment))
        assert entry is not None
        node = entry.node
    return node


def _without_alternatives(root: Node) -> Node:
    assert isinstance(root, SectionNode)
    kept: tuple[Entry, ...] = tuple(
        entry for entry in root.entries if entry.key not in ("alternatives", EXTENDS)
    )
    return SectionNode(kept, root.mark)


def _as_argument(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
