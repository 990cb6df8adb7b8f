"""health/*: a check that makes an outage larger, and two that do not."""

from pathlib import Path

import pytest

import scenarios
from models.records.record import Verdict
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"


@pytest.mark.parametrize(
    "name",
    ["health/deep-check.yaml", "health/deep-check-kept.yaml", "health/deep-check-shallow.yaml"],
)
def test_each_variant_shows_what_it_claims(name: str) -> None:
    assert execute(load(LIBRARY / name), RunOptions()).verdict is Verdict.PASSED
