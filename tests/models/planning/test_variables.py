"""Variables whose values are asked of the series."""

import pytest

from models.base.errors import ValueSyntaxError
from models.base.time import NS_PER_S as S
from models.planning.variables import LabelValues, parse_label_values, resolved
from models.records.dashboard import Dashboard, Variable
from models.telemetry.labels import label_set
from models.telemetry.series import SeriesStore


@pytest.mark.parametrize(
    ("text", "selector", "label"),
    [
        ("label_values(up, job)", "up", "job"),
        (' label_values( up{a="x,y", b!="z"} ,instance ) ', 'up{a="x,y", b!="z"}', "instance"),
        ("label_values(job)", '{__name__=~".+"}', "job"),
    ],
)
def test_a_question_names_a_selector_and_a_label(text, selector, label):
    assert parse_label_values(text) == LabelValues(selector, label)


@pytest.mark.parametrize("text", ["up", "label_values()", "label_values(up, a-b)", "query(up)"])
def test_other_questions_are_refused(text):
    with pytest.raises(ValueSyntaxError, match=r"write label_values\(up, job\)"):
        parse_label_values(text)


@pytest.fixture
def store():
    made = SeriesStore(retention_ns=1000 * S)
    for time_s, job, instance in ((0, "web", "w0"), (90, "web", "w1"), (90, "cart", "c0")):
        labels = label_set({"__name__": "up", "job": job, "instance": instance})
        made.append(labels, time_ns=time_s * S, value=1.0)
        made.append(labels, time_ns=(time_s + 5) * S, value=None)
    return made


def board(*variables):
    return Dashboard("b", "b", variables, ())


def values(dashboard):
    return [(one.values, one.default) for one in dashboard.variables]


def test_values_are_sorted_and_those_of_the_moment_unless_a_reach_is_given(store):
    made = board(Variable("i", (), "", "label_values(up, instance)"))
    assert values(resolved(made, store, {}, now=92 * S)) == [(("c0", "w1"), "c0")]
    assert values(resolved(made, store, {}, now=99 * S, reach_ns=100 * S)) == [
        (("c0", "w0", "w1"), "c0")
    ]


def test_a_variable_may_ask_for_what_another_one_chose(store):
    made = board(
        Variable("job", (), "web", "label_values(up, job)"),
        Variable("i", (), "gone", 'label_values(up{job="$job"}, instance)'),
    )
    assert values(resolved(made, store, {}, now=92 * S)) == [
        (("cart", "web"), "web"), (("w1",), "w1")
    ]  # fmt: skip
    assert values(resolved(made, store, {"job": "cart"}, now=92 * S))[1] == (("c0",), "c0")


def test_without_series_there_is_no_value(store):
    made = board(Variable("i", (), "w0", "label_values(up, instance)"))
    assert values(resolved(made, store, {}, now=500 * S)) == [((), "")]


def test_written_values_stay_as_they_are(store):
    made = board(Variable("job", ("b", "a"), "a"))
    assert resolved(made, store, {}, now=0) is made
