"""Dashboards from the file to the report and to Grafana."""

import json
from pathlib import Path

import pytest

from models.planning.queries import store_of
from models.telemetry.promql import compile_expression
from reports.grafana import grafana_json
from reports.page import render
from reports.pages.dashboards import POINTS, dashboard_views
from scenarios.runs.directory import load, save
from scenarios.runs.execute import execute
from tests.scenarios.edited import load_edited, messages

BOARD = """\
dashboards:
  shop:
    title: The shop
    variables: {job: {values: [frontend, catalog]}}
    range: 2m
    panels:
      - {title: Requests, queries: ['sum(rate(http_requests_total{job="$job"}[1m]))'], unit: reqps}
      - title: Up
        type: stat
        queries: ['sum(up{job="${job}"})']
        rules: [{alert: InstancesLost, expr: 'sum(up{job="catalog"}) < 3', for: 15s}]
      - {title: Who, type: table, queries: ['up{job="$job"}'], legend: '{{instance}}'}
prices:
"""
DECLARED = ("prices:\n", BOARD)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory):
    return execute(load_edited(tmp_path_factory.mktemp("board"), DECLARED))


def answers(view):
    return [[(one.labels, list(one.values)) for one in panel.series] for panel in view.panels]


def test_a_panel_shows_what_the_query_gives_when_it_is_asked_directly(record) -> None:
    (view,) = dashboard_views(record)
    end_ns = record.manifest.wall_start_ns + record.manifest.end_ns
    length_ns = 120 * 10**9
    texts = [
        'sum(rate(http_requests_total{job="frontend"}[1m]))',
        'sum(up{job="frontend"})',
        'up{job="frontend"}',
    ]
    for panel, text in zip(view.panels, texts, strict=True):
        direct = compile_expression(text).range(
            store_of(record), start_ns=end_ns - length_ns, end_ns=end_ns,
            step_ns=length_ns // POINTS,
        )  # fmt: skip
        assert panel.series == direct
        assert direct


def test_changing_a_variable_changes_every_panel(record) -> None:
    (before,), (after,) = dashboard_views(record), dashboard_views(record, {"job": "catalog"})
    assert after.chosen == (("job", "catalog"),)
    labels = [line.name for line in after.panels[2].lines]
    assert labels == ["catalog-0", "catalog-1", "catalog-2"]
    assert answers(before)[0] != answers(after)[0]
    assert answers(before)[2] != answers(after)[2]


def test_a_kept_run_still_has_its_dashboards(record, tmp_path: Path) -> None:
    save(record, tmp_path / "run", {})
    assert load(tmp_path / "run").dashboards == record.dashboards


def test_the_report_draws_them(record) -> None:
    text = render(record)
    assert "The shop" in text
    assert "catalog-0" in render(record, {"job": "catalog"}).split('id="dashboards"')[1]


def test_a_run_without_dashboards_has_no_such_section(tmp_path: Path) -> None:
    assert 'id="dashboards"' not in render(execute(load_edited(tmp_path)))


def test_rules_of_panels_run_once_however_often_they_are_written(tmp_path: Path) -> None:
    again = BOARD.replace("prices:", BOARD.split("\n", 1)[1].replace("  shop:", "  second:", 1))
    loaded = load_edited(tmp_path, ("prices:\n", again))
    config = loaded.blueprint.monitoring
    assert config is not None
    names = [rule.name for group in config.groups for rule in group.rules]
    assert names == ["InstanceDown", "InstancesLost"]
    assert len(loaded.dashboards) == 2


def test_a_rule_of_a_panel_fires(record) -> None:
    assert ("InstancesLost", "firing") in [(row[1], row[2]) for row in record.alerts.rows()]


def test_grafana_gets_the_same_bytes_twice_and_the_queries_as_written(tmp_path: Path) -> None:
    (board,) = load_edited(tmp_path, DECLARED).dashboards
    text = grafana_json(board, "two-tier")
    assert text == grafana_json(board, "two-tier")
    whole = json.loads(text)
    assert [panel["type"] for panel in whole["panels"]] == ["timeseries", "stat", "table"]
    assert whole["panels"][1]["targets"][0]["expr"] == 'sum(up{job="${job}"})'
    assert whole["templating"]["list"][1]["query"] == "frontend,catalog"
    assert len({panel["id"] for panel in whole["panels"]}) == 3
    assert whole["uid"] != json.loads(grafana_json(board, "other"))["uid"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("${job}", "${jib}", "unknown variable 'jib', did you mean 'job'?"),
        ("queries: ['sum(up", "queries: ['sum((up", "dashboards.shop.panels[1].queries[0]"),
        ("'up{job=\"$job\"}'", "'up{job=\"$job\"}[5m]'", "not a range vector"),
        ("type: stat", "type: pie", "expected 'timeseries', 'stat' or 'table'"),
        ("values: [frontend, catalog]", "values: [frontend], default: web", "unknown value 'web'"),
        ("for: 15s", "for: soon", "dashboards.shop.panels[1].rules[0].for"),
        ("{values: [frontend, catalog]}", "{}", "a variable has values, or a query"),
        (
            "values: [frontend, catalog]",
            "values: [a], query: 'label_values(job)'",
            "has values, or",
        ),
        ("values: [frontend, catalog]", "query: 'label_value(up, job)'", "write label_values(up"),
        ("values: [frontend, catalog]", "query: 'label_values(up{, job)'", "variables.job.query"),
        ("values: [frontend, catalog]", "query: 'label_values(up{a=\"$b\"}, job)'", "variable 'b'"),
    ],
)
def test_what_is_wrong_with_a_dashboard_is_shown_where_it_stands(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in BOARD
    found = messages(tmp_path, ("prices:\n", BOARD.replace(old, new, 1)))
    assert any(words in message for message in found), found


ASKED = (
    "prices:\n",
    BOARD.replace("values: [frontend, catalog]", "query: 'label_values(up, job)'"),
)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory):
    return execute(load_edited(tmp_path_factory.mktemp("asked"), ASKED))


def test_values_that_are_asked_of_the_run_choose_as_written_ones_do(asked, record) -> None:
    (first,) = dashboard_views(asked)
    assert "catalog" in first.dashboard.variables[0].values
    assert first.chosen == (("job", first.dashboard.variables[0].values[0]),)
    for job in ("frontend", "catalog"):
        (mine,), (theirs,) = (dashboard_views(one, {"job": job}) for one in (asked, record))
        assert answers(mine) == answers(theirs)


def test_grafana_asks_for_the_values_itself(asked) -> None:
    variable = json.loads(grafana_json(asked.dashboards[0], "x"))["templating"]["list"][1]
    assert (variable["type"], variable["query"]["query"]) == ("query", "label_values(up, job)")


def test_a_kept_run_still_asks(asked, tmp_path: Path) -> None:
    save(asked, tmp_path / "run", {})
    assert load(tmp_path / "run").dashboards == asked.dashboards
