"""Who leads: when a primary is given up, and who takes over."""

import pytest

from models.base.errors import ConfigError
from models.storage.failover import FailoverConfig, FailoverMonitor, Promotion

NODES = ("a", "b", "c")
SILENCE, REST = 10, 30


def monitor(heard_min: int = 1) -> FailoverMonitor:
    config = FailoverConfig(silence_ns=SILENCE, heard_min=heard_min, rest_ns=REST)
    return FailoverMonitor(config, NODES, primary="a", now=0)


def hear(made: FailoverMonitor, now: int, **positions: int) -> None:
    for node, position in positions.items():
        made.heard(node, position, now=now)


def test_a_primary_is_given_up_when_it_was_silent_for_longer_than_allowed_and_not_before() -> None:
    made = monitor()
    hear(made, 5, a=7)
    hear(made, 14, b=6)
    assert made.next_deadline() == 16
    assert made.tick(now=15) is None
    assert made.tick(now=16) == Promotion("b", 2, 6)
    assert (made.primary, made.term) == ("b", 2)


def test_the_replica_that_has_most_takes_over() -> None:
    made = monitor()
    hear(made, 9, b=6, c=8)
    assert made.tick(now=12) == Promotion("c", 2, 8)


def test_of_equal_replicas_the_first_takes_over() -> None:
    made = monitor()
    hear(made, 9, c=8, b=8)
    assert made.tick(now=12) == Promotion("b", 2, 8)


def test_a_replica_that_is_silent_too_does_not_take_over() -> None:
    made = monitor()
    hear(made, 3, b=6)
    hear(made, 1, c=9)
    assert made.tick(now=12) == Promotion("b", 2, 6)


def test_a_monitor_that_hears_too_few_is_cut_off_itself_and_looks_again_later() -> None:
    made = monitor(heard_min=2)
    hear(made, 5, b=6)
    assert made.tick(now=12) is None
    assert made.primary == "a"
    assert made.next_deadline() == 22
    hear(made, 20, b=6, c=5)
    assert made.tick(now=21) is None
    assert made.tick(now=22) == Promotion("b", 2, 6)


def test_a_primary_that_is_heard_stays() -> None:
    made = monitor()
    for now in range(0, 100, SILENCE):
        hear(made, now, a=now, b=now, c=now)
        assert made.tick(now=now + SILENCE) is None


def test_the_next_promotion_waits_for_the_rest() -> None:
    made = monitor()
    hear(made, 10, b=5, c=4)
    assert made.tick(now=11) == Promotion("b", 2, 5)
    hear(made, 40, c=4)
    assert made.next_deadline() == 41
    assert made.tick(now=40) is None
    assert made.tick(now=41) == Promotion("c", 3, 4)


def test_reading_the_deadline_changes_nothing() -> None:
    made = monitor()
    assert made.next_deadline() == made.next_deadline() == SILENCE + 1


@pytest.mark.parametrize(
    ("config", "nodes", "primary"),
    [
        (FailoverConfig(silence_ns=-1), NODES, "a"),
        (FailoverConfig(rest_ns=-1), NODES, "a"),
        (FailoverConfig(heard_min=0), NODES, "a"),
        (FailoverConfig(heard_min=3), NODES, "a"),
        (FailoverConfig(), NODES, "d"),
        (FailoverConfig(), (), "a"),
    ],
)
def test_a_monitor_that_makes_no_sense_is_refused(
    config: FailoverConfig, nodes: tuple[str, ...], primary: str
) -> None:
    with pytest.raises(ConfigError, match="failover"):
        FailoverMonitor(config, nodes, primary=primary, now=0)
