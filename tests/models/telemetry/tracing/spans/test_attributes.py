"""Attributes under limits."""

import pytest

from models.base.errors import ConfigError
from models.telemetry.tracing.spans.attributes import AttributeBag, AttributeLimits


def bag(count=2, length=None):
    return AttributeBag(AttributeLimits(count, length))


def test_the_default_limit_is_128_and_any_length():
    assert AttributeLimits() == AttributeLimits(128, None)


def test_new_keys_beyond_the_limit_are_dropped_and_counted():
    attributes = bag(2)
    assert [attributes.put(key, 1) for key in "abc"] == [True, True, False]
    assert (dict(attributes.frozen()), attributes.dropped) == ({"a": 1, "b": 1}, 1)


def test_a_known_key_takes_its_new_value_in_a_full_bag_and_keeps_its_place():
    attributes = bag(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3)):
        assert attributes.put(key, value)
    assert list(attributes.frozen().items()) == [("a", 3), ("b", 2)]


def test_texts_are_cut_by_characters_also_in_lists():
    attributes = bag(2, 3)
    attributes.put("a", "héllo")
    attributes.put("b", ("abcd", "x"))
    assert dict(attributes.frozen()) == {"a": "hél", "b": ("abc", "x")}


def test_a_limit_of_zero_characters_leaves_empty_texts():
    attributes = bag(1, 0)
    attributes.put("a", "x")
    assert attributes.frozen()["a"] == ""


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), True, 1.5, "", (), (1, 2), (True, False)])
def test_valid_values_are_taken_as_they_are(value):
    attributes = bag()
    assert attributes.put("k", value)
    assert attributes.frozen()["k"] == value


@pytest.mark.parametrize(
    ("key", "value"),
    [("", 1), ("k", 2**63), ("k", -(2**63) - 1), ("k", (1, "a")), ("k", (1, True))],
)
def test_invalid_ones_are_dropped_and_counted(key, value):
    attributes = bag()
    assert not attributes.put(key, value)
    assert (len(attributes.frozen()), attributes.dropped) == (0, 1)


def test_what_is_frozen_no_longer_changes():
    attributes = bag()
    attributes.put("a", 1)
    frozen = attributes.frozen()
    attributes.put("a", 2)
    assert frozen["a"] == 1


@pytest.mark.parametrize("limits", [(-1, None), (1, -1)])
def test_negative_limits_are_refused(limits):
    with pytest.raises(ConfigError):
        AttributeLimits(*limits)
