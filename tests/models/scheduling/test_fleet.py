"""Choice of executor: naive_defects.md (random executor), planted bug PB16."""

import pytest

from models.base.errors import ConfigError
from models.scheduling.config import ExecutorConfig
from models.scheduling.fleet import ExecutorFleet
from models.scheduling.tasks import RunKey


def fleet(*capacities: int, lease_ns: int | None = None) -> ExecutorFleet:
    configs = [ExecutorConfig(f"x{i}", "a", capacity) for i, capacity in enumerate(capacities)]
    return ExecutorFleet(configs, lease_ns=lease_ns)


def key(number: int) -> RunKey:
    return RunKey("job", number)


def test_first_configured_of_equals_is_chosen() -> None:
    assert fleet(1, 1).choose() == "x0"


def test_idle_executor_is_preferred_to_a_lightly_used_big_one() -> None:
    executors = fleet(10, 1)
    executors.occupy("x0", key(1))
    assert executors.choose() == "x1"


def test_lowest_share_in_use_wins() -> None:
    executors = fleet(2, 4)
    for number, name in enumerate(["x0", "x1"]):
        executors.occupy(name, key(number))
    assert executors.choose() == "x1"


def test_full_and_dead_executors_get_nothing() -> None:
    executors = fleet(1, 1)
    executors.occupy("x0", key(1))
    assert executors.choose() == "x1"
    executors.lose("x1")
    assert executors.choose() is None


def test_executor_to_avoid_loses_ties_but_not_to_a_busier_one() -> None:
    executors = fleet(2, 2)
    assert executors.choose("x0") == "x1"
    executors.occupy("x1", key(1))
    assert executors.choose("x0") == "x0"


def test_lost_executor_names_what_it_held_and_returns_when_heard() -> None:
    executors = fleet(2)
    executors.occupy("x0", key(2))
    executors.occupy("x0", key(1))
    assert executors.lose("x0") == (key(2), key(1))
    assert not executors.is_up("x0")
    executors.hear("x0", now=5)
    assert executors.is_up("x0")


def test_executor_is_silent_strictly_after_its_lease() -> None:
    executors = fleet(1, 1, lease_ns=10)
    assert executors.next_silence() is None
    executors.hear("x1", now=5)
    assert executors.next_silence() == 16
    assert executors.silent(now=15) == ()
    assert executors.silent(now=16) == ("x1",)


def test_without_a_lease_nobody_is_silent() -> None:
    executors = fleet(1)
    executors.hear("x0", now=5)
    assert executors.next_silence() is None
    assert executors.silent(now=10**18) == ()


def test_unknown_executor_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="there are: x0"):
        fleet(1).lose("x9")


@pytest.mark.parametrize(
    "configs",
    [
        [ExecutorConfig("x", "a"), ExecutorConfig("x", "b")],
        [ExecutorConfig("x", "a", capacity=0)],
    ],
)
def test_repeated_names_and_empty_capacities_are_refused(configs: list[ExecutorConfig]) -> None:
    with pytest.raises(ConfigError):
        ExecutorFleet(configs)
