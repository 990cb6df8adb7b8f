"""alerting/creeping-latency.yaml: what is unusual is told of before it crosses a threshold."""

import json
from functools import cache
from pathlib import Path

import scenarios
from models.base.time import NS_PER_MINUTE, NS_PER_S
from models.planning.alert_history import episodes_of
from models.records.record import RunRecord, Verdict
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"


@cache
def record() -> RunRecord:
    return execute(load(LIBRARY / "alerting/creeping-latency.yaml"), RunOptions())


def first_fired_ns(alert: str) -> int:
    fired = [one.fired_ns for one in episodes_of(record()) if one.alert == alert]
    return min(instant for instant in fired if instant is not None)


def test_the_scenario_is_as_it_claims() -> None:
    assert record().verdict is Verdict.PASSED


def test_the_anomaly_fires_minutes_before_the_threshold_does() -> None:
    assert first_fired_ns("TooSlow") - first_fired_ns("UnusuallySlow") > 3 * NS_PER_MINUTE


def test_nothing_is_unusual_before_anything_happens() -> None:
    fault_ns = record().manifest.phase("measure").start_ns + 9 * NS_PER_MINUTE
    assert first_fired_ns("UnusuallySlow") >= fault_ns - NS_PER_S


def test_the_anomaly_is_routed_like_any_alert() -> None:
    pages = [
        (time_ns, json.loads(detail)["alerts"])
        for time_ns, kind, _, detail in record().events.rows()
        if kind == "page_sent"
    ]
    assert "UnusuallySlow" in pages[0][1]
    assert pages[0][0] >= first_fired_ns("UnusuallySlow") + 10 * NS_PER_S
