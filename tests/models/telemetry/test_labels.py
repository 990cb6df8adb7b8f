"""Label sets are canonical: one order, no empty values, no doubles."""

import pytest

from models.base.errors import ConfigError
from models.telemetry.labels import (
    label_set,
    label_value,
    overlay,
    series_text,
    without_metric_name,
)


def test_the_order_in_which_labels_are_given_does_not_matter():
    assert label_set({"b": "2", "a": "1"}) == label_set([("a", "1"), ("b", "2")])


def test_an_empty_value_is_the_same_as_no_label():
    assert label_set({"a": "", "b": "2"}) == (("b", "2"),)


def test_a_missing_label_reads_as_the_empty_string():
    assert label_value((("a", "1"),), "b") == ""


def test_a_label_given_twice_is_refused_even_with_equal_values():
    with pytest.raises(ConfigError, match="'a' is given twice"):
        label_set([("a", "1"), ("a", "1")])


def test_an_empty_label_name_is_refused():
    with pytest.raises(ConfigError, match="empty"):
        label_set({"": "x"})


def test_overlay_sets_and_an_empty_value_removes():
    labels = label_set({"a": "1", "b": "2"})
    assert overlay(labels, {"a": "9", "b": "", "c": "3"}) == (("a", "9"), ("c", "3"))


def test_the_metric_name_is_left_out_of_the_other_labels():
    assert without_metric_name((("__name__", "up"), ("job", "x"))) == (("job", "x"),)


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ({"__name__": "up"}, "up"),
        ({"__name__": "up", "job": "x", "a": "b"}, 'up{a="b",job="x"}'),
        ({"job": 'say "hi"\\\n'}, '{job="say \\"hi\\"\\\\\\n"}'),
        ({}, "{}"),
    ],
)
def test_a_series_is_written_as_promql_reads_it(labels, text):
    assert series_text(label_set(labels)) == text
