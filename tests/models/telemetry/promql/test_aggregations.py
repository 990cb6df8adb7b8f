"""Aggregations: grouping, what they compute, what they keep (semantics 2.4)."""

import math

import pytest

from models.telemetry.promql.plan.moment import EvaluationError
from tests.models.telemetry.promql.notation import evaluated, load

DATA = """
m{g="a",i="1"} 1
m{g="a",i="2"} 3
m{g="b",i="1"} 10
m{g="b",i="2"} NaN
"""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('sum(m{g="a"})', {"{}": 4}),
        ('avg(m{g="a"})', {"{}": 2}),
        ('stdvar(m{g="a"})', {"{}": 1}),
        ('stddev(m{g="a"})', {"{}": 1}),
        ("count(m)", {"{}": 4}),
        ("group(m)", {"{}": 1}),
        ("min by (g) (m)", {'{g="a"}': 1, '{g="b"}': 10}),
        ("max without (i) (m)", {'{g="a"}': 3, '{g="b"}': 10}),
        ('sum by (__name__) (m{g="a"})', {"m": 4}),
        ('sum by (g, none) (m{g="a"})', {'{g="a"}': 4}),
        ('sum without (g, i) (m{g="a"})', {"{}": 4}),
        ("sum by (g) (nothing)", {}),
        ("sum(nothing)", {}),
        ("sum(m)", {"{}": math.nan}),
        ('quantile(0.25, m{g="a"})', {"{}": 1.5}),
        ('quantile(-0.1, m{g="a"})', {"{}": -math.inf}),
        ('quantile(1.1, m{g="a"})', {"{}": math.inf}),
        ('quantile(NaN, m{g="a"})', {"{}": math.nan}),
        ('quantile(0, m{g="b"})', {"{}": math.nan}),
        ('quantile(1, m{g="b"})', {"{}": 10}),
        ('topk(1, m{g="a"})', {'m{g="a",i="2"}': 3}),
        ('bottomk(1, m{g="a"})', {'m{g="a",i="1"}': 1}),
        ('topk(1, m{g="b"})', {'m{g="b",i="1"}': 10}),
        ('bottomk(1, m{g="b"})', {'m{g="b",i="1"}': 10}),
        ("topk by (g) (1, m)", {'m{g="a",i="2"}': 3, 'm{g="b",i="1"}': 10}),
        ("topk(0.9, m)", {}),
        ("topk(-1, m)", {}),
        ("limitk by (g) (1, m)", {'m{g="a",i="1"}': 1, 'm{g="b",i="1"}': 10}),
        ('count_values("v", m)', {'{v="1"}': 1, '{v="3"}': 1, '{v="10"}': 1, '{v="NaN"}': 1}),
        ('count_values by (g) ("v", m{g="a"} > bool 0)', {'{g="a",v="1"}': 2}),
        ('count_values without (i) ("v", m{g="a"} > bool 0)', {'{g="a",v="1"}': 2}),
        ('count_values("g", m{i="1"})', {'{g="1"}': 1, '{g="10"}': 1}),
    ],
)
def test_aggregations(query, expected):
    """semantics 2.4."""
    assert evaluated(load(DATA, step_s=1), query, 0) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(("k", "kept"), [("2", 2), ("2.9", 2), ("1e9", 4)])
def test_topk_cuts_its_parameter_off_to_a_whole_number(k, kept):
    assert len(evaluated(load(DATA, step_s=1), f"topk({k}, m)", 0)) == kept


def test_topk_stands_in_order_with_nan_last():
    result = evaluated(load(DATA, step_s=1), "topk(4, m)", 0)
    assert list(result.values()) == pytest.approx([10, 3, 1, math.nan], nan_ok=True)


@pytest.mark.parametrize("k", ["NaN", "1e30", "-Inf", "9223372036854775808"])
def test_topk_of_no_whole_number_is_an_error(k):
    with pytest.raises(EvaluationError, match="overflows int64"):
        evaluated(load(DATA, step_s=1), f"topk({k}, m)", 0)


def test_a_sum_does_not_lose_small_values_beside_large_ones():
    store = load('m{i="1"} 1e100\nm{i="2"} 1\nm{i="3"} -1e100', step_s=1)
    assert evaluated(store, "sum(m)", 0) == {"{}": 1}


def test_an_average_is_finite_even_if_the_sum_is_not():
    """semantics 2.4: incremental mean when the plain sum overflows."""
    store = load('m{i="1"} 1.7e308\nm{i="2"} 1.7e308\nm{i="3"} 1.4e308', step_s=1)
    assert evaluated(store, "avg(m)", 0)["{}"] == pytest.approx(1.6e308)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("Inf 1", math.inf),
        ("-Inf 1", -math.inf),
        ("1.7e308 -Inf", -math.inf),
        ("Inf -Inf", math.nan),
        ("NaN Inf", math.nan),
    ],
)
def test_an_average_with_infinities(values, expected):
    one, other = values.split()
    store = load(f'm{{i="1"}} {one}\nm{{i="2"}} {other}', step_s=1)
    assert evaluated(store, "avg(m)", 0)["{}"] == pytest.approx(expected, nan_ok=True)
