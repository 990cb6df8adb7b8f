"""gateway/*: a hot key with and without a limit, and a wave of guessed keys."""

from pathlib import Path

import pytest

import scenarios
from models.records.record import Verdict
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"


@pytest.mark.parametrize(
    "name",
    ["gateway/hot-key.yaml", "gateway/hot-key-limited.yaml", "gateway/credential-stuffing.yaml"],
)
def test_each_variant_shows_what_it_claims(name: str) -> None:
    assert execute(load(LIBRARY / name), RunOptions()).verdict is Verdict.PASSED
