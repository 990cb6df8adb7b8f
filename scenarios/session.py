"""For notebooks and tests: load a scenario, change a value, run it, look at it.

Example::

    from scenarios.session import Scenario

    shop = Scenario.load("zone-outage.yaml")
    run = shop.with_values({"services.frontend.instances.count": 9}).run(seed=3)
    run.requests.groupby("outcome").size()
    run.figure("load-latency")
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml

from models.records.record import RunRecord, Verdict
from scenarios import frames
from scenarios.load import LoadedScenario, load
from scenarios.plugins import load_extensions
from scenarios.runs.directory import load as load_directory
from scenarios.runs.directory import load_files, save
from scenarios.runs.execute import RunOptions, execute

if TYPE_CHECKING:
    from pandas import DataFrame

    from reports.figures.canvas import Picture


class Run:
    """A finished run: its tables as frames, its verdict, its figures and its report."""

    def __init__(self, record: RunRecord, files: Mapping[str, bytes] | None = None) -> None:
        self.record = record
        self._files = files or {}

    @classmethod
    def open(cls, directory: str | PathLike[str]) -> Run:
        """Read a run that was kept on disk.

        Raises:
            SpecError: there is no complete run there.
        """
        return cls(load_directory(Path(directory)), load_files(Path(directory)))

    @property
    def passed(self) -> bool:
        """True when every expectation holds."""
        return self.record.verdict is Verdict.PASSED

    @property
    def digest(self) -> str:
        """Fingerprint of everything that the seed decides."""
        return self.record.digest

    @cached_property
    def requests(self) -> DataFrame:
        """One row a request."""
        return frames.requests_frame(self.record)

    @cached_property
    def attempts(self) -> DataFrame:
        """One row an attempt."""
        return frames.attempts_frame(self.record)

    @cached_property
    def samples(self) -> DataFrame:
        """One row a sampled value."""
        return frames.samples_frame(self.record)

    @cached_property
    def events(self) -> DataFrame:
        """One row an event."""
        return frames.events_frame(self.record)

    @cached_property
    def alerts(self) -> DataFrame:
        """One row a change of an alert's state."""
        return frames.alerts_frame(self.record)

    @cached_property
    def logs(self) -> DataFrame:
        """One row a line of a node's log."""
        return frames.plain_frame(self.record.logs)

    @cached_property
    def jobs(self) -> DataFrame:
        """One row a try of a job."""
        return frames.plain_frame(self.record.jobs)

    @cached_property
    def costs(self) -> DataFrame:
        """One row a line of the bill."""
        return frames.plain_frame(self.record.costs)

    def figure(self, name: str) -> Picture:
        """A key figure by name, as matplotlib draws it.

        Raises:
            UnknownFigureError: no figure has that name; the message lists those there are.
        """
        from reports.figures.catalogue import figure

        return figure(self.record, name)

    def verdict_table(self) -> str:
        """The expectations, one line each, as plain text."""
        from reports.text import verdict_table

        return verdict_table(self.record)

    def report(self, path: str | PathLike[str]) -> Path:
        """Write the report as one HTML file."""
        from reports.page import render

        target = Path(path)
        target.write_text(render(self.record), encoding="utf-8")
        return target

    def save(self, directory: str | PathLike[str]) -> Path:
        """Keep the run, whole or not at all, so that it can be opened and replayed.

        Raises:
            SpecError: something that is not a run stands there already.
        """
        path = Path(directory)
        save(self.record, path, self._files)
        return path

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def __str__(self) -> str:
        from reports.text import verdict_text

        return verdict_text(self.record).rstrip()


@dataclass(frozen=True)
class Scenario:
    """A scenario file with, perhaps, some values replaced. Immutable."""

    loaded: LoadedScenario

    @classmethod
    def load(
        cls, path: str | PathLike[str], values: Mapping[str, object] | None = None
    ) -> Scenario:
        """Read and check a file.

        Raises:
            SpecError: with every error, located.
        """
        return cls(load(Path(path), _overrides(values or {})))

    def with_values(self, values: Mapping[str, object]) -> Scenario:
        """The same file with values replaced, by dotted path; checked like the file.

        Raises:
            SpecError: a path or a value is wrong.
        """
        loaded = self.loaded
        return Scenario(load(loaded.path, (*loaded.overrides, *_overrides(values))))

    def run(
        self,
        *,
        seed: int | None = None,
        shuffle_ties: bool = False,
        plugins: tuple[str, ...] = (),
    ) -> Run:
        """Run it in virtual time, with the file's own seed unless one is given.

        ``plugins`` names modules with balancers and processes of your own.

        Raises:
            SpecError: a plug-in is missing.
            InvariantViolation: the run broke a law that must hold.
        """
        options = RunOptions(
            seed=seed,
            shuffle_ties=shuffle_ties,
            extensions=load_extensions(plugins, self.loaded.blueprint),
            plugins=plugins,
        )
        return Run(execute(self.loaded, options), self.loaded.files)


def _overrides(values: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(f"{path}={_written(value)}" for path, value in values.items())


def _written(value: object) -> str:
    """The value as ``--set`` reads it back: texts in quotes where YAML would see another type."""
    if isinstance(value, PathLike):
        value = os.fspath(value)
    if isinstance(value, str) and _reads_as_itself(value):
        return value
    return json.dumps(value, default=_plain)


def _reads_as_itself(text: str) -> bool:
    try:
        return bool(yaml.safe_load(text) == text)
    except yaml.YAMLError:
        return False


def _plain(value: object) -> object:
    """A number of numpy's as Python's own."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot stand in a scenario: {value!r}")
