"""Rise and fall. Semantics 7.1; planted bug PB24; naive defect: thresholds are never used."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base.errors import ConfigError, SimulationError
from models.traffic.governor.health import (
    TRANSITIONS,
    Health,
    HealthCheckConfig,
    HealthCounter,
    HealthSignal,
    ProbeResult,
)

LETTERS = {"P": ProbeResult.PASSED, "F": ProbeResult.FAILED, "C": ProbeResult.CONDEMNED}


def after(results: str, fall: int = 3, rise: int = 2) -> HealthCounter:
    counter = HealthCounter(HealthCheckConfig(fall=fall, rise=rise))
    for letter in results:
        counter.record(LETTERS[letter])
    return counter


@pytest.mark.parametrize(
    ("results", "health"),
    [
        ("", Health.UNPROVEN),
        ("P", Health.UP),
        ("F", Health.DOWN),
        ("C", Health.DOWN),
        ("PFF", Health.UP),
        ("PFFF", Health.DOWN),
        ("PFFPFF", Health.UP),
        ("PFFPFFF", Health.DOWN),
        ("PC", Health.DOWN),
        ("FP", Health.DOWN),
        ("FPP", Health.UP),
        ("FPFP", Health.DOWN),
        ("FPCPP", Health.UP),
        ("PFFFPFPP", Health.UP),
    ],
)
def test_results_in_a_row_decide_and_the_first_decides_alone(results: str, health: Health) -> None:
    assert after(results).health is health


def test_a_change_is_told_once() -> None:
    counter = HealthCounter(HealthCheckConfig(fall=2, rise=1))
    told = [counter.record(LETTERS[letter]) for letter in "PPFFFPP"]
    assert told == [True, False, False, True, False, True, False]


def test_what_speaks_against_the_health_is_counted_from_its_last_change() -> None:
    assert after("PFF").in_a_row == 2
    assert after("PFFP").in_a_row == 0
    assert after("PFFF").in_a_row == 0


@pytest.mark.parametrize(("health", "signal"), tuple(product(Health, HealthSignal)))
def test_only_the_moves_of_the_table_are_made(health: Health, signal: HealthSignal) -> None:
    counter = HealthCounter(HealthCheckConfig())
    counter.health = health
    following = TRANSITIONS.get((health, signal))
    if following is None:
        with pytest.raises(SimulationError):
            counter.move(signal)
        assert counter.health is health
    else:
        counter.move(signal)
        assert counter.health is following


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.text("PFC", max_size=40), st.integers(1, 4), st.integers(1, 4))
def test_the_counter_agrees_with_a_look_at_the_whole_history(
    results: str, fall: int, rise: int
) -> None:
    health = Health.UNPROVEN
    since = ""
    for letter in results:
        since += letter
        if health is Health.UNPROVEN:
            health, since = (Health.UP if letter == "P" else Health.DOWN), ""
        elif health is Health.UP and (letter == "C" or set(since[-fall:]) <= set("FC")):
            if letter == "C" or len(since) >= fall:
                health, since = Health.DOWN, ""
        elif health is Health.DOWN and since.endswith("P" * rise):
            health, since = Health.UP, ""
    assert after(results, fall, rise).health is health


@pytest.mark.parametrize(
    "values",
    [
        {"interval_ns": 0},
        {"timeout_ns": 0},
        {"fall": 0},
        {"rise": 0},
        {"interval_ns": 10, "timeout_ns": 11},
    ],
)
def test_a_check_that_cannot_be_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        HealthCheckConfig(**values)
    assert HealthCheckConfig(interval_ns=10, timeout_ns=10).timeout_ns == 10
