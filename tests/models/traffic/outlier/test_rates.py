"""Who qualifies for ejection by rates: exactly enough results are enough."""

from models.traffic.outlier.config import FailureShareConfig, SuccessRateConfig
from models.traffic.outlier.rates import (
    Tally,
    failure_share_outliers,
    success_rate_outliers,
)

RATE = SuccessRateConfig(hosts_min=3, volume_min=10, stdev_factor=1.0)
SHARE = FailureShareConfig(hosts_min=3, volume_min=10, failure_ratio=0.5)


def group(volume: int) -> list[Tally]:
    """Two members without failures, and one that fails half of its calls."""
    return [Tally(0, volume, volume), Tally(1, volume, volume), Tally(2, volume // 2, volume)]


def test_as_many_results_as_asked_for_qualify() -> None:
    assert success_rate_outliers(group(10), RATE)[1] == [2]
    assert failure_share_outliers(group(10), SHARE) == [2]


def test_one_result_less_does_not() -> None:
    few = [Tally(member.member, member.successes - 1, 9) for member in group(10)]
    assert success_rate_outliers(few, RATE) == (None, [])
    assert failure_share_outliers(few, SHARE) == []


def test_one_member_too_few_and_nobody_is_judged() -> None:
    assert success_rate_outliers(group(10)[1:], RATE) == (None, [])
    assert failure_share_outliers(group(10)[1:], SHARE) == []


def test_who_fails_exactly_the_share_is_out_and_who_fails_less_is_not() -> None:
    less = [Tally(0, 10, 10), Tally(1, 10, 10), Tally(2, 6, 10)]
    assert failure_share_outliers(less, SHARE) == []
