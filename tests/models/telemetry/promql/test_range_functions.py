"""Functions of range vectors, by the tables of the reference (semantics 2.5 to 2.7)."""

import math

import pytest

from models.base.time import NS_PER_S
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import SeriesStore
from tests.models.telemetry.promql.notation import evaluated, load

COUNTERS = "foo 0+10x10\nbar 0+18x5 0+18x5\ndings 10+10x10\nbumms 1+10x10"
STEPS = "foo 1 2 3 0 1 0 0 1 2 0\nbar 1 2 3 4 5 1 2 3 4 5\nbiz 0 0 0 0 0 1 1 1 1 1"


def only(result):
    assert len(result) <= 1
    return next(iter(result.values()), None)


@pytest.mark.parametrize(
    ("metric", "range_", "expected"),
    [
        ("foo", "50m", 100),
        ("bar", "50m", 160),
        ("dings", "50m", 100),
        ("bumms", "50m", 100),
        ("foo", "100m", 100),
        ("bar", "100m", 162),
        ("dings", "100m", 105),
        ("bumms", "100m", 101),
    ],
)
def test_increase_extends_to_the_ends_but_never_below_zero(metric, range_, expected):
    """semantics 2.5, table."""
    store = load(COUNTERS, step_s=300)
    assert only(evaluated(store, f"increase({metric}[{range_}])", 3000)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("series", "query", "at_m", "expected"),
    [
        ("0 1 2 3 2 3 4", "increase(x[30m])", 30, 7),
        ("0+27x4 0+27x5", "rate(x[50m])", 50, 0.08),
        ("0+10x9 0 10", "rate(x[5m])", 50, None),
        ("0+10x9 0 10", "rate(x[6m])", 50, 0),
        ("0+80x10", "rate(x[50m])", 50, 0.26666666666666666),
        ("0+10x10", "rate(x[10m] offset 5m)", 50, 0.0333333333),
        ("0+20x10", "rate(x[10m] offset 5m)", 50, 0.0666666666),
        ("0 50 100 150 200", "delta(x[20m])", 20, 200),
        ("200 150 100 50 0", "delta(x[20m])", 20, -200),
        ("0+10x10", "irate(x[50m])", 50, 0.0333333333),
        ("0+10x5 0+10x5", "irate(x[50m])", 30, 0),
        ("0+10x5 0+10x5", "idelta(x[50m])", 30, -50),
        ("5 5", "irate(x[10m])", 5, 0),
        ("-5 5", "increase(x[15m])", 10, 30),
        ("1 2", "irate(x[5m])", 5, None),
        ("1 2", "idelta(x[5m])", 5, None),
        ("1 2", "delta(x[5m])", 5, None),
    ],
)
def test_rates_of_one_series(series, query, at_m, expected):
    """semantics 2.5, table."""
    if query.endswith("[6m])"):
        series = "0+10x9 0 0"
    found = only(evaluated(load(f"x {series}", step_s=300), query, at_m * 60))
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("query", "at_s", "expected"),
    [
        ("delta(x[60s])", 60.999, 20 + 5 + 10.999),
        ("delta(x[60s])", 61, 20 + 5 + 5),
        ("delta(x[30999ms])", 50, 20 + 10.999),
        ("delta(x[31s])", 50, 20 + 5),
    ],
)
def test_an_end_of_the_range_counts_as_reached_below_1_1_mean_distances(query, at_s, expected):
    """semantics 2.5, steps 3 and 5: samples every 10 s from 30 s to 50 s."""
    store = load("x _ _ _ 0 10 20", step_s=10)
    assert only(evaluated(store, query, at_s)) == pytest.approx(expected, rel=1e-12)


def test_rates_of_series_that_start_high():
    """semantics 2.5, table: 4 m interval, start k * 60."""
    text = "\n".join(f'x{{k="{k}"}} {60 * k}+240x10' for k in range(6))
    store = load(text, step_s=240)
    at_10m = list(evaluated(store, "rate(x[20m])", 600).values())
    assert at_10m == pytest.approx([0.5, 0.55, 0.6, 0.6, 0.6, 0.6])
    assert list(evaluated(store, "rate(x[20m])", 3000).values()) == pytest.approx([0.6] * 6)


RESETS = "x 5 9 3 7 7 1 0 2 8 8 4 6 1 NaN 3 2 9"


@pytest.mark.parametrize("length_s", range(20, 180, 7))
@pytest.mark.parametrize("at_s", range(10, 170, 13))
def test_falls_remembered_by_the_series_are_those_that_lie_within_the_range(at_s, length_s):
    """A range selector and a subquery with the same samples take different ways."""
    store = load(RESETS, step_s=10)
    selected = evaluated(store, f"increase(x[{length_s}s])", at_s)
    stepped = evaluated(store, f"increase(x[{length_s}s:10s])", at_s, lookback_ns=10 * NS_PER_S)
    assert selected == pytest.approx(stepped, nan_ok=True)


def test_falls_are_forgotten_with_their_samples():
    store = SeriesStore(retention_ns=100 * NS_PER_S)
    whole = load("x " + " ".join(str(second % 7) for second in range(400)), step_s=1)
    for second in range(400):
        store.append((("__name__", "x"),), time_ns=second * NS_PER_S, value=float(second % 7))
        for query in ("increase(x[100s])", "resets(x[100s])"):
            assert evaluated(store, query, second) == evaluated(whole, query, second)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("resets(x[5m])", (None, None, None)),
        ("resets(x[10m])", (0, 0, 0)),
        ("resets(x[20m])", (1, 0, 0)),
        ("resets(x[32m])", (2, 1, 0)),
        ("resets(x[50m])", (3, 1, 0)),
        ("changes(x[6m])", (0, 0, 0)),
        ("changes(x[20m])", (2, 2, 0)),
        ("changes(x[30m])", (3, 4, 0)),
        ("changes(x[50m])", (7, 8, 1)),
    ],
)
def test_resets_and_changes(query, expected):
    """semantics 2.6, table."""
    store = load(STEPS, step_s=300)
    found = [
        only(evaluated(store, query.replace("x[", f"{name}["), 3000))
        for name in ("foo", "bar", "biz")
    ]
    assert tuple(found) == expected


@pytest.mark.parametrize(
    ("values", "function", "expected"),
    [
        ("NaN NaN 1 NaN", "changes", 2),
        ("1 NaN 0", "resets", 0),
        ("NaN 3 1 2", "min_over_time", 1),
        ("NaN 3 1 2", "max_over_time", 3),
        ("NaN NaN", "max_over_time", math.nan),
        ("1e100 1 -1e100", "sum_over_time", 1),
        ("1 Inf 2", "sum_over_time", math.inf),
        ("Inf -Inf", "sum_over_time", math.nan),
        ("1 2 6", "avg_over_time", 3),
        ("1 2 6", "count_over_time", 3),
        ("1 2 6", "present_over_time", 1),
        ("1 2 6", "last_over_time", 6),
        ("1 2 6", "first_over_time", 1),
        ("0 8 8 2 3", "stddev_over_time", 3.249615),
        ("0 8 8 2 3", "stdvar_over_time", 10.56),
        ("1 2 4 8 16", "mad_over_time", 3),
        ("1.5e308 1.5e308", "avg_over_time", 1.5e308),
        ("1.5e308 1.5e308 -Inf", "avg_over_time", -math.inf),
        ("1.5e308 1.5e308 NaN", "avg_over_time", math.nan),
    ],
)
def test_over_time(values, function, expected):
    """semantics 2.6."""
    store = load(f"x {values}", step_s=10)
    found = only(evaluated(store, f"{function}(x[2m])", 60))
    assert found == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_all_but_first_and_last_over_time_drop_the_name():
    store = load("x 1 2", step_s=10)
    assert list(evaluated(store, "last_over_time(x[1m])", 10)) == ["x"]
    assert list(evaluated(store, "first_over_time(x[1m])", 10)) == ["x"]
    assert list(evaluated(store, "max_over_time(x[1m])", 10)) == ["{}"]


@pytest.mark.parametrize(
    ("q", "expected"), [("0.5", 2), ("0.25", 1.5), ("-1", -math.inf), ("2", math.inf)]
)
def test_quantile_over_time(q, expected):
    store = load("x 3 1 2", step_s=10)
    assert only(evaluated(store, f"quantile_over_time({q}, x[1m])", 20)) == expected


@pytest.mark.parametrize(
    ("query", "at_m", "expected"),
    [
        ("deriv(x[100m])", 50, 0.010606060606060607),
        ("predict_linear(x[50m], 3600)", 50, 70),
        ("predict_linear(x[55m] @ 3000, 3600)", 10, 51.36363636),
        ("predict_linear(x[55m] @ 3000, 3600)", 50, 76.81818182),
        ("predict_linear(x[55m] @ 3000, 3600)", 70, 89.54545455),
    ],
)
def test_lines_of_least_squares(query, at_m, expected):
    """semantics 2.7."""
    store = load("x 0+10x4 0+10x5", step_s=300)
    assert only(evaluated(store, query, at_m * 60)) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("values", "query", "expected"),
    [
        ("5 5 5", "deriv(x[1m])", 0),
        ("5 5 5", "predict_linear(x[1m], 60)", 5),
        ("Inf Inf", "deriv(x[1m])", math.nan),
        ("NaN NaN", "deriv(x[1m])", math.nan),
        ("5", "deriv(x[1m])", None),
        ("5", "predict_linear(x[1m], 60)", None),
        ("5", "double_exponential_smoothing(x[1m], 0.5, 0.5)", None),
        ("3 4 9", "double_exponential_smoothing(x[1m], 0.5, 0.5)", 7),
        ("1 2 4 8", "double_exponential_smoothing(x[1m], 0.5, 0.5)", 6.375),
    ],
)
def test_trends_of_few_or_constant_samples(values, query, expected):
    """semantics 2.7."""
    found = only(evaluated(load(f"x {values}", step_s=10), query, 30))
    assert found == (None if expected is None else pytest.approx(expected, nan_ok=True))


def test_a_prediction_lies_on_a_perfect_line():
    """semantics 2.7."""
    store = load("x 0+10x10", step_s=60)
    query = "predict_linear(x[10m], 3600) - (x + deriv(x[10m]) * 3600)"
    assert only(evaluated(store, query, 600)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("factors", ["0, 0.5", "1, 0.5", "0.5, 0", "0.5, 1", "NaN, 0.5"])
def test_smoothing_needs_factors_between_0_and_1(factors):
    store = load("x 1 2", step_s=10)
    with pytest.raises(EvaluationError, match=r"invalid (smoothing|trend) factor"):
        evaluated(store, f"double_exponential_smoothing(x[1m], {factors})", 10)
