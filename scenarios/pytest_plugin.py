"""pytest plug-in: a fixture that runs a scenario and fails with its verdict and replay line.

Example::

    def test_checkout_survives_a_zone(foreshock):
        foreshock("scenarios/zone-outage.yaml", seed=3)
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from scenarios.session import Run


class RunScenario(Protocol):
    """What the fixture is: a call that runs a scenario file.

    ``values`` replaces values by dotted path, as ``--set`` does; files named in them are
    relative to the working directory. ``plugins`` names modules with your own balancers and
    processes. Returns the run, with its tables as frames, for further assertions.
    """

    def __call__(
        self,
        path: str | PathLike[str],
        *,
        seed: int | None = None,
        values: Mapping[str, object] | None = None,
        shuffle_ties: bool = False,
        plugins: tuple[str, ...] = (),
    ) -> Run:
        """Run it; the test fails unless every expectation holds, or the file is wrong."""


@pytest.fixture
def foreshock() -> RunScenario:
    """Run a scenario file; the test fails unless every expectation holds."""
    from models.base.errors import SpecError
    from scenarios.session import Scenario

    def run_scenario(
        path: str | PathLike[str],
        *,
        seed: int | None = None,
        values: Mapping[str, object] | None = None,
        shuffle_ties: bool = False,
        plugins: tuple[str, ...] = (),
    ) -> Run:
        try:
            scenario = Scenario.load(path, values)
            run = scenario.run(seed=seed, shuffle_ties=shuffle_ties, plugins=plugins)
        except SpecError as error:
            pytest.fail(str(error), pytrace=False)
        if not run.passed:
            pytest.fail(str(run), pytrace=False)
        return run

    return run_scenario
