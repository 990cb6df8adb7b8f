"""pytest plug-in: a fixture that runs a scenario and fails with its verdict and replay line.

    def test_checkout_survives_a_zone(foreshock):
        foreshock("scenarios/zone-outage.yaml", seed=3)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from scenarios.session import Run

RunScenario = Callable[..., "Run"]


@pytest.fixture
def foreshock() -> RunScenario:
    """Run a scenario file; the test fails unless every expectation holds."""

    def run_scenario(
        path: str | PathLike[str],
        *,
        seed: int | None = None,
        values: Mapping[str, object] | None = None,
    ) -> Run:
        from scenarios.session import Scenario

        run = Scenario.load(path, values).run(seed=seed)
        if not run.passed:
            pytest.fail(f"{run}", pytrace=False)
        return run

    return run_scenario
