"""Binary operators: precedence, arithmetic, filters, vector matching, set operators."""

import math

import pytest

from models.telemetry.promql.plan.moment import EvaluationError
from tests.models.telemetry.promql.notation import evaluated, load

REQUESTS = "\n".join(
    f'http_requests_total{{job="{job}", instance="{instance}", group="{group}"}} 0+{slope}x10'
    for slope, (job, group, instance) in zip(
        range(10, 90, 10),
        [
            (job, group, instance)
            for job in ("api-server", "app-server")
            for group in ("production", "canary")
            for instance in "01"
        ],
        strict=True,
    )
)
NODES = """
node_var{instance="abc",job="node"} 2
node_role{instance="abc",job="node",role="prometheus"} 1
node_cpu{instance="abc",job="node",mode="idle"} 3
node_cpu{instance="abc",job="node",mode="user"} 1
node_cpu{instance="def",job="node",mode="idle"} 8
node_cpu{instance="def",job="node",mode="user"} 2
"""
MANY = 'a{x="1",y="1"} 1\na{x="1",y="2"} 2\nb{x="1",z="1"} 10\nb{x="1",z="2"} 20\nc{x="1"} 5'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 ^ 3 ^ 2", 512),
        ("-2 ^ 2", -4),
        ("2 * 3 % 2", 0),
        ("1 + 2 * 3", 7),
        ("-3 + 5", 2),
        ("--3", 3),
        ("1 - -1", 2),
        ("+1 + +2", 3),
        ("-(2 - 5)", 3),
        ("1 == bool 1", 1),
        ("1 != bool 1", 0),
        ("2 > bool 1 > bool 0", 1),
        ("NaN == bool NaN", 0),
        ("5 % 3", 2),
        ("-5 % 3", -2),
        ("5 % -3", 2),
        ("1 / 0", math.inf),
        ("-1 / 0", -math.inf),
        ("1 / -0", -math.inf),
        ("Inf % 2", math.nan),
        ("0 / 0", math.nan),
        ("1 % 0", math.nan),
        ("1 atan2 1", math.pi / 4),
        ("0x10 + 5m", 316),
    ],
)
def test_scalar_arithmetic_is_ieee_754(text, expected):
    """semantics 2.2 and 2.3."""
    assert evaluated(load("x 0", step_s=1), text, 0) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SUM(http_requests_total) BY (job)", {"api-server": 1000, "app-server": 2600}),
        (
            "SUM(http_requests_total) BY (job) - COUNT(http_requests_total) BY (job)",
            {"api-server": 996, "app-server": 2596},
        ),
        (
            "SUM(http_requests_total) BY (job) == bool 1000",
            {"api-server": 1, "app-server": 0},
        ),
        ("SUM(http_requests_total) BY (job) == 1000", {"api-server": 1000}),
        ("1000 < SUM(http_requests_total) BY (job)", {"app-server": 2600}),
        ("2 - SUM(http_requests_total) BY (job)", {"api-server": -998, "app-server": -2598}),
    ],
)
def test_vectors_of_operators_by_job(query, expected):
    """semantics 2.3, first table."""
    wanted = {f'{{job="{job}"}}': value for job, value in expected.items()}
    assert evaluated(load(REQUESTS, step_s=300), query, 3000) == wanted


def test_unless_keeps_names_and_values_of_the_left():
    """semantics 2.3, first table."""
    query = 'http_requests_total{group="canary"} unless http_requests_total{instance="0"}'
    assert evaluated(load(REQUESTS, step_s=300), query, 3000) == {
        'http_requests_total{group="canary",instance="1",job="api-server"}': 400,
        'http_requests_total{group="canary",instance="1",job="app-server"}': 800,
    }


def test_unless_on_a_label_that_both_sides_have_is_empty():
    """semantics 2.3, first table."""
    query = 'http_requests_total{group="canary"} unless on(job) http_requests_total{instance="0"}'
    assert evaluated(load(REQUESTS, step_s=300), query, 3000) == {}


def test_rates_of_eight_series():
    """semantics 2.3, first table."""
    result = evaluated(load(REQUESTS, step_s=300), "rate(http_requests_total[25m]) * 25 * 60", 3000)
    assert sorted(result.values()) == pytest.approx([50, 100, 150, 200, 250, 300, 350, 400])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "node_var * on (instance) group_left (role) node_role",
            {'{instance="abc",job="node",role="prometheus"}': 2},
        ),
        (
            "node_role * on (instance) group_right (role) node_var",
            {'{instance="abc",job="node",role="prometheus"}': 2},
        ),
        (
            "node_cpu * ignoring (role, mode) group_left (role) node_role",
            {
                '{instance="abc",job="node",mode="idle",role="prometheus"}': 3,
                '{instance="abc",job="node",mode="user",role="prometheus"}': 1,
            },
        ),
        (
            "sum by (mode, job)(node_cpu) / on (job) group_left sum by (job)(node_cpu)",
            {
                '{job="node",mode="idle"}': 0.785714285714,
                '{job="node",mode="user"}': 0.214285714286,
            },
        ),
    ],
)
def test_many_to_one_keeps_the_many_side_and_copies_labels(query, expected):
    """semantics 2.3, second table."""
    assert evaluated(load(NODES, step_s=300), query, 60) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("c > 4", {'c{x="1"}': 5}),
        ("c > bool 4", {'{x="1"}': 1}),
        ("4 < c", {'c{x="1"}': 5}),
        ("c + 1", {'{x="1"}': 6}),
        ("-c", {'{x="1"}': -5}),
        ("c == c", {'c{x="1"}': 5}),
        ("c == on(x) c", {'{x="1"}': 5}),
        ("c == ignoring(x) c", {"c": 5}),
        ("c == ignoring(q) c", {'c{x="1"}': 5}),
        ("c + ignoring(x) c", {"{}": 10}),
        ("a > on(x) group_left c - 4", {'a{x="1",y="2"}': 2}),
        ("a > bool on(x) group_left c - 4", {'{x="1",y="1"}': 0, '{x="1",y="2"}': 1}),
        ("c - on(x) group_right a", {'{x="1",y="1"}': 4, '{x="1",y="2"}': 3}),
        ("a * on(x) group_left(q) c", {'{x="1",y="1"}': 5, '{x="1",y="2"}': 10}),
        ("a * on(x) group_left(y) c", None),
        ("c > NaN", {}),
        ("c and on() c", {'c{x="1"}': 5}),
        ("c and nothing", {}),
        ("nothing and c", {}),
        ("c unless nothing", {'c{x="1"}': 5}),
        ("nothing or c", {'c{x="1"}': 5}),
        ("c or nothing", {'c{x="1"}': 5}),
        ("c or on() a", {'c{x="1"}': 5}),
        ("c + nothing", {}),
    ],
)
def test_which_names_and_labels_are_left(query, expected):
    """semantics 2.3."""
    store = load(MANY, step_s=1)
    if expected is None:
        with pytest.raises(EvaluationError, match="grouping labels must ensure unique matches"):
            evaluated(store, query, 0)
    else:
        assert evaluated(store, query, 0) == expected


def test_or_adds_only_what_the_left_does_not_match():
    store = load(MANY, step_s=1)
    result = evaluated(store, "a or ignoring(y, z) b", 0)
    assert list(result) == ['a{x="1",y="1"}', 'a{x="1",y="2"}']
    assert len(evaluated(store, "a or b", 0)) == 4


@pytest.mark.parametrize(
    ("op", "kept"),
    [("==", (5,)), ("!=", (4, 6)), (">", (6,)), ("<", (4,)), (">=", (5, 6)), ("<=", (4, 5))],
)
def test_each_comparison_at_its_boundary(op, kept):
    """semantics 2.3: a filter keeps the values of the vector, on whichever side it stands."""
    store = load('q{i="4"} 4\nq{i="5"} 5\nq{i="6"} 6', step_s=1)
    mirrored = op.translate(str.maketrans("<>", "><"))
    assert tuple(evaluated(store, f"q {op} 5", 0).values()) == kept
    assert tuple(evaluated(store, f"5 {mirrored} q", 0).values()) == kept
    assert tuple(evaluated(store, f"q {op} on(i) q * 0 + 5", 0).values()) == kept
    assert tuple(evaluated(store, f"q {op} bool 5", 0).values()) == tuple(
        float(value in kept) for value in (4, 5, 6)
    )


def test_two_on_the_right_name_the_group_and_both_series():
    """semantics 2.3, Prometheus' words."""
    with pytest.raises(EvaluationError) as raised:
        evaluated(load(MANY, step_s=1), "c\n + on(x) b", 0)
    assert raised.value.reason == (
        'found duplicate series for the match group {x="1"} on the right hand-side of the '
        'operation: [{__name__="b", x="1", z="2"}, {__name__="b", x="1", z="1"}];many-to-many '
        "matching not allowed: matching labels must be unique on one side"
    )
    assert str(raised.value).startswith("2:2: ")


def test_two_on_the_one_side_of_group_right_are_on_the_left():
    with pytest.raises(EvaluationError, match=r"match group \{x=\"1\"\} on the left hand-side"):
        evaluated(load(MANY, step_s=1), "b * on(x) group_right a", 0)


def test_two_on_the_left_ask_for_a_group_modifier():
    with pytest.raises(EvaluationError, match="many-to-one matching must be explicit"):
        evaluated(load(MANY, step_s=1), "a + on(x) c", 0)


def test_two_on_the_left_of_which_one_is_filtered_out_are_allowed():
    assert evaluated(load(MANY, step_s=1), "a > on(x) c - 4", 0) == {'{x="1"}': 2}


@pytest.mark.parametrize(
    "query",
    [
        '-{__name__=~"p|q"}',
        '{__name__=~"p|q"} + 1',
        'rate({__name__=~"p|q"}[1m])',
        'abs({__name__=~"p|q"})',
        'timestamp({__name__=~"p|q"})',
        'label_replace({__name__=~"p|q"}, "__name__", "z", "", "")',
        'label_join({__name__=~"p|q"}, "__name__", "")',
        '{__name__=~"p|q"} + on(__name__) {__name__=~"p|q"}',
        "max_over_time((p or q)[1m:10s]) + on() group_left vector(1)",
    ],
)
def test_two_results_with_the_same_labels_are_an_error(query):
    """semantics 2.3."""
    store = load("p 1 2\nq 3 4", step_s=10)
    if "or q" in query:
        assert evaluated(store, query, 10) == {"{}": 3}
        return
    with pytest.raises(EvaluationError, match="vector cannot contain metrics with the same label"):
        evaluated(store, query, 10)
