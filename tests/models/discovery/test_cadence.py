import pytest

from models.base.errors import ConfigError
from models.discovery.cadence import Cadence


def test_work_is_due_at_the_start_and_not_before() -> None:
    cadence = Cadence(50, 10)
    assert not cadence.take(now=49)
    assert cadence.take(now=50)


def test_work_that_ran_late_does_not_shift_the_next_instant() -> None:
    cadence = Cadence(50, 10)
    assert cadence.take(now=57)
    assert cadence.next_ns == 60


def test_each_instant_is_taken_once() -> None:
    cadence = Cadence(0, 10)
    assert cadence.take(now=0)
    assert not cadence.take(now=0)
    assert not cadence.take(now=9)


def test_missed_instants_are_taken_together() -> None:
    cadence = Cadence(0, 10)
    assert cadence.take(now=30)
    assert cadence.next_ns == 40


@pytest.mark.parametrize("period", [0, -1])
def test_a_period_without_length_is_refused(period: int) -> None:
    with pytest.raises(ConfigError):
        Cadence(0, period)
