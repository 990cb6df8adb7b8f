"""Alert expressions of the form `selector op number`: what they accept and what they keep."""

import math

import pytest

from models.base.errors import ConfigError
from models.telemetry.comparison import (
    EXPRESSION_LENGTH_MAX,
    NESTING_MAX,
    Comparison,
    parse_comparison,
)
from models.telemetry.labels import label_set
from models.telemetry.matchers import named
from models.telemetry.promql.syntax.tokens import ExpressionError
from models.telemetry.series import SeriesStore, VectorSample


@pytest.mark.parametrize(
    ("expression", "op", "number"),
    [
        ("up == 0", "==", 0.0),
        ("up != 1", "!=", 1.0),
        ("up >= 1", ">=", 1.0),
        ("up <= 1", "<=", 1.0),
        ("up > .5", ">", 0.5),
        ("up < -1e3", "<", -1000.0),
        ("(up) > - 1", ">", -1.0),
        ("((up > ((-(1)))))", ">", -1.0),
        ("up > +-3", ">", -3.0),
        ("up > 0x1F", ">", 31.0),
        ("up > 5m", ">", 300.0),
        ("up > -Inf", ">", -math.inf),
        ("up > 1 # offset and rate()", ">", 1.0),
        ("sum > 1", ">", 1.0),
        ("offset > 1", ">", 1.0),
        ('up{or="x"} > 1', ">", 1.0),
    ],
)
def test_every_way_to_write_the_number_is_read(expression, op, number):
    comparison = parse_comparison(expression)
    assert (comparison.op, comparison.number, comparison.number_first) == (op, number, False)


def test_a_number_on_the_left_is_remembered_as_such():
    comparison = parse_comparison("5 < up")
    assert (comparison.op, comparison.number, comparison.number_first) == ("<", 5.0, True)


@pytest.mark.parametrize(
    "expression",
    ['up{a="b"} > 1', "up{a='b'} > 1", "up{a=`b`,} > 1", '{__name__="up",a="b"} > 1',
     '{"up", a="b"} > 1'],
)  # fmt: skip
def test_every_way_to_write_a_selector_selects_the_same(expression):
    selector = parse_comparison(expression).selector
    assert selector.metric_name == "up"
    assert selector.selects(label_set({"__name__": "up", "a": "b"}))
    assert not selector.selects(label_set({"__name__": "up", "a": "c"}))


@pytest.mark.parametrize(
    ("matcher", "zone", "expected"),
    [
        ('zone="a"', "a", True),
        ('zone!="a"', "a", False),
        ('zone=~"a|b"', "b", True),
        ('zone=~"a"', "ab", False),
        ('zone!~"a|b"', "c", True),
        ('zone="a\\nb"', "a\nb", True),
    ],
)
def test_each_operator_of_a_matcher_is_kept(matcher, zone, expected):
    selector = parse_comparison(f"up{{{matcher}}} > 0").selector
    assert selector.selects(label_set({"__name__": "up", "zone": zone})) is expected


@pytest.mark.parametrize(
    ("op", "kept"),
    [
        ("==", [5.0]),
        ("!=", [4.0, 6.0]),
        (">", [6.0]),
        (">=", [5.0, 6.0]),
        ("<", [4.0]),
        ("<=", [4.0, 5.0]),
    ],
)
def test_series_for_which_it_is_false_are_left_out(op, kept):
    """semantics 2.3: without `bool` a comparison filters and keeps the value."""
    store = store_of(4.0, 5.0, 6.0)
    vector = parse_comparison(f"queue {op} 5").evaluate(store, now=0)
    assert [sample.value for sample in vector] == kept


@pytest.mark.parametrize(("op", "kept"), [("<", [6.0]), ("<=", [5.0, 6.0]), (">", [4.0])])
def test_with_the_number_first_the_selector_side_is_kept(op, kept):
    store = store_of(4.0, 5.0, 6.0)
    vector = parse_comparison(f"5 {op} queue").evaluate(store, now=0)
    assert [sample.value for sample in vector] == kept


def test_a_filter_keeps_every_label_and_the_metric_name():
    labels = label_set({"__name__": "queue", "index": "0"})
    assert parse_comparison("queue > 1").evaluate(store_of(4.0), now=0) == (
        VectorSample(labels, 4.0),
    )


@pytest.mark.parametrize(
    ("op", "is_kept"), [("==", False), (">", False), ("<=", False), ("!=", True)]
)
def test_nan_differs_from_every_number(op, is_kept):
    vector = parse_comparison(f"queue {op} 1").evaluate(store_of(math.nan), now=0)
    assert bool(vector) is is_kept


def test_nothing_is_equal_to_a_threshold_that_is_nan():
    assert parse_comparison("queue == NaN").evaluate(store_of(math.nan), now=0) == ()


def test_the_lookback_of_the_caller_applies():
    comparison = parse_comparison("queue > 1")
    assert comparison.evaluate(store_of(4.0), now=9, lookback_ns=10)
    assert not comparison.evaluate(store_of(4.0), now=10, lookback_ns=10)


def test_an_unsupported_pattern_is_located_at_its_string():
    with pytest.raises(ExpressionError) as error:
        parse_comparison('up{b="(?m)x",\n  a=~"(?m)x"} > 1')
    assert (error.value.line, error.value.column) == (2, 6)
    assert "flag 'm'" in error.value.reason


def test_a_pattern_the_parser_refuses_is_explained_in_our_words():
    with pytest.raises(ExpressionError, match=r"look-ahead '\(\?='.*column 7"):
        parse_comparison('up{a=~"(?=x)"} > 1')


def test_an_expression_may_be_as_long_as_the_limit_and_no_longer():
    filler = " " * (EXPRESSION_LENGTH_MAX - len("up > 1"))
    assert parse_comparison(f"up > 1{filler}").number == 1.0
    with pytest.raises(ExpressionError, match="longer than"):
        parse_comparison(f"up > 1{filler} ")


def test_brackets_may_be_nested_as_deep_as_the_limit_and_no_deeper():
    def nested(depth):
        return "(" * depth + "up" + ")" * depth + " > 1"

    assert parse_comparison(nested(NESTING_MAX)).number == 1.0
    with pytest.raises(ExpressionError, match=f"deep, column {NESTING_MAX + 1}"):
        parse_comparison(nested(NESTING_MAX + 1))


def test_a_hostile_nesting_is_refused_before_it_reaches_the_parser():
    with pytest.raises(ExpressionError, match="nested"):
        parse_comparison("(" * 9_000)


def test_a_comparison_needs_an_operator_that_exists():
    with pytest.raises(ConfigError):
        Comparison(named("up"), "=~", 1.0)


def store_of(*values):
    store = SeriesStore()
    for index, value in enumerate(values):
        labels = label_set({"__name__": "queue", "index": str(index)})
        store.append(labels, time_ns=0, value=value)
    return store
