"""Values as texts."""

import math

import pytest

from models.alerting.templating.values import Sample, Table, is_true, number_text, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (-2.5, "-2.5"), (0.1, "0.1"), (120.0, "120"),
        (999999.0, "999999"), (1000000.0, "1e+06"), (123456789.0, "1.23456789e+08"),
        (0.0001, "0.0001"), (0.00001, "1e-05"), (1.5e300, "1.5e+300"), (2.0**-1074, "5e-324"),
        (0.1 + 0.2, "0.30000000000000004"), (math.inf, "+Inf"), (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_in_prometheus_annotations(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (0, False), (0.0, False), (-0.0, False), (math.nan, True), ("", False), ("0", True),
        (None, False), (False, False), ((), False), (Table({}), False), (Table({"a": ""}), True),
        (Sample(Table({}), 0.0), True),
    ],
)  # fmt: skip
def test_zero_nothing_and_what_is_empty_are_false(value, holds):
    assert is_true(value) is holds


def test_a_whole_result_shows_its_samples():
    samples = (Sample(Table({"b": "1", "a": "2"}), 1.5), Sample(Table({}), 0.0))
    assert shown(samples) == "[{map[a:2 b:1] 1.5} {map[] 0}]"
