"""Queue limit. Semantics 8.7."""

import pytest

from models.base.errors import ConfigError
from models.traffic.shedding.queue_limit import QueueLimit, limit_for_wait


def test_the_last_place_is_taken_and_no_further_one() -> None:
    limit = QueueLimit(3)
    assert [limit.admits(waiting) for waiting in (0, 2, 3, 4)] == [True, True, False, False]


def test_a_limit_of_nothing_lets_nobody_wait() -> None:
    assert not QueueLimit(0).admits(0)


def test_the_limit_for_a_wait_is_what_the_slots_serve_in_it() -> None:
    assert limit_for_wait(100, 10, 4) == 40
    assert limit_for_wait(99, 10, 1) == 9


@pytest.mark.parametrize("sizes", [(-1, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_limit_that_makes_no_sense_is_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigError, match="queue limit"):
        limit_for_wait(*sizes)
    with pytest.raises(ConfigError, match="queue limit"):
        QueueLimit(-1)


def test_the_shortest_wait_and_service_are_allowed() -> None:
    assert limit_for_wait(0, 10, 1) == 0
    assert limit_for_wait(5, 1, 1) == 5
