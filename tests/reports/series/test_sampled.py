"""Sampled series by name, and their sum."""

import numpy as np

from reports.series.sampled import sampled, total
from tests.reports.small_run import S, small_run

UP_WEB, UP_CART = 2, 3


def run(*rows):
    return small_run(samples=rows)


def test_series_are_found_by_name_in_the_order_of_the_manifest():
    record = run((UP_CART, 0, 2.0), (UP_WEB, 0, 3.0))
    found = sampled(record, "world_instances_up")
    assert [one.label("service") for one in found] == ["web", "cart"]
    assert found[0].label("zone") == ""


def test_a_series_without_samples_is_left_out():
    assert [s.label("service") for s in sampled(run((UP_WEB, 0, 1.0)), "world_instances_up")] == [
        "web"
    ]
    assert sampled(run(), "world_instances_up") == ()


def test_the_total_adds_values_of_equal_instants():
    record = run((UP_WEB, 0, 2.0), (UP_WEB, S, 1.0), (UP_CART, 0, 2.0), (UP_CART, S, 2.0))
    summed = total(sampled(record, "world_instances_up"))
    assert summed.values.tolist() == [4.0, 3.0]


def test_a_series_sampled_less_often_holds_its_last_value():
    record = run((UP_WEB, 0, 2.0), (UP_WEB, S, 2.0), (UP_WEB, 2 * S, 2.0), (UP_CART, S, 5.0))
    summed = total(sampled(record, "world_instances_up"))
    assert summed.values.tolist() == [2.0, 7.0, 7.0]


def test_the_total_of_nothing_is_nothing():
    assert total(()) is None


def test_times_ascend():
    record = run(*((UP_WEB, i * S, 1.0) for i in range(5)))
    assert np.all(np.diff(sampled(record, "world_instances_up")[0].times_ns) > 0)
