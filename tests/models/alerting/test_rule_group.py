"""A group evaluates its rules in order, at one instant, at multiples of its interval."""

import pytest

from models.alerting.anomaly.config import AnomalyConfig, ChangeConfig
from models.alerting.config import (
    AlertRuleConfig,
    AnomalyRuleConfig,
    MonitoringConfig,
    RuleGroupConfig,
)
from models.alerting.rule_group import RuleGroup
from models.base.errors import ConfigError
from models.base.time import NS_PER_S
from models.telemetry.labels import label_set
from models.telemetry.matchers import named
from models.telemetry.promql.syntax.tokens import ExpressionError
from models.telemetry.series import SeriesStore

MONITORING = MonitoringConfig("a", evaluation_interval_ns=10, lookback_ns=100, resend_delay_ns=30)


def make_group(store, *rules, interval_ns=0, start_ns=0, monitoring=MONITORING):
    group = RuleGroupConfig("g", tuple(rules), interval_ns)
    return RuleGroup(group, monitoring, store, start_ns=start_ns)


def down(value, time_ns=0, instance="shop-0"):
    labels = label_set({"__name__": "up", "instance": instance})
    return {"labels": labels, "time_ns": time_ns, "value": value}


@pytest.fixture
def store():
    return SeriesStore()


def test_evaluations_are_at_multiples_of_the_interval_from_the_start(store):
    group = make_group(store, start_ns=3)
    times = []
    for _ in range(3):
        evaluation = group.tick(now=group.next_deadline())
        times.append(evaluation.time_ns)
    assert times == [3, 13, 23]


def test_before_its_instant_nothing_is_evaluated(store):
    group = make_group(store, start_ns=3)
    assert group.tick(now=2) is None
    assert group.next_deadline() == 3


def test_its_own_interval_wins_over_the_global_one(store):
    group = make_group(store, interval_ns=25)
    group.tick(now=0)
    assert group.next_deadline() == 25


def test_a_late_group_evaluates_once_at_the_latest_instant_that_has_passed(store):
    group = make_group(store)
    evaluation = group.tick(now=39)
    assert (evaluation.time_ns, group.missed, group.next_deadline()) == (30, 3, 40)


def test_a_rule_fires_and_its_alert_is_to_be_sent(store):
    store.append(**down(0.0))
    evaluation = make_group(store, AlertRuleConfig("Down", "up == 0")).tick(now=0)
    assert [move.state.value for move in evaluation.transitions] == ["pending", "firing"]
    (alert,) = evaluation.alerts
    assert alert.labels == label_set({"alertname": "Down", "instance": "shop-0"})


def test_the_lookback_of_monitoring_applies(store):
    store.append(**down(0.0))
    group = make_group(store, AlertRuleConfig("Down", "up == 0"), start_ns=100)
    assert group.tick(now=100).transitions == ()


def test_a_later_rule_sees_what_an_earlier_one_made_of_the_same_instant(store):
    store.append(**down(0.0))
    first = AlertRuleConfig("Down", "up == 0")
    second = AlertRuleConfig("Any", 'ALERTS{alertname="Down",alertstate="firing"} > 0')
    evaluation = make_group(store, first, second).tick(now=0)
    names = [dict(move.labels)["alertname"] for move in evaluation.transitions]
    assert names == ["Down", "Down", "Any", "Any"]


def test_the_series_of_an_alert_ends_with_the_alert(store):
    store.append(**down(0.0))
    group = make_group(store, AlertRuleConfig("Down", "up == 0"))
    group.tick(now=0)
    assert store.instant(named("ALERTS"), now=9)
    store.append(**down(1.0, time_ns=5))
    group.tick(now=10)
    assert not store.instant(named("ALERTS"), now=10)


def test_a_rule_in_error_leaves_its_series_and_the_other_rules_alone(store):
    store.append(**down(0.0))
    clash = AlertRuleConfig("Clash", "up == 0", labels=(("instance", ""),))
    group = make_group(store, clash, AlertRuleConfig("Down", "up == 0"))
    group.tick(now=0)
    store.append(**down(0.0, time_ns=5, instance="shop-1"))
    evaluation = group.tick(now=10)
    assert len(evaluation.errors) == 1
    assert "Clash" in evaluation.errors[0]
    assert [dict(move.labels)["alertname"] for move in evaluation.transitions] == ["Down"] * 2
    still = {dict(one.labels)["alertname"] for one in store.instant(named("ALERTS"), now=10)}
    assert still == {"Clash", "Down"}


def test_a_rule_in_error_sends_nothing_even_when_a_repeat_is_due(store):
    store.append(**down(0.0))
    clash = AlertRuleConfig("Clash", "up == 0", labels=(("instance", ""),))
    group = make_group(store, clash)
    assert len(group.tick(now=0).alerts) == 1
    store.append(**down(0.0, time_ns=5, instance="shop-1"))
    assert group.tick(now=40).alerts == ()


def test_a_snapshot_lists_the_instances_of_every_rule(store):
    store.append(**down(0.0))
    rules = [AlertRuleConfig(name, "up == 0") for name in ("B", "A")]
    group = make_group(store, *rules)
    group.tick(now=0)
    assert [dict(one.labels)["alertname"] for one in group.snapshot()] == ["B", "A"]


def test_an_expression_that_is_no_promql_is_refused(store):
    with pytest.raises(ExpressionError):
        make_group(store, AlertRuleConfig("Down", "rat(up[5m]) > 0"))


def test_a_number_is_one_element_without_labels(store):
    group = make_group(store, AlertRuleConfig("Late", "time() >= bool 0"))
    assert [move.labels for move in group.tick(now=0).transitions] == [(("alertname", "Late"),)] * 2


def test_an_expression_that_fails_on_the_series_is_an_error_of_that_rule_alone(store):
    rules = (AlertRuleConfig("Twice", "up * on() up"), AlertRuleConfig("Down", "up == 0"))
    group = make_group(store, *rules)
    store.append(**down(0.0))
    store.append(**down(0.0, instance="shop-1"))
    evaluation = group.tick(now=0)
    assert evaluation.errors[0].startswith("alert Twice: 1:4: found duplicate series for the match")
    assert {dict(move.labels)["alertname"] for move in evaluation.transitions} == {"Down"}


@pytest.mark.parametrize(
    ("expression", "is_kept"), [("up", False), ("sum_over_time(up[2h])", True), ("up @ 0", True)]
)
def test_the_store_keeps_what_the_expressions_look_back_to(store, expression, is_kept):
    make_group(store, AlertRuleConfig("Any", expression))
    store.append(**down(1.0, time_ns=0))
    store.append(**down(1.0, time_ns=3600 * NS_PER_S))
    assert bool(store.instant(named("up"), now=0)) is is_kept


def test_a_group_needs_an_interval(store):
    with pytest.raises(ConfigError):
        make_group(store, monitoring=MonitoringConfig("a", evaluation_interval_ns=0))


def test_annotations_ask_the_series_at_the_instant_of_the_evaluation(store):
    for time_ns, value in ((0, 1.0), (10, 0.0), (12, 1.0)):
        store.append(**down(value, time_ns))
    note = '{{ query "up" | first | value }} {{ with query "up[" }}{{ end }}'
    group = make_group(store, AlertRuleConfig("Down", "up == 0", annotations=(("a", note),)))
    evaluation = group.tick(now=10)
    ((_, text),) = evaluation.alerts[0].annotations
    assert text.startswith("<error expanding template: 1:42: query: ")
    note = '{{ query "up" | first | value }} {{ query "nope" | len }}'
    group = make_group(store, AlertRuleConfig("Down", "up == 0", annotations=(("a", note),)))
    assert group.tick(now=10).alerts[0].annotations == (("a", "0 0"),)


def test_the_store_keeps_what_annotations_look_back_for(store):
    note = '{{ query "max_over_time(up[1s])" | first | value }}'
    rule = AlertRuleConfig("Down", "up == 0", annotations=(("a", note),))
    group = make_group(store, rule)
    store.append(**down(7.0, 1))
    store.append(**down(0.0, NS_PER_S))
    evaluation = group.tick(now=NS_PER_S)
    assert evaluation.alerts[0].annotations == (("a", "7"),)


def test_an_anomaly_rule_fires_while_a_series_is_unusual(store):
    detector = AnomalyConfig(ChangeConfig(window_ns=20, ratio=0.5), calm_ns=0)
    rule = AnomalyRuleConfig("Jump", "load", for_ns=10, detector=detector)
    group = make_group(store, rule)
    moves = []
    for index, value in enumerate((10.0, 10.0, 14.0, 20.0, 22.0, 22.0)):
        store.append(labels=label_set({"__name__": "load"}), time_ns=index * 10, value=value)
        evaluation = group.tick(now=index * 10)
        moves += [(move.time_ns, move.state.value, move.value) for move in evaluation.transitions]
    assert moves == [(30, "pending", 20.0), (40, "firing", 22.0), (50, "resolved", 22.0)]
