"""What must hold of every expression, whatever it computes."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base.time import NS_PER_MS, NS_PER_S
from models.telemetry.labels import label_set
from models.telemetry.promql import compile_expression
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import SeriesStore
from tests.models.telemetry.promql.notation import load, values_of
from tests.oracle.expressions import INSTANTS_MS, scalars, vectors

LINES = [
    f'{name}{{job="{job}",instance="{instance}"}} {values}'
    for job in "ab"
    for instance in "12"
    for name, values in (
        ("c_total", f"{instance}+3x9 stale 0+7x12 _x3 5+1x9"),
        ("g", f"-3+0.{instance}x14 NaN 2.5x3 Inf -1+0.3x20"),
        ("info", "1x45"),
    )
] + [f'h_bucket{{job="a",le="{bound}"}} {at}+{at}.5x40' for at, bound in enumerate(("1", "+Inf"))]


def labels_of(line):
    """Name and labels of a line."""
    name, _, rest = line.partition("{")
    pairs = (pair.split("=") for pair in rest.partition("}")[0].split(","))
    return {"__name__": name} | {label: value.strip('"') for label, value in pairs}


STORE, REVERSED = (load("\n".join(lines), step_s=15) for lines in (LINES, LINES[::-1]))
SAMPLES = [
    (label_set(labels_of(line)), index * 15 * NS_PER_S, value)
    for line in LINES
    for index, value in enumerate(values_of(line.partition("} ")[2]))
    if value != "_"
]


def bits(expression, store, now):
    """The result down to the last bit, or the error."""
    try:
        vector = expression.vector(store, now=now)
    except EvaluationError as error:
        return error.reason
    return {sample.labels: sample.value.hex() for sample in vector}, len(vector)


@settings(
    derandomize=True, deadline=None, max_examples=150, suppress_health_check=list(HealthCheck)
)
@given(st.one_of(vectors(3), scalars(2)), INSTANTS_MS)
def test_the_bits_do_not_depend_on_the_order_in_which_series_came(text, at_ms):
    expression = compile_expression(text)
    now = at_ms * NS_PER_MS
    result = bits(expression, STORE, now)
    assert bits(expression, REVERSED, now) == result
    assert bits(expression, STORE, now) == result
    if isinstance(result, tuple):
        values, count = result
        assert len(values) == count


@settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(vectors(2), INSTANTS_MS)
def test_an_expression_reads_no_further_back_than_it_says(text, at_ms):
    expression = compile_expression(text)
    now = at_ms * NS_PER_MS
    if expression.reach_ns is None:
        return
    recent = SeriesStore(retention_ns=10**18)
    for labels, at_ns, value in SAMPLES:
        if at_ns > now - expression.reach_ns:
            recent.append(labels, time_ns=at_ns, value=value)
    assert bits(expression, recent, now) == bits(expression, STORE, now)
