"""Outlier ejection by rows of failures and by rates: the vectors of semantics 7.2."""

import pytest

from models.base.errors import ConfigError
from models.base.outcome import Outcome
from models.base.streams import Stream
from models.base.time import NS_PER_S
from models.traffic.outlier.config import (
    ConsecutiveConfig,
    FailureShareConfig,
    OutlierConfig,
    SuccessRateConfig,
)
from models.traffic.outlier.detector import OutlierAction, OutlierDetector
from models.traffic.outlier.verdict import NOT_EJECTED, Cause

S = NS_PER_S
OK, ERROR, FULL, TIMEOUT = Outcome.OK, Outcome.ERROR, Outcome.QUEUE_FULL, Outcome.TIMEOUT


def detector(members: int, config: OutlierConfig | None = None) -> OutlierDetector:
    made = OutlierDetector(
        config or OutlierConfig(ejected_ratio_max=1.0), Stream(1, "outlier"), now=0
    )
    for member in range(members):
        made.add(member)
    return made


def feed(made: OutlierDetector, member: int, outcome: Outcome, times: int, now: int = 0) -> int:
    said = NOT_EJECTED
    for _ in range(times):
        said = made.record(member, outcome, now) or said
    return said


def test_five_errors_in_a_row_eject_and_four_do_not() -> None:
    made = detector(2)
    assert feed(made, 0, ERROR, 4) == NOT_EJECTED
    assert made.record(0, ERROR, 0) == Cause.CONSECUTIVE_5XX
    assert (made.is_ejected(0), made.is_ejected(1)) == (True, False)


def test_a_success_between_starts_the_row_anew() -> None:
    """Vector: 4 x 500, 200, 5 x 500 is one ejection."""
    made = detector(2)
    assert feed(made, 0, ERROR, 4) == NOT_EJECTED
    made.record(0, OK, 0)
    assert feed(made, 0, ERROR, 4) == NOT_EJECTED
    assert made.record(0, ERROR, 0) == Cause.CONSECUTIVE_5XX
    assert made.snapshot().enforced[Cause.CONSECUTIVE_5XX] == 1


def test_gateway_failures_are_detected_and_by_default_not_enforced() -> None:
    config = OutlierConfig(consecutive_5xx=ConsecutiveConfig(failures=0), ejected_ratio_max=1.0)
    made = detector(2, config)
    assert feed(made, 0, FULL, 5) == NOT_EJECTED
    snapshot = made.snapshot()
    assert snapshot.detected[Cause.CONSECUTIVE_GATEWAY] == 1
    assert snapshot.enforced[Cause.CONSECUTIVE_GATEWAY] == 0


def test_an_error_of_the_members_own_ends_a_row_of_gateway_failures() -> None:
    config = OutlierConfig(
        consecutive_5xx=ConsecutiveConfig(failures=0),
        consecutive_gateway=ConsecutiveConfig(failures=3),
        ejected_ratio_max=1.0,
    )
    made = detector(2, config)
    feed(made, 0, FULL, 2)
    made.record(0, ERROR, 0)
    assert feed(made, 0, FULL, 2) == NOT_EJECTED
    assert made.record(0, FULL, 0) == Cause.CONSECUTIVE_GATEWAY


def test_time_outs_count_with_the_answers_unless_they_are_split() -> None:
    assert feed(detector(2), 0, TIMEOUT, 5) == Cause.CONSECUTIVE_5XX
    split = detector(2, OutlierConfig(split_local_origin=True, ejected_ratio_max=1.0))
    feed(split, 0, ERROR, 4)
    assert feed(split, 0, TIMEOUT, 5) == Cause.CONSECUTIVE_LOCAL


def test_what_says_nothing_of_the_member_counts_nothing() -> None:
    made = detector(2)
    feed(made, 0, ERROR, 4)
    feed(made, 0, Outcome.CALLER_GONE, 10)
    assert not made.is_ejected(0)
    assert made.record(0, ERROR, 0) == Cause.CONSECUTIVE_5XX


def test_success_rates_of_the_vector_eject_the_one_below_52_percent() -> None:
    """Vector: {50, 100, 100, 100, 100} with factor 1.9: mean 90, deviation 20, threshold 52."""
    made = detector(5, OutlierConfig(
        consecutive_5xx=ConsecutiveConfig(failures=0), ejected_ratio_max=1.0
    ))  # fmt: skip
    for member in range(5):
        feed(made, member, OK, 50 if member == 0 else 100)
    feed(made, 0, ERROR, 50)
    assert made.tick(now=10 * S - 1) == ()
    assert made.tick(now=10 * S) == (OutlierAction(0, Cause.SUCCESS_RATE),)
    threshold = made.snapshot().threshold
    assert threshold is not None
    assert threshold.mean == pytest.approx(0.90)
    assert threshold.eject_below == pytest.approx(0.52)


@pytest.mark.parametrize(("members", "volume"), [(4, 100), (5, 99)])
def test_rates_need_enough_members_with_enough_results(members: int, volume: int) -> None:
    made = detector(members, OutlierConfig(
        consecutive_5xx=ConsecutiveConfig(failures=0), ejected_ratio_max=1.0
    ))  # fmt: skip
    for member in range(members):
        feed(made, member, ERROR if member == 0 else OK, volume)
    assert made.tick(now=10 * S) == ()
    assert made.snapshot().threshold is None


@pytest.mark.parametrize(("failures", "is_out"), [(84, False), (85, True)])
def test_a_share_of_failures_at_the_threshold_ejects(failures: int, *, is_out: bool) -> None:
    config = OutlierConfig(
        consecutive_5xx=ConsecutiveConfig(failures=0),
        success_rate=SuccessRateConfig(hosts_min=100),
        failure_share=FailureShareConfig(enforced_ratio=1.0),
        ejected_ratio_max=1.0,
    )
    made = detector(5, config)
    for member in range(1, 5):
        feed(made, member, OK, 100)
    feed(made, 0, ERROR, failures)
    feed(made, 0, OK, 100 - failures)
    expected = (OutlierAction(0, Cause.FAILURE_SHARE),) if is_out else ()
    assert made.tick(now=10 * S) == expected


def test_members_that_are_all_alike_have_no_outlier() -> None:
    made = detector(5, OutlierConfig(
        consecutive_5xx=ConsecutiveConfig(failures=0), ejected_ratio_max=1.0
    ))  # fmt: skip
    for member in range(5):
        feed(made, member, OK, 70)
        feed(made, member, ERROR, 30)
    assert made.tick(now=10 * S) == ()
    threshold = made.snapshot().threshold
    assert threshold is not None
    assert threshold.eject_below == 0.7


def test_each_interval_counts_for_itself() -> None:
    made = detector(5, OutlierConfig(
        consecutive_5xx=ConsecutiveConfig(failures=0), ejected_ratio_max=1.0
    ))  # fmt: skip
    for member in range(5):
        feed(made, member, OK, 60)
    assert made.tick(now=10 * S) == ()
    for member in range(5):
        feed(made, member, ERROR if member == 0 else OK, 60)
    assert made.tick(now=20 * S) == ()


def test_sweeps_keep_their_cadence_however_late_they_come() -> None:
    made = detector(1)
    assert made.next_deadline() == 10 * S
    made.tick(now=34 * S)
    assert made.next_deadline() == 40 * S


def test_a_passed_health_check_readmits_unless_told_otherwise() -> None:
    made = detector(2)
    feed(made, 0, ERROR, 5)
    assert made.health_check_passed(0, S) is True
    assert not made.is_ejected(0)
    assert made.health_check_passed(0, S) is False
    stubborn = detector(2, OutlierConfig(health_check_readmits=False, ejected_ratio_max=1.0))
    feed(stubborn, 0, ERROR, 5)
    assert stubborn.health_check_passed(0, S) is False
    assert stubborn.is_ejected(0)


def test_a_member_that_left_says_nothing_and_cannot_be_asked() -> None:
    made = detector(2)
    made.remove(0)
    assert feed(made, 0, ERROR, 10) == NOT_EJECTED
    with pytest.raises(ConfigError, match="not watched"):
        made.is_ejected(0)


def test_local_failures_in_a_row_eject_at_their_number_and_not_before() -> None:
    """Time-outs are the caller's own observation, counted apart where origins are split."""
    config = OutlierConfig(
        consecutive_local=ConsecutiveConfig(failures=3),
        split_local_origin=True,
        ejected_ratio_max=1.0,
    )
    made = detector(2, config)
    assert feed(made, 0, TIMEOUT, 2) == NOT_EJECTED
    assert made.record(0, TIMEOUT, 0) == Cause.CONSECUTIVE_LOCAL
    assert made.is_ejected(0)
    assert feed(made, 0, TIMEOUT, 6) == NOT_EJECTED, "who is out is not ejected again"
