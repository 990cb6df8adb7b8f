"""Files of objectives: Sloth's, OpenSLO's, and what is wrong with them."""

from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from models.alerting.objectives.objective import Objective
from models.alerting.objectives.rules import rule_groups
from models.base.errors import SpecError
from models.base.time import NS_PER_DAY
from models.telemetry.promql import compile_expression
from scenarios.objectives.read import read_objectives
from scenarios.objectives.write import rule_file_text
from tests.scenarios.shell import foreshock

SLOTH = """\
version: prometheus/v1
service: shop
labels: {team: web}
slos:
  - name: availability
    objective: 99.9
    labels: {team: cart}
    sli:
      events:
        error_query: sum(rate(bad[{{.window}}]))
        total_query: sum(rate(all[{{.window}}]))
    alerting:
      name: ShopErrors
      ticket_alert: {disable: true}
  - name: latency
    objective: 99
    sli: {raw: {error_ratio_query: "slow[{{.window}}]"}}
"""
OPENSLO = """\
apiVersion: openslo/v1
kind: SLI
metadata: {name: good-requests}
spec:
  ratioMetric:
    good: {metricSource: {type: Prometheus, spec: {query: 'http_ok_total{job="shop"}'}}}
    total: {metricSource: {type: Prometheus, spec: {query: 'http_total{job="shop"}'}}}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: shop}
spec: {description: passed over}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: shop-ok}
spec:
  service: shop
  indicatorRef: good-requests
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.995}]
"""


def read(tmp_path: Path, text: str) -> tuple[Objective, ...]:
    file = tmp_path / "slo.yml"
    file.write_text(text, encoding="utf-8")
    return read_objectives(file)


def test_sloth_says_everything_but_the_period(tmp_path: Path) -> None:
    availability, latency = read(tmp_path, SLOTH)
    assert availability.id == "shop-availability"
    assert availability.target_percent == Fraction("99.9")
    assert dict(availability.labels) == {"team": "cart"}
    assert availability.alerting.name == "ShopErrors"
    assert availability.alerting.ticket.is_disabled
    assert availability.period_ns == 30 * NS_PER_DAY
    assert latency.error_ratio.over("5m") == "(slow[5m])"


def test_openslo_joins_documents_of_one_file(tmp_path: Path) -> None:
    (objective,) = read(tmp_path, OPENSLO)
    assert objective.id == "shop-shop-ok"
    assert objective.target_percent == Fraction("99.5")
    assert objective.period_ns == 28 * NS_PER_DAY
    total, good = (f'sum(increase(http_{w}total{{job="shop"}}[5m]))' for w in ("", "ok_"))
    assert objective.error_ratio.over("5m") == f"(({total})\n-\n({good}))\n/\n({total})"


@pytest.mark.parametrize(
    ("metric", "objective", "expected"),
    [
        (
            "ratioMetric: {bad: $M, total: $M}",
            "{target: 0.9}",
            "(sum(increase(m[5m])))\n/\n(sum(increase(m[5m])))",
        ),
        (
            "ratioMetric: {counter: false, bad: $M, total: $M}",
            "{targetPercent: 90}",
            "(sum(sum_over_time(m[5m])))\n/\n(sum(sum_over_time(m[5m])))",
        ),
        (
            "ratioMetric: {raw: $M, rawType: success}",
            "{target: 0.9}",
            "(1 - avg_over_time((m)[5m:]))",
        ),
        ("ratioMetric: {raw: $M, rawType: failure}", "{target: 0.9}", "(avg_over_time((m)[5m:]))"),
        (
            "thresholdMetric: $M",
            "{target: 0.9, op: lte, value: 0.3}",
            "(1 - avg_over_time(((m) <= bool 0.3)[5m:]))",
        ),
    ],
)
def test_each_kind_of_indicator_becomes_promql(
    tmp_path: Path, metric: str, objective: str, expected: str
) -> None:
    source = "{metricSource: {type: Prometheus, spec: {query: m}}}"
    indicator = metric.replace("$M", source)
    (found,) = read(
        tmp_path,
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: x}\nspec:\n  service: shop\n"
        f"  indicator: {{metadata: {{name: y}}, spec: {{{indicator}}}}}\n"
        "  timeWindow: [{duration: 30d}]\n  budgetingMethod: Occurrences\n"
        f"  objectives: [{objective}]\n",
    )
    assert found.error_ratio.over("5m") == expected
    assert compile_expression(found.error_ratio.over("5m")).text == expected


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("objective: 99.9", "objective: 100", r"slo.yml:6:16: error: slos\[0\].objective: "),
        ("service: shop", "servce: shop", "slo.yml:2:1: error: servce: unknown field"),
        ("name: availability", "title: x", r"slos\[0\].title: unknown field"),
        ("sum(rate(bad[{{.window}}]))", "bad", "slo.yml:1:1: error: .*'bad' has no {{.window}}"),
        ("prometheus/v1", "prometheus/v2", "version: .*prometheus/v1"),
    ],
)
def test_what_is_wrong_with_a_sloth_file_is_located(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        read(tmp_path, SLOTH.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("Ref: good-requests", "Ref: other", "shop-ok: no SLI named 'other' in this file"),
        ("duration: 4w", "duration: 4x", "shop-ok: '4x' is no duration"),
        ("isRolling: true", "isRolling: false", "rolling windows, not calendar"),
        ("Method: Occurrences", "Method: Timeslices", "Occurrences, not Timeslices"),
        ("target: 0.995", "target: 0.9, targetPercent: 90", "a target or a targetPercent"),
        ("type: Prometheus", "type: Datadog", "not from Datadog"),
        ("indicatorRef: good-requests", "description: x", "an indicator or an indicatorRef"),
        ("kind: Service", "kind: Servic", "slo.yml:9:1: error: .*kind 'Servic' is not known"),
        ("good: {metric", "gud: {metric", "slo.yml:6:5: error: .*gud: unknown field"),
    ],
)
def test_what_is_wrong_with_an_openslo_file_is_located(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        read(tmp_path, OPENSLO.replace(before, after))


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no file of objectives"):
        read(tmp_path, "groups: []\n")


def test_what_is_written_is_what_was_generated(tmp_path: Path) -> None:
    groups = [group for one in read(tmp_path, SLOTH) for group in rule_groups(one)]
    written = yaml.safe_load(rule_file_text(groups))["groups"]
    assert [group["name"] for group in written] == [group.name for group in groups]
    for group, text in zip(groups, written, strict=True):
        assert [rule["expr"] for rule in text["rules"]] == [rule.expression for rule in group.rules]
        assert [rule["labels"] for rule in text["rules"]] == [dict(r.labels) for r in group.rules]


def test_the_command_prints_or_writes_the_rule_file(tmp_path: Path) -> None:
    (tmp_path / "slo.yml").write_text(SLOTH, encoding="utf-8")
    printed = foreshock("objectives", "slo.yml", cwd=tmp_path)
    assert printed.returncode == 0
    written = foreshock("objectives", "slo.yml", "--out", "rules.yml", cwd=tmp_path)
    assert written.returncode == 0
    assert (tmp_path / "rules.yml").read_text(encoding="utf-8") == printed.stdout
    (tmp_path / "bad.yml").write_text("a: 1\n", encoding="utf-8")
    assert foreshock("objectives", "bad.yml", cwd=tmp_path).returncode == 2
