"""Three ways to count. Semantics 5.4."""

import pytest

from models.alerting.objectives.budgeting import Budgeting, Slice, attainment
from models.base.errors import ConfigError

SLICES = [*[Slice(100, 100)] * 8, Slice(50, 100), Slice(0, 1000)]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (Budgeting.OCCURRENCES, 850 / 1900),
        (Budgeting.TIMESLICES, 0.8),
        (Budgeting.RATIO_TIMESLICES, 0.85),
    ],
)
def test_ten_slices_counted_in_three_ways(method: Budgeting, expected: float) -> None:
    assert attainment(method, SLICES, slice_target=0.9) == pytest.approx(expected)


def test_a_slice_is_good_at_its_target() -> None:
    assert attainment(Budgeting.TIMESLICES, [Slice(9, 10)], slice_target=0.9) == 1.0
    assert attainment(Budgeting.TIMESLICES, [Slice(89, 100)], slice_target=0.9) == 0.0


def test_nothing_seen_is_not_perfect() -> None:
    assert attainment(Budgeting.OCCURRENCES, []) is None
    assert attainment(Budgeting.OCCURRENCES, [Slice(0, 0)]) is None
    assert attainment(Budgeting.TIMESLICES, [Slice(0, 0)]) == 1.0


@pytest.mark.parametrize(("good", "total"), [(-1, 2), (3, 2)])
def test_slices_that_make_no_sense_are_refused(good: int, total: int) -> None:
    with pytest.raises(ConfigError, match="a slice cannot have"):
        Slice(good, total)
