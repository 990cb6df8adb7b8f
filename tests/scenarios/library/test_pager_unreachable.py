"""alerting/pager-unreachable: a page that has to wait for Alertmanager, and then for the pager."""

import json
from pathlib import Path

import scenarios
from models.base.time import NS_PER_S
from models.records.events import EventKind
from models.records.record import Verdict
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"
MEASURE_S = 30


def test_the_team_is_told_when_alertmanager_is_and_the_pager_when_it_is_back() -> None:
    run = execute(load(LIBRARY / "alerting/pager-unreachable.yaml"), RunOptions())
    assert run.verdict is Verdict.PASSED
    events = run.events
    rows = list(
        zip(
            (events["time_ns"] / NS_PER_S - MEASURE_S).tolist(),
            events.text("kind"),
            events.text("subject"),
            map(json.loads, events.text("detail")),
            strict=True,
        )
    )
    told: dict[str, float] = {}
    for at, kind, who, how in rows:
        if kind == EventKind.PAGE_SENT and how["alerts"] == ["InstanceDown"]:
            told.setdefault(who, at)
    assert 50 < told["team"] < 70, "the partition ends at 50 s"
    assert 100 < told["pager"] < 140, "its outage ends at 100 s"
    reasons = {how["reason"] for _, kind, who, how in rows if kind == EventKind.PAGE_FAILED}
    assert reasons == {"receiver is down"}
    quiet = [how["alerts"] for _, kind, _, how in rows if kind == EventKind.PAGE_MUTED]
    assert quiet == [["Watchdog"]]
