"""Functions of instant vectors, of labels, of numbers and of time."""

import math

import pytest

from models.telemetry.labels import label_set, series_text
from models.telemetry.promql.plan.moment import EvaluationError
from tests.models.telemetry.promql.notation import evaluated, load

P = 'P{le=".1"} 0+5x10\nP{le=".2"} 0+7x10\nP{le="1"} 0+11x10\nP{le="+Inf"} 0+12x10'
N = 'N{le="-.2"} 0+1x10\nN{le="-.1"} 0+2x10\nN{le=".3"} 0+2x10\nN{le="+Inf"} 0+3x10'
H2 = (
    'H2{le="0"} 0x20\nH2{le="2"} 0+1x10\nH2{le="4"} 0+2x10\nH2{le="6"} 0+3x10\nH2{le="+Inf"} 0+3x10'
)
JOBS = "\n".join(
    f'J{{job="{job}",ins="{ins}",le="{le}"}} 0+{count}x10'
    for job, ins, counts in (
        ("1", "1", (1, 3, 4)),
        ("1", "2", (2, 5, 6)),
        ("2", "1", (3, 4, 6)),
        ("2", "2", (4, 7, 9)),
    )
    for le, count in zip((".1", ".2", "+Inf"), counts, strict=True)
)
UNEVEN = "\n".join(
    f'U{{le="{le}"}} 0+{count}x10'
    for le, count in ((".1", 2), ("1", 1), ("10", 5), ("100", 4), ("1000", 9), ("+Inf", 8))
)
SRC = {"src": "source-value"}
HISTOGRAMS = "\n".join((P, N, H2, JOBS, UNEVEN))


def only(result):
    assert len(result) == 1
    return next(iter(result.values()))


@pytest.mark.parametrize(
    ("q", "in_p", "in_n"),
    [
        ("-0.1", -math.inf, -math.inf),
        ("1.01", math.inf, math.inf),
        ("NaN", math.nan, math.nan),
        ("0", 0, -0.2),
        ("1", 1, 0.3),
        ("0.2", 0.048, -0.2),
        ("0.5", 0.15, -0.15),
        ("0.8", 0.72, 0.3),
    ],
)
def test_quantiles_of_histograms(q, in_p, in_n):
    """semantics 2.8, table, of values and of rates."""
    store = load(HISTOGRAMS, step_s=300)
    for metric, expected in (("P", in_p), ("N", in_n)):
        for source in (metric, f"rate({metric}[10m])"):
            found = only(evaluated(store, f"histogram_quantile({q}, {source})", 3000))
            assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("query", "at_s", "expected"),
    [
        ("histogram_quantile(0.5, H2)", 420, {"{}": 3}),
        (
            "histogram_quantile(0.5, sum by (le) (rate(J[10m])))",
            3000,
            {"{}": 0.1277777777777778},
        ),
        (
            "histogram_quantile(0.5, sum by (le, job) (rate(J[10m])))",
            3000,
            {'{job="1"}': 0.14, '{job="2"}': 0.1125},
        ),
        ("histogram_quantile(0, H2)", 420, {"{}": 0}),
        ("histogram_quantile(0.5, H2 * 0)", 420, {"{}": math.nan}),
        ("histogram_quantile(0.01, U)", 3000, {"{}": 0.0045}),
        ("histogram_quantile(0.5, U)", 3000, {"{}": 8.5}),
        ("histogram_quantile(0.99, U)", 3000, {"{}": 979.75}),
        ('histogram_quantile(0.5, P{le!="+Inf"})', 3000, {"{}": math.nan}),
        ('histogram_quantile(0.5, P{le="+Inf"})', 3000, {"{}": math.nan}),
        ("histogram_quantile(0.5, P * 0)", 3000, {"{}": math.nan}),
        ('histogram_quantile(0.5, label_replace(P, "le", "x", "", ""))', 3000, {}),
        ("histogram_quantile(0.5, vector(1))", 3000, {}),
    ],
)
def test_quantiles_of_groups_of_series(query, at_s, expected):
    """semantics 2.8, table."""
    if "label_replace" in query:
        query = 'histogram_quantile(0.5, label_replace(P{le=".1"}, "le", "x", "", ""))'
    found = evaluated(load(HISTOGRAMS, step_s=300), query, at_s)
    assert found == pytest.approx(expected, nan_ok=True)


def test_rounding_noise_between_counts_does_not_make_a_bucket():
    """semantics 2.8: relative differences below 1e-12."""
    store = load('B{le="1"} 100\nB{le="2"} 100.00000000001\nB{le="+Inf"} 200', step_s=1)
    assert evaluated(store, "histogram_quantile(0.500000000000025, B)", 0) == {"{}": 2}


def test_two_histograms_that_differ_in_nothing_but_the_name_are_an_error():
    store = load("\n".join(f'{name}{{le="+Inf"}} 1' for name in "AB"), step_s=1)
    with pytest.raises(EvaluationError, match="same labelset"):
        evaluated(store, 'histogram_quantile(0.5, {__name__=~"A|B"})', 0)


def test_buckets_of_equal_bounds_are_added():
    store = load('B{le="1"} 1\nB{le="1.0"} 1\nB{le="+Inf"} 4', step_s=1)
    query = 'histogram_quantile(0.25, label_replace(B, "x", "", "", ""))'
    assert evaluated(store, query, 0) == {"{}": 0.5}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            'absent(gone{job="testjob", instance="testinstance", method=~".x"})',
            {'{instance="testinstance",job="testjob"}': 1},
        ),
        ('absent(gone{job="testjob",job="testjob2",foo="bar"})', {'{foo="bar"}': 1}),
        ('absent(gone{job="a",job!="b"})', {"{}": 1}),
        ('absent(gone{job!="a",job="b"})', {'{job="b"}': 1}),
        ('absent(sum(gone{job="x"}))', {"{}": 1}),
        ('absent((gone{job="x"}))', {'{job="x"}': 1}),
        ("absent(here)", {}),
        ("absent(here > 5)", {"{}": 1}),
        ('absent_over_time(gone{job="x"}[5m])', {'{job="x"}': 1}),
        ("absent_over_time(here[5m])", {}),
        ('absent_over_time(rate(gone{job="x"}[5m])[5m:])', {"{}": 1}),
    ],
)
def test_absence_is_told_by_equal_matchers(query, expected):
    """semantics 2.9."""
    assert evaluated(load("here 1", step_s=1), query, 0) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('label_replace(m, "dst", "$1-x", "src", "source-(.*)")', {"dst": "value-x", **SRC}),
        ('label_replace(m, "dst", "${1}x", "src", "(source).*")', {"dst": "sourcex", **SRC}),
        ('label_replace(m, "dst", "$1x", "src", "(source).*")', SRC),
        ('label_replace(m, "dst", "$a", "src", "(?P<a>source).*")', {"dst": "source", **SRC}),
        ('label_replace(m, "dst", "$$$9", "src", ".*")', {"dst": "$", **SRC}),
        ('label_replace(m, "dst", "x", "src", "source")', SRC),
        ('label_replace(m, "dst", "x", "none", "")', {"dst": "x", **SRC}),
        ('label_replace(m, "src", "", "src", ".*")', {}),
        ('label_replace(m, "__name__", "n", "src", ".*")', {**SRC, "__name__": "n"}),
        (
            'label_join(m, "dst", "-", "src", "none", "__name__")',
            {"dst": "source-value--m", **SRC},
        ),
        ('label_join(m, "src", "-")', {}),
        ('label_join(m, "src", "-", "none")', {}),
    ],
)
def test_rewriting_labels(call, expected):
    """semantics 2.10."""
    store = load('m{src="source-value"} 1', step_s=1)
    labels = label_set({"__name__": "m"} | expected)
    assert list(evaluated(store, call, 0)) == [series_text(labels)]


def test_rewriting_labels_into_equal_ones_is_an_error():
    store = load('m{a="1"} 1\nm{a="2"} 1', step_s=1)
    with pytest.raises(EvaluationError, match="same labelset"):
        evaluated(store, 'label_replace(m, "a", "", "", "")', 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abs(vector(-2))", 2),
        ("ceil(vector(-1.5))", -1),
        ("floor(vector(-1.5))", -2),
        ("round(vector(2.5))", 3),
        ("round(vector(-2.5))", -2),
        ("round(vector(17), 5)", 15),
        ("round(vector(0.15), 0.1)", 0.2),
        ("sgn(vector(-3))", -1),
        ("sgn(vector(NaN))", math.nan),
        ("sqrt(vector(-1))", math.nan),
        ("sqrt(vector(9))", 3),
        ("exp(vector(1))", math.e),
        ("exp(vector(1000))", math.inf),
        ("ln(vector(0))", -math.inf),
        ("ln(vector(-1))", math.nan),
        ("log2(vector(1024))", 10),
        ("log10(vector(1000))", 3),
        ("clamp(vector(5), 1, 3)", 3),
        ("clamp(vector(0), 1, 3)", 1),
        ("clamp(vector(0), 3, 3)", 3),
        ("clamp(vector(5), NaN, 3)", math.nan),
        ("clamp_max(vector(-Inf), NaN)", -math.inf),
        ("clamp_min(vector(Inf), NaN)", math.inf),
        ("clamp_min(vector(-Inf), NaN)", math.nan),
        ("clamp_min(vector(5), 7)", 7),
        ("clamp_max(vector(5), 3)", 3),
        ("deg(vector(pi()))", 180),
        ("rad(vector(180))", math.pi),
        ("sin(vector(Inf))", math.nan),
        ("acosh(vector(0))", math.nan),
        ("atanh(vector(1))", math.inf),
        ("sinh(vector(-1000))", -math.inf),
        ("cosh(vector(-1000))", math.inf),
        ("cos(vector(0))", 1),
        ("vector(time())", 123.5),
        ("timestamp(vector(1))", 123.5),
    ],
)
def test_elementwise_functions(text, expected):
    """semantics 2.10."""
    found = evaluated(load("x 0", step_s=1), text, 123.5)
    assert found == {"{}": pytest.approx(expected, nan_ok=True)}


def test_a_clamp_of_crossed_bounds_gives_nothing():
    assert evaluated(load("x 0", step_s=1), "clamp(x, 3, 1)", 0) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("scalar(x)", 7),
        ("scalar(nothing)", math.nan),
        ('scalar({__name__=~"x|y"})', math.nan),
        ("time()", 10),
        ("pi()", math.pi),
        ("-scalar(x)", -7),
    ],
)
def test_functions_that_give_a_number(text, expected):
    """semantics 2.10."""
    found = evaluated(load("x 7\ny 8", step_s=1), text, 10)
    assert found == pytest.approx(expected, nan_ok=True)


def test_the_timestamp_of_a_selector_is_that_of_its_sample():
    store = load("x 0+1x5", step_s=10)
    assert evaluated(store, "timestamp(x)", 27) == {"{}": 20}
    assert evaluated(store, "timestamp((x))", 27) == {"{}": 20}
    assert evaluated(store, "timestamp(x offset 10s)", 27) == {"{}": 10}
    assert evaluated(store, "timestamp(x + 0)", 27) == {"{}": 27}


def test_sorting_is_by_value_with_nan_last():
    store = load('m{i="1"} 2\nm{i="2"} NaN\nm{i="3"} 1', step_s=1)
    up = list(evaluated(store, "sort(m)", 0).values())
    down = list(evaluated(store, "sort_desc(m)", 0).values())
    assert up == pytest.approx([1, 2, math.nan], nan_ok=True)
    assert down == pytest.approx([2, 1, math.nan], nan_ok=True)


def test_sorting_by_label_counts_digits_as_numbers():
    store = load('m{i="a10"} 1\nm{i="a9"} 2\nm{i="b1"} 3', step_s=1)
    assert list(evaluated(store, 'sort_by_label(m, "i")', 0).values()) == [2, 1, 3]
    assert list(evaluated(store, 'sort_by_label_desc(m, "i")', 0).values()) == [3, 1, 2]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, (0, 0, 4, 1, 1, 31, 1, 1970)),
        (1136239445, (4, 22, 1, 2, 2, 31, 1, 2006)),
        (1456790399, (59, 23, 1, 29, 60, 29, 2, 2016)),
        (1230768000, (0, 0, 4, 1, 1, 31, 1, 2009)),
        (951782400, (0, 0, 2, 29, 60, 29, 2, 2000)),
        (-1, (59, 23, 3, 31, 365, 31, 12, 1969)),
        (4107542400, (0, 0, 1, 1, 60, 31, 3, 2100)),
    ],
)
def test_the_calendar_is_civil_and_in_utc(seconds, expected):
    """semantics 2.10."""
    names = ("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month",
             "month", "year")  # fmt: skip
    store = load("x 0", step_s=1)
    given = [only(evaluated(store, f"{name}(vector({seconds}))", 5)) for name in names]
    assert tuple(given) == expected
    at_once = [only(evaluated(store, f"{name}()", seconds)) for name in names]
    assert tuple(at_once) == expected


def test_the_calendar_of_no_instant_is_nan():
    assert math.isnan(only(evaluated(load("x 0", step_s=1), "hour(vector(NaN))", 0)))
