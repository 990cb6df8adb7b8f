"""Recording rules: names, labels, limits, and what later rules see of them."""

import pytest

from models.alerting.config import (
    AlertRuleConfig,
    MonitoringConfig,
    RecordingRuleConfig,
    RuleGroupConfig,
)
from models.alerting.recording import RecordingRule
from models.alerting.rule_group import RuleGroup
from models.base.errors import ConfigError
from models.telemetry.labels import label_set
from models.telemetry.promql import compile_expression
from models.telemetry.promql.plan.moment import EvaluationError
from models.telemetry.series import SeriesStore, VectorSample

MONITORING = MonitoringConfig("a", evaluation_interval_ns=10, lookback_ns=100, resend_delay_ns=30)


def sample(value, **labels):
    return VectorSample(label_set(labels), value)


def group_of(store, *rules, **options):
    return RuleGroup(RuleGroupConfig("g", rules, **options), MONITORING, store)


def read(store, text, now):
    found = compile_expression(text).vector(store, now=now, lookback_ns=100)
    return {one.labels: one.value for one in found}


def fill(store, time_ns, **values):
    for instance, value in values.items():
        labels = label_set({"__name__": "x", "instance": instance})
        store.append(labels, time_ns=time_ns, value=value)


def test_the_name_replaces_that_of_the_metric_and_labels_are_laid_over():
    rule = RecordingRule(RecordingRuleConfig("a:b", "x", (("job", ""), ("team", "{{ $value }}"))))
    (written,) = rule.evaluate([sample(3.0, __name__="x", job="shop", zone="a")])
    assert dict(written.labels) == {"__name__": "a:b", "team": "{{ $value }}", "zone": "a"}
    assert written.value == 3.0


def test_two_results_that_become_one_series_are_an_error():
    rule = RecordingRule(RecordingRuleConfig("a:b", "x", (("job", "one"),)))
    with pytest.raises(EvaluationError, match="two results"):
        rule.evaluate([sample(1.0, job="a"), sample(2.0, job="b")])


@pytest.mark.parametrize(("limit", "is_refused"), [(0, False), (2, False), (1, True)])
def test_as_many_series_as_the_limit_are_written(limit, is_refused):
    rule = RecordingRule(RecordingRuleConfig("a:b", "x"))
    vector = [sample(1.0, job="a"), sample(2.0, job="b")]
    if is_refused:
        with pytest.raises(EvaluationError, match="exceeded limit of 1 with 2 series"):
            rule.evaluate(vector, limit=limit)
    else:
        assert len(rule.evaluate(vector, limit=limit)) == 2


def test_a_rule_without_a_name_is_refused():
    with pytest.raises(ConfigError):
        RecordingRule(RecordingRuleConfig("", "x"))


def test_later_rules_of_the_group_see_what_was_recorded_at_the_same_instant():
    store = SeriesStore()
    fill(store, 0, a=1.0, b=2.0)
    group = group_of(
        store,
        RecordingRuleConfig("x:sum", "sum(x)"),
        RecordingRuleConfig("x:twice", "2 * x:sum"),
        AlertRuleConfig("High", "x:twice > 5"),
    )
    evaluation = group.tick(now=0)
    assert read(store, "x:twice", 0) == {label_set({"__name__": "x:twice"}): 6.0}
    assert [one.state.value for one in evaluation.transitions] == ["pending", "firing"]


def test_earlier_rules_see_the_results_of_the_evaluation_before():
    store = SeriesStore()
    group = group_of(
        store, RecordingRuleConfig("y", "x:sum"), RecordingRuleConfig("x:sum", "sum(x)")
    )
    fill(store, 0, a=1.0)
    group.tick(now=0)
    assert read(store, "y", 0) == {}
    fill(store, 10, a=5.0)
    group.tick(now=10)
    assert list(read(store, "y", 10).values()) == [1.0]


def test_a_series_that_is_no_longer_recorded_ends_at_once():
    store = SeriesStore()
    fill(store, 0, a=1.0, b=1.0)
    group = group_of(store, RecordingRuleConfig("big", "x > 0"))
    group.tick(now=0)
    fill(store, 10, a=1.0, b=0.0)
    group.tick(now=10)
    assert len(read(store, "big", 9)) == 2
    assert [dict(labels)["instance"] for labels in read(store, "big", 10)] == ["a"]


def test_an_error_ends_no_series():
    store = SeriesStore()
    fill(store, 0, a=1.0)
    group = group_of(store, RecordingRuleConfig("all", "x"), limit=1)
    assert group.tick(now=0).errors == ()
    fill(store, 10, a=1.0, b=1.0)
    assert group.tick(now=10).errors == ("record all: exceeded limit of 1 with 2 series",)
    assert len(read(store, "all", 10)) == 1


def test_with_an_offset_the_group_asks_and_writes_that_much_earlier():
    store = SeriesStore()
    fill(store, 0, a=1.0)
    fill(store, 10, a=2.0)
    group = group_of(store, RecordingRuleConfig("late", "x"), query_offset_ns=10)
    group.tick(now=10)
    written = label_set({"__name__": "late", "instance": "a"})
    assert read(store, "late", 0) == {written: 1.0}


@pytest.mark.parametrize(("limit", "states"), [(2, ["firing", "firing"]), (1, [])])
def test_an_alert_with_more_instances_than_the_limit_fails_and_forgets_them(limit, states):
    store = SeriesStore()
    fill(store, 0, a=1.0)
    group = group_of(store, AlertRuleConfig("Up", "x > 0"), limit=limit)
    group.tick(now=0)
    fill(store, 10, a=1.0, b=1.0)
    evaluation = group.tick(now=10)
    assert [one.state.value for one in group.snapshot()] == states
    if not states:
        assert evaluation.errors == ("alert Up: exceeded limit of 1 with 2 alerts",)
        assert evaluation.alerts == ()
        assert {one.state.value for one in evaluation.transitions} == {"inactive"}
