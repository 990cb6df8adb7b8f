"""Alerts on what is unusual, from the scenario to the rule."""

import pytest

from models.alerting.anomaly.config import (
    AnomalyConfig,
    ChangeConfig,
    Direction,
    EwmaConfig,
    SeasonalConfig,
    Sensitivity,
)
from models.base.time import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S
from tests.scenarios.edited import load_edited, messages

RULES = "  rules:\n"


def written(entry):
    return RULES, f"  anomalies:\n    - {entry}\n  rules:\n"


def rule_of(tmp_path, entry):
    groups = load_edited(tmp_path, written(entry)).blueprint.monitoring.groups
    (group,) = [one for one in groups if one.name == "anomalies"]
    return group.rules[0]


def test_an_entry_at_length_is_a_rule_with_its_detector(tmp_path):
    rule = rule_of(
        tmp_path,
        "{alert: Slow, expr: sum(up), ewma: {half_life: 2m}, sensitivity: high, direction: above,"
        " in_a_row: 3, calm: 5s, for: 30s, keep_firing_for: 1m, labels: {severity: page},"
        " annotations: {note: '{{ $value }}'}}",
    )
    assert (rule.name, rule.expression, rule.for_ns) == ("Slow", "sum(up)", 30 * NS_PER_S)
    assert rule.keep_firing_for_ns == NS_PER_MINUTE
    assert (rule.labels, rule.annotations) == ((("severity", "page"),), (("note", "{{ $value }}"),))
    assert rule.detector == AnomalyConfig(
        EwmaConfig(2 * NS_PER_MINUTE),
        Sensitivity.HIGH,
        Direction.ABOVE,
        in_a_row=3,
        calm_ns=5 * NS_PER_S,
    )


@pytest.mark.parametrize(
    ("method", "config"),
    [
        ("", EwmaConfig(10 * NS_PER_MINUTE)),
        (", seasonal: {period: 1h, periods: 3, periods_min: 1, neighbours: 0}",
         SeasonalConfig(NS_PER_HOUR, 3, 0, 1)),
        (", change: {window: 1m, ratio: 2, floor: 5}", ChangeConfig(NS_PER_MINUTE, 2.0, 5.0)),
    ],
)  # fmt: skip
def test_each_method_is_read(tmp_path, method, config):
    assert rule_of(tmp_path, f"{{alert: A, expr: up{method}}}").detector.method == config


def test_the_alerts_are_known_to_expectations_and_the_dispatcher(tmp_path):
    loaded = load_edited(
        tmp_path,
        written("{alert: Odd, expr: up}"),
        ("expect:\n", "expect:\n  - {alert: Odd, fires: never}\n"),
    )
    assert [group.name for group in loaded.blueprint.monitoring.groups][-1] == "anomalies"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{alert: A, expr: 'up['}", "alerting.anomalies[0].expr"),
        ("{alert: A, expr: 'up[1m]'}", "the expression gives a range vector, no vector"),
        ("{alert: A, expr: up, ewma: {}, change: {}}", "one method, not ewma and change"),
        ("{alert: A, expr: up, seasonal: {periods: 1}}", "1 <= periods_min <= periods"),
        ("{alert: A, expr: up, labels: {a: '{{ $x }}'}}", "undefined variable '$x'"),
        ("{alert: A, expr: up, annotations: {a: '{{ if'}}", "template 1:6: unclosed action"),
        ("{alert: A, expr: up, labels: {a-b: c}}", "'a-b' is not the name of a label"),
        ("{alert: A, expr: up, labels: {__name__: c}}", "'__name__' is not the name of a label"),
        ("{alert: A, expr: up, sensitivty: low}", "did you mean 'sensitivity'"),
        ("{alert: A, expr: up, sensitivity: sharp}", "sensitivity"),
        ("{alert: A, expr: up, change: {ratio: 0}}", "alerting.anomalies[0].change.ratio"),
        ("{alert: A, expr: up, in_a_row: 0}", "alerting.anomalies[0].in_a_row"),
        ("{expr: up}", "alert"),
    ],
)
def test_what_makes_no_sense_is_located(tmp_path, entry, message):
    (found,) = messages(tmp_path, written(entry))
    assert message in found
    assert "scenario.yaml:" in found
