"""PromQL against promtool: random series, random expressions, the same values (issue 4).

Ask with ``-m oracle``; promtool 3.5 or newer is looked for on the path, or in the variable
FORESHOCK_PROMTOOL. It prints the number of comparisons and of disagreements.
"""

import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base.time import NS_PER_MS, NS_PER_S
from models.telemetry.promql import compile_expression
from models.telemetry.promql.plan.moment import EvaluationError
from tests.models.telemetry.promql.notation import load
from tests.oracle import promtool
from tests.oracle.expressions import INSTANTS_MS, scalars, series, vectors

COMPARISONS_MIN = 2000
RELATIVE_TOLERANCE = 1e-6
EXPRESSIONS_PER_FILE, INSTANTS_PER_EXPRESSION = 12, 3

QUESTIONS = st.lists(
    st.tuples(
        st.one_of(vectors(3), vectors(2), vectors(2), scalars(2)),
        st.lists(INSTANTS_MS, min_size=INSTANTS_PER_EXPRESSION, max_size=INSTANTS_PER_EXPRESSION),
    ),
    min_size=EXPRESSIONS_PER_FILE,
    max_size=EXPRESSIONS_PER_FILE,
)


def ours(store, question):
    """What the evaluator under test answers."""
    expression = compile_expression(question.expression)
    try:
        vector = expression.vector(
            store, now=question.at_ms * NS_PER_MS, step_ns=promtool.INTERVAL_S * NS_PER_S
        )
    except EvaluationError as error:
        return promtool.Answer({}, error.reason)
    return promtool.Answer({sample.labels: sample.value for sample in vector})


def agree(mine, theirs):
    """The same labels with the same values, or an error on both sides of the same kind."""
    if mine.error is not None or theirs.error is not None:
        return _kind(mine.error) == _kind(theirs.error)
    return mine.values.keys() == theirs.values.keys() and all(
        _close(value, theirs.values[labels]) for labels, value in mine.values.items()
    )


def _kind(error):
    """An error up to the series it happens to name first."""
    return None if error is None else error.partition(" group {")[0]


def _close(one, other):
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-9)


@pytest.mark.oracle
@pytest.mark.timeout(900)
def test_random_expressions_give_what_promtool_gives(tmp_path: Path, capsys) -> None:
    if (reason := promtool.missing()) is not None:
        pytest.skip(reason)
    counts: Counter[str] = Counter()
    disagreements: list[str] = []

    @settings(
        max_examples=80,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(series(), QUESTIONS)
    def compare(data, drawn):
        questions = [
            promtool.Question(expression, at_ms)
            for expression, instants in drawn
            for at_ms in instants
        ]
        text = "\n".join(f"{key} {values}" for key, values in data.items())
        store = load(text, step_s=promtool.INTERVAL_S)
        for question, theirs in zip(
            questions, promtool.ask(data, questions, tmp_path), strict=True
        ):
            mine = ours(store, question)
            counts["comparisons"] += 1
            counts["values"] += len(theirs.values)
            counts["errors"] += theirs.error is not None
            if not agree(mine, theirs):
                disagreements.append(f"{question}\n  ours   {mine}\n  theirs {theirs}")

    compare()
    with capsys.disabled():
        print(
            f"\nPromQL against promtool: {counts['comparisons']} comparisons "
            f"({counts['values']} values, {counts['errors']} errors), "
            f"{len(disagreements)} disagreements"
        )
    assert not disagreements, "\n".join(disagreements[:20])
    assert counts["comparisons"] >= COMPARISONS_MIN
