"""What the alert page says against the plan of faults, on a run with one of each."""

import pytest

from models.planning.paging import Paging, paging
from models.records.record import RunRecord
from scenarios.cli.alerts_document import alerts_document
from scenarios.load import load
from scenarios.runs.execute import execute

SCENARIO = """
version: 1
scenario: one-of-each
seed: 2
time: {warm_up: 1m, measure: 14m, heal: 1m, settle: 1m}
topology: {zones: [a, b]}
machines: {small: {}}
services:
  web:
    instances: {count: 2, machine: small}
    slots: 20
    endpoints: {GET /: {work: 5ms}}
edges: {users -> web: {timeout: 1s}}
traffic:
  users:
    to: web
    arrivals: {steps: [{for: 2m, rate: 20/s}, {for: 1m, rate: 60/s}, {rate: 20/s}]}
    mix: {GET /: 100%}
faults:
  - {at: 8m, for: 1m, instance_crash: {service: web, count: 1}}
  - {at: 13m, for: 20s, slow: {service: web, factor: 2}}
alerting:
  zone: b
  scrape: {interval: 5s, timeout: 4s}
  evaluation: 5s
  rules:
    - name: g
      rules:
        - {alert: Down, expr: 'up{job="web"} == 0', for: 10s}
        - {alert: Busy, expr: 'sum(rate(http_requests_total{job="web"}[30s])) > 45'}
  objective: {target: 99%, window: 7d}
  notify: {group_by: [alertname], group_wait: 5s}
"""


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    path = tmp_path_factory.mktemp("truth") / "scenario.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return execute(load(path))


@pytest.fixture
def answer(record: RunRecord) -> Paging:
    return paging(record)


def test_the_crash_was_told_and_the_slowness_missed(answer: Paging) -> None:
    assert [one.is_missed for one in answer.faults] == [False, True]
    assert {row.episode.alert for row in answer.faults[0].alerts} == {"Down"}
    assert answer.faults[1].alerts == ()


def test_an_alert_on_a_busy_minute_without_a_fault_is_false(answer: Paging) -> None:
    assert {one.alert for one in answer.false_alerts} == {"Busy"}


def test_machines_are_told_the_same_and_by_which_objective(record: RunRecord) -> None:
    document = alerts_document(record)
    assert document["missed_faults"] == 1
    assert {one["alert"] for one in document["false_alerts"]} == {"Busy"}
    assert document["objective"] == {"target": 0.99, "window_ns": 7 * 24 * 3600 * 10**9}
