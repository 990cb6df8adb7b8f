"""The verdict on unit tests of rules, and that it can be the other one."""

from dataclasses import replace

import pytest

from models.alerting.config import AlertRuleConfig, RecordingRuleConfig, RuleGroupConfig
from models.alerting.rule_tests.cases import (
    AlertCase,
    ExpectedAlert,
    ExpressionCase,
    InputSeries,
    RuleTest,
)
from models.alerting.rule_tests.notation import parse_samples
from models.alerting.rule_tests.trial import Trial
from models.base.time import NS_PER_MINUTE, NS_PER_S
from models.telemetry.labels import label_set
from models.telemetry.promql import compile_expression

M = NS_PER_MINUTE
DOWN = RuleGroupConfig("g", (AlertRuleConfig("Down", "up == 0", for_ns=2 * M),))
UP_A = InputSeries(label_set({"__name__": "up", "instance": "a"}), parse_samples("1 0x9"))
FIRING = ExpectedAlert(label_set({"instance": "a"}))


def complaints(*groups, interval_ns=M, is_fuzzy=False, **parts):
    test = RuleTest("t", M, **parts)
    return Trial(test, groups, interval_ns=interval_ns, is_fuzzy=is_fuzzy).run()


@pytest.mark.parametrize(
    ("minute", "alerts", "holds"),
    [(2, (), True), (3, (FIRING,), True), (3, (), False), (2, (FIRING,), False)],
)
def test_only_alerts_that_fire_are_compared(minute, alerts, holds):
    found = complaints(DOWN, series=(UP_A,), alerts=(AlertCase(minute * M, "Down", alerts),))
    assert (found == ()) is holds


def test_a_complaint_says_what_was_expected_and_what_came():
    other = replace(FIRING, labels=label_set({"instance": "b"}))
    (found,) = complaints(DOWN, series=(UP_A,), alerts=(AlertCase(3 * M, "Down", (other,)),))
    assert "alertname: Down, time: 3m" in found
    assert 'exp: Labels:{alertname="Down",instance="b"}' in found
    assert 'got: Labels:{alertname="Down",instance="a"}' in found


def test_annotations_are_compared_too():
    rule = AlertRuleConfig("Down", "up == 0", annotations=(("a", "{{ $value }}"),))
    group = RuleGroupConfig("g", (rule,))
    right = replace(FIRING, annotations=(("a", "0"),))
    wrong = replace(FIRING, annotations=(("a", "1"),))
    assert complaints(group, series=(UP_A,), alerts=(AlertCase(M, "Down", (right,)),)) == ()
    assert complaints(group, series=(UP_A,), alerts=(AlertCase(M, "Down", (wrong,)),))


def test_an_instant_between_two_evaluations_is_judged_by_the_first():
    case = AlertCase(3 * M - NS_PER_S, "Down")
    assert complaints(DOWN, series=(UP_A,), alerts=(case,)) == ()


def ask(text, samples, **options):
    case = ExpressionCase(M, compile_expression(text), samples)
    return complaints(series=(UP_A,), expressions=(case,), **options)


def test_expressions_are_compared_by_labels_and_value():
    labels = UP_A.labels
    assert ask("up", ((labels, 0.0),)) == ()
    assert ask("up", ((labels, 1.0),))
    assert ask("up", ((label_set({"instance": "a"}), 0.0),))
    assert ask("up", ())
    assert ask("gone", ()) == ()
    assert ask("vector(NaN)", (((), float("nan")),))


def test_a_fuzzy_comparison_forgives_the_last_bit_and_no_more():
    text = "0.1 + 0.2"
    assert ask(text, (((), 0.3),))
    assert ask(text, (((), 0.3),), is_fuzzy=True) == ()
    assert ask(text, (((), 0.2999999999),), is_fuzzy=True)


def test_samples_are_there_only_up_to_the_step():
    case = ExpressionCase(M + 59 * NS_PER_S, compile_expression("count_over_time(up[10m])"))
    (found,) = complaints(series=(UP_A,), expressions=(case,))
    assert 'got: {instance="a"} 2.0' in found


def test_an_error_of_a_rule_ends_the_test():
    group = RuleGroupConfig("g", (RecordingRuleConfig("x", "up", (("instance", ""),)),))
    twin = replace(UP_A, labels=label_set({"__name__": "up", "instance": "b"}))
    case = ExpressionCase(0, compile_expression("gone"))
    (found,) = complaints(group, series=(UP_A, twin), expressions=(case,))
    assert "rule error at 0s: record x: two results have the labels" in found
