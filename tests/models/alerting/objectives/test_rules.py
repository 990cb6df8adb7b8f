"""Generated rules: their shape (semantics 5.3), and that they page when the workbook says."""

from dataclasses import replace
from fractions import Fraction

import pytest

from models.alerting.objectives.burn import Severity
from models.alerting.objectives.objective import (
    Alerting,
    ErrorRatio,
    Objective,
    SeverityAlert,
)
from models.alerting.objectives.rules import RuleText, rule_groups
from models.base.errors import ConfigError
from models.base.time import NS_PER_DAY
from models.telemetry.promql import compile_expression

OBJECTIVE = Objective(
    service="shop",
    name="availability",
    target_percent=Fraction("99.9"),
    error_ratio=ErrorRatio(errors="rate(bad[{{.window}}])", total="rate(all[{{.window}}])"),
    labels=(("team", "web"),),
    alerting=Alerting(
        name="ShopErrors",
        labels=(("severity", "none"), ("tier", "1")),
        page=SeverityAlert(Severity.PAGE, labels=(("severity", "page"),)),
        ticket=SeverityAlert(Severity.TICKET, annotations=(("title", "Look at it."),)),
    ),
)
SELECTOR = '{sloth_id="shop-availability", sloth_service="shop", sloth_slo="availability"}'


def rules(objective: Objective = OBJECTIVE) -> dict[str, RuleText]:
    """By name; alerts by their severity."""
    return {
        dict(rule.labels).get("sloth_severity", rule.name)
        if rule.kind == "alert"
        else rule.name: rule
        for group in rule_groups(objective)
        for rule in group.rules
    }


def test_groups_are_named_after_the_objective() -> None:
    assert [group.name for group in rule_groups(OBJECTIVE)] == [
        "sloth-slo-sli-recordings-shop-availability",
        "sloth-slo-meta-recordings-shop-availability",
        "sloth-slo-alerts-shop-availability",
    ]


def test_the_ratio_is_recorded_over_every_window_and_the_period() -> None:
    ratios = rule_groups(OBJECTIVE)[0].rules
    windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"]
    assert [rule.name for rule in ratios] == [f"slo:sli_error:ratio_rate{w}" for w in windows]
    assert [dict(rule.labels)["sloth_window"] for rule in ratios] == windows
    assert ratios[0].expression == "(rate(bad[5m]))\n/\n(rate(all[5m]))"
    assert ratios[0].labels == (
        ("sloth_id", "shop-availability"),
        ("sloth_service", "shop"),
        ("sloth_slo", "availability"),
        ("sloth_window", "5m"),
        ("team", "web"),
    )
    assert ratios[-1].expression == (
        f"sum_over_time(slo:sli_error:ratio_rate5m{SELECTOR}[30d])\n"
        "/ ignoring (sloth_window)\n"
        f"count_over_time(slo:sli_error:ratio_rate5m{SELECTOR}[30d])"
    )


def test_budgets_are_recorded() -> None:
    found = rules()
    assert found["slo:objective:ratio"].expression == "vector(0.999)"
    assert found["slo:error_budget:ratio"].expression == "vector(1-0.999)"
    assert found["slo:time_period:days"].expression == "vector(30)"
    assert found["slo:period_error_budget_remaining:ratio"].expression == (
        f"1 - slo:period_burn_rate:ratio{SELECTOR}"
    )
    assert dict(found["sloth_slo_info"].labels)["sloth_objective"] == "99.9"


def test_a_page_asks_for_both_windows_of_either_pair() -> None:
    assert rules()["page"].expression == (
        "(\n"
        f"    max(slo:sli_error:ratio_rate5m{SELECTOR} > (14.4 * 0.001)) without (sloth_window)\n"
        "    and\n"
        f"    max(slo:sli_error:ratio_rate1h{SELECTOR} > (14.4 * 0.001)) without (sloth_window)\n"
        ")\n"
        "or\n"
        "(\n"
        f"    max(slo:sli_error:ratio_rate30m{SELECTOR} > (6 * 0.001)) without (sloth_window)\n"
        "    and\n"
        f"    max(slo:sli_error:ratio_rate6h{SELECTOR} > (6 * 0.001)) without (sloth_window)\n"
        ")"
    )


def test_labels_and_annotations_of_the_severity_win() -> None:
    found = rules()
    assert found["page"].name == found["ticket"].name == "ShopErrors"
    assert dict(found["page"].labels) == {
        "severity": "page", "sloth_severity": "page", "tier": "1",
    }  # fmt: skip
    assert dict(found["ticket"].labels)["severity"] == "none"
    assert dict(found["ticket"].annotations)["title"] == "Look at it."
    assert dict(found["page"].annotations)["title"].startswith("(page) {{$labels.sloth_service}}")


def test_a_disabled_alert_is_left_out_and_so_is_a_group_without_alerts() -> None:
    page = SeverityAlert(Severity.PAGE, is_disabled=True)
    ticket = SeverityAlert(Severity.TICKET, is_disabled=True)
    without_page = replace(OBJECTIVE, alerting=Alerting(page=page))
    assert "page" not in rules(without_page)
    assert rules(without_page)["ticket"].name == "shop-availability-burns"
    without_any = replace(OBJECTIVE, alerting=Alerting(page=page, ticket=ticket))
    assert len(rule_groups(without_any)) == 2


def test_a_raw_ratio_is_taken_as_it_is() -> None:
    raw = replace(OBJECTIVE, error_ratio=ErrorRatio(raw="ratio[{{.window}}]"))
    assert rule_groups(raw)[0].rules[0].expression == "(ratio[5m])"


def test_every_generated_expression_is_promql() -> None:
    for rule in rules().values():
        assert compile_expression(rule.expression).text == rule.expression


@pytest.mark.parametrize(
    "change",
    [
        {"target_percent": Fraction(0)},
        {"target_percent": Fraction(100)},
        {"period_ns": NS_PER_DAY - 1},
        {"period_ns": NS_PER_DAY + 1},
        {"service": ""},
        {"name": ""},
    ],
)
def test_objectives_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="objective"):
        replace(OBJECTIVE, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("errors", "total", "raw", "message"),
    [
        ("", "", "", "give error and total queries, or one raw ratio"),
        ("a[{{.window}}]", "", "", "give error and total"),
        ("a[{{.window}}]", "b[{{.window}}]", "c[{{.window}}]", "give error and total"),
        ("a[{{.window}}]", "", "c[{{.window}}]", "give error and total"),
        ("a[5m]", "b[{{.window}}]", "", r"'a\[5m\]' has no {{.window}}"),
        ("", "", "c", "'c' has no {{.window}}"),
    ],
)
def test_indicators_that_make_no_sense_are_refused(
    errors: str, total: str, raw: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        ErrorRatio(errors, total, raw)
