"""alerting/payments-incident.yaml: a team's own rules and Alertmanager file in an incident."""

import json
from functools import cache
from pathlib import Path

import scenarios
from models.records.record import RunRecord, Verdict
from scenarios.load import load
from scenarios.runs.execute import RunOptions, execute

LIBRARY = Path(scenarios.__file__).parent / "library"


@cache
def record() -> RunRecord:
    return execute(load(LIBRARY / "alerting/payments-incident.yaml"), RunOptions())


def events(kind: str) -> list[tuple[str, dict]]:
    return [
        (subject, json.loads(detail))
        for _, found, subject, detail in record().events.rows()
        if found == kind
    ]


def test_the_pager_rings_as_the_scenario_claims() -> None:
    assert record().verdict is Verdict.PASSED


def test_only_the_pager_is_told_of_the_errors() -> None:
    told = [who for who, page in events("page_sent") if "CheckoutErrorsHigh" in page["alerts"]]
    assert set(told) == {"on-call"}


def test_the_channel_of_the_team_is_muted_in_the_evening() -> None:
    reasons = {
        page["reason"]
        for who, page in events("page_muted")
        if who == "payments-slack" and page["alerts"] == ["CheckoutErrorsHigh"]
    }
    assert reasons == {"in mute times"}


def test_slowness_is_inhibited_by_the_errors_that_explain_it() -> None:
    causes = [page for _, page in events("page_muted") if page["alerts"] == ["CheckoutSlow"]]
    assert causes[0]["reason"] == "inhibited"
    assert "CheckoutErrorsHigh" in causes[0]["cause"]
