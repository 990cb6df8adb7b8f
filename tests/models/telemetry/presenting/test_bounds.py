"""Bounds of buckets as Prometheus 3 writes them."""

from math import inf

import pytest

from models.telemetry.presenting.bounds import Spread, bound_text, joined_bounds


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (0.5, "0.5"),
        (1.0, "1.0"),
        (300_000.0, "300000.0"),
        (1_800_000.0, "1.8e+06"),
        (1_000_000.0, "1e+06"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (2.5, "2.5"),
        (inf, "+Inf"),
    ],
)
def test_a_bound_shows_that_it_is_a_float(bound: float, text: str) -> None:
    assert bound_text(bound) == text


def test_a_bucket_holds_everything_up_to_its_bound() -> None:
    spread = Spread((0.1, 0.5), (3, 2, 1), 1.5)
    assert [spread.up_to(bound) for bound in (0.1, 0.5, inf)] == [3, 5, 6]
    assert spread.count == 6


def test_bounds_that_were_not_counted_are_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        Spread((0.1,), (1, 0), 0.0).up_to(0.2)


def test_bounds_of_several_histograms_are_joined_without_infinity() -> None:
    assert joined_bounds([(0.5, inf), (0.1, 0.5)]) == (0.1, 0.5)
