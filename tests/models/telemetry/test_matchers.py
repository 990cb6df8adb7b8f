"""Matchers and selectors (semantics 1.4)."""

import pytest

from models.base.errors import ConfigError, ValueSyntaxError
from models.telemetry.labels import label_set
from models.telemetry.matchers import Matcher, MatchOp, Selector, named


@pytest.mark.parametrize(
    ("op", "value", "label", "expected"),
    [
        (MatchOp.EQUAL, "a", "a", True),
        (MatchOp.EQUAL, "a", "ab", False),
        (MatchOp.NOT_EQUAL, "a", "b", True),
        (MatchOp.NOT_EQUAL, "a", "a", False),
        (MatchOp.MATCHES, "a|b", "b", True),
        (MatchOp.MATCHES, "a|b", "ab", False),
        (MatchOp.NOT_MATCHES, "a|b", "ab", True),
        (MatchOp.NOT_MATCHES, "a|b", "a", False),
        (MatchOp.EQUAL, "", "", True),
        (MatchOp.NOT_EQUAL, "", "", False),
        (MatchOp.MATCHES, "|x", "", True),
        (MatchOp.MATCHES, ".+", "", False),
    ],
)
def test_each_operator_compares_the_whole_value(op, value, label, expected):
    assert Matcher("x", op, value).accepts(label) is expected


def test_a_selector_treats_a_missing_label_as_empty():
    selector = named("up", Matcher("zone", MatchOp.NOT_EQUAL, "a"))
    assert selector.selects(label_set({"__name__": "up"}))


def test_every_matcher_has_to_accept():
    selector = named("up", Matcher("zone", MatchOp.EQUAL, "a"), Matcher("job", MatchOp.EQUAL, "b"))
    assert selector.selects(label_set({"__name__": "up", "zone": "a", "job": "b"}))
    assert not selector.selects(label_set({"__name__": "up", "zone": "a", "job": "c"}))


def test_a_selector_that_would_take_everything_is_refused():
    with pytest.raises(ConfigError, match="does not accept the empty string"):
        Selector((Matcher("zone", MatchOp.MATCHES, ".*"),))


def test_a_selector_without_matchers_is_refused():
    with pytest.raises(ConfigError):
        Selector(())


def test_a_matcher_needs_a_label():
    with pytest.raises(ConfigError):
        Matcher("", MatchOp.EQUAL, "x")


def test_a_bad_pattern_is_found_when_the_matcher_is_made():
    with pytest.raises(ValueSyntaxError):
        Matcher("x", MatchOp.MATCHES, "(?=x)")


def test_a_pattern_is_only_text_to_an_equality_matcher():
    assert Matcher("x", MatchOp.EQUAL, "(?=x)").accepts("(?=x)")


def test_the_metric_is_known_only_when_it_is_given_by_equality():
    assert named("up").metric_name == "up"
    assert Selector((Matcher("__name__", MatchOp.MATCHES, "up"),)).metric_name is None
