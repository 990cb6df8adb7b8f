"""Fallback: a kept value, a constant, or the failure itself."""

import pytest

from models.base.errors import ConfigError
from models.base.outcome import Outcome
from models.traffic.fallback import Fallback, FallbackConfig, FallbackSource

FAILURE, STALE, STATIC = FallbackSource


@pytest.mark.parametrize(
    ("stale_ns", "has_static", "kept_at", "source"),
    [
        (100, True, 900, STALE),
        (100, True, 899, STATIC),
        (100, True, None, STATIC),
        (100, False, 899, FAILURE),
        (0, True, 1_000, STATIC),
        (0, False, 1_000, FAILURE),
    ],
)
def test_the_kept_value_comes_first_up_to_its_age_then_the_constant(
    stale_ns: int, has_static: bool, kept_at: int | None, source: FallbackSource
) -> None:
    fallback = Fallback(FallbackConfig(stale_ns, has_static))
    assert fallback.choose(Outcome.TIMEOUT, kept_at, now=1_000) is source


def test_a_failure_that_is_not_covered_is_passed_on() -> None:
    fallback = Fallback(FallbackConfig(100, has_static=True, covers=frozenset({Outcome.TIMEOUT})))
    assert fallback.choose(Outcome.ERROR, 1_000, now=1_000) is FAILURE


@pytest.mark.parametrize(
    "config", [FallbackConfig(-1), FallbackConfig(covers=frozenset({Outcome.OK}))]
)
def test_a_fallback_that_makes_no_sense_is_refused(config: FallbackConfig) -> None:
    with pytest.raises(ConfigError, match="fallback"):
        Fallback(config)
