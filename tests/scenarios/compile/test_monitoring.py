import pytest

from models.alerting.routing.settings import single_route
from models.base.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_S
from models.records.objective import RequestObjective
from reports.page import render
from scenarios.runs.directory import load as load_run
from scenarios.runs.directory import save
from scenarios.runs.execute import execute
from tests.scenarios.edited import load_edited, messages

RULES = "  rules:\n"
GROUP = "groups:\n- name: availability\n  rules:\n  - {alert: %s, expr: up == 0}\n"


def test_the_pace_of_monitoring_is_as_written(tmp_path):
    monitoring = load_edited(
        tmp_path, ("  evaluation: 5s", "  evaluation: 7s\n  lookback: 1m\n  resend_delay: 30s")
    ).blueprint.monitoring
    assert monitoring.zone == "a"
    assert monitoring.scrape_interval_ns == 5 * NS_PER_S
    assert monitoring.scrape_timeout_ns == 4 * NS_PER_S
    assert monitoring.evaluation_interval_ns == 7 * NS_PER_S
    assert monitoring.lookback_ns == 60 * NS_PER_S
    assert monitoring.resend_delay_ns == 30 * NS_PER_S


def test_notifications_are_as_written(tmp_path):
    alertmanager = load_edited(
        tmp_path,
        (
            "group_by: [alertname], group_wait: 10s}",
            "group_by: [a, b], group_wait: 1s, group_interval: 2s, repeat_interval: 1h,"
            " send_resolved: false, resolve_timeout: 3s}",
        ),
    ).blueprint.monitoring.alertmanager
    assert alertmanager == single_route(
        "on-call",
        group_by=("a", "b"),
        group_wait_ns=NS_PER_S,
        group_interval_ns=2 * NS_PER_S,
        repeat_interval_ns=NS_PER_HOUR,
        send_resolved=False,
        resolve_timeout_ns=3 * NS_PER_S,
    )


def test_an_inline_group_is_read_as_in_a_rule_file(tmp_path):
    (group,) = load_edited(tmp_path).blueprint.monitoring.groups
    (rule,) = group.rules
    assert group.name == "availability"
    assert (rule.name, rule.expression, rule.for_ns) == ("InstanceDown", "up == 0", 10 * NS_PER_S)
    assert rule.labels == (("severity", "page"),)


def test_rule_files_and_inline_groups_come_in_the_order_of_the_list(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "b.yml").write_text(GROUP % "B")
    (tmp_path / "rules" / "a.yml").write_text(GROUP % "A")
    loaded = load_edited(tmp_path, (RULES, "  rules:\n    - rules/*.yml\n"))
    groups = loaded.blueprint.monitoring.groups
    assert [group.rules[0].name for group in groups] == ["A", "B", "InstanceDown"]
    assert [group.name for group in groups] == [
        "availability",
        "availability (2)",
        "availability (3)",
    ]
    assert set(loaded.files) == {"scenario/a.yml", "scenario/b.yml", "index.json"}


def test_problems_of_a_rule_file_are_located_in_it(tmp_path):
    (tmp_path / "r.yml").write_text(
        "groups:\n- name: g\n  rules:\n  - alert: A\n    exp: up == 0\n"
        "  - record: r{}\n    expr: up\n"
    )
    shown = messages(tmp_path, (RULES, "  rules:\n    - r.yml\n"))
    assert [line.split(": ")[0] for line in shown] == ["r.yml:4:5", "r.yml:5:5", "r.yml:6:13"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"[]", "r.yml:1:1"),
        (b"a: [", "r.yml:1:5"),
        (b"\xff", "r.yml:1:1"),
        (b"a: !x 1", "r.yml:1:4"),
    ],
)
def test_a_rule_file_is_read_as_strictly_as_a_scenario(tmp_path, content, place):
    (tmp_path / "r.yml").write_bytes(content)
    shown = messages(tmp_path, (RULES, "  rules:\n    - r.yml\n"))
    assert any(line.startswith(place) for line in shown)


def test_an_expectation_is_not_blamed_for_a_rule_that_could_not_be_read(tmp_path):
    shown = messages(tmp_path, ("expr: up == 0", "expr: up =="))
    assert len(shown) == 1
    assert "alerting.rules[0].rules[0].expr" in shown[0]


@pytest.mark.parametrize(("timeout", "is_fine"), [("5s", True), ("5s1ns", False)])
def test_a_scrape_may_take_its_whole_interval(tmp_path, timeout, is_fine):
    assert (messages(tmp_path, ("timeout: 4s}", f"timeout: {timeout}}}")) == []) is is_fine


@pytest.mark.parametrize("entry", ["3", "[a]", "null"])
def test_an_entry_that_is_neither_file_nor_group_is_refused(tmp_path, entry):
    shown = messages(tmp_path, (RULES, f"  rules:\n    - {entry}\n"))
    assert len(shown) == 1
    assert "expected a file such as rules/*.yml or a rule group" in shown[0]


def test_the_objective_of_the_error_budget_is_as_written_and_kept_with_the_run(tmp_path):
    edit = (RULES, "  objective: {target: 95%, window: 7d}\n" + RULES)
    loaded = load_edited(tmp_path, edit)
    assert loaded.objective == RequestObjective(0.95, 7 * NS_PER_DAY)
    record = execute(loaded)
    assert record.objective == loaded.objective
    save(record, tmp_path / "run", {})
    assert load_run(tmp_path / "run").objective == loaded.objective
    assert "What an objective of 95 % allows in 7 days at the mean load" in render(record)
    assert load_edited(tmp_path).objective == RequestObjective(0.999, 30 * NS_PER_DAY)


@pytest.mark.parametrize("wrong", ["{target: 100%}", "{window: 0s}", "{targt: 99%}"])
def test_an_objective_that_makes_no_sense_is_located(tmp_path, wrong):
    (found,) = messages(tmp_path, (RULES, f"  objective: {wrong}\n{RULES}"))
    assert "alerting.objective" in found


def test_what_templates_know_of_the_outside_is_as_written(tmp_path):
    edit = (RULES, "  external_labels: {dc: eu}\n  external_url: http://prom\n" + RULES)
    monitoring = load_edited(tmp_path, edit).blueprint.monitoring
    assert (monitoring.external_labels, monitoring.external_url) == ((("dc", "eu"),), "http://prom")
