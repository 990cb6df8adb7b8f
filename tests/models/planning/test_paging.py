"""Alerts against the faults a run was given."""

from dataclasses import replace

import pytest

from models.base.outcome import RequestOutcome
from models.base.time import NS_PER_DAY
from models.planning.paging import AFTERMATH_NS, paging
from models.records.objective import RequestObjective
from tests.models.planning.test_alert_history import move, page
from tests.reports.small_run import END, S, event, fault, request, small_run

START, STOP = 100 * S, 150 * S


def judged(*alerts, events=(), requests=(), faults=None):
    plan = fault(START, STOP) if faults is None else faults
    return paging(small_run(alerts=alerts, events=[*plan, *events], requests=requests))


def test_delays_count_from_the_start_of_the_fault():
    answer = judged(
        move(START + 5 * S, "pending"), move(START + 15 * S, "firing"),
        move(STOP + 5 * S, "resolved"), events=[page(START + 20 * S)],
    )  # fmt: skip
    (row,) = answer.faults[0].alerts
    delays = (row.detect_ns, row.fire_ns, row.notify_ns, row.resolve_ns)
    assert delays == (5 * S, 15 * S, 20 * S, 55 * S)
    assert (answer.missed, answer.false_alerts) == (0, ())


def test_a_fault_of_which_nobody_was_told_is_missed_though_an_alert_fired():
    answer = judged(move(START + S, "firing"))
    assert answer.missed == 1
    assert len(answer.faults[0].alerts) == 1


@pytest.mark.parametrize(
    ("began_ns", "is_false"),
    [
        (START - 1, True),
        (START, False),
        (STOP + AFTERMATH_NS, False),
        (STOP + AFTERMATH_NS + 1, True),
    ],
)
def test_an_alert_is_right_from_the_start_of_a_fault_to_the_end_of_its_aftermath(
    began_ns, is_false
):
    answer = judged(move(began_ns, "firing"))
    assert bool(answer.false_alerts) is is_false


def test_an_alert_is_about_the_last_fault_that_had_started():
    plan = fault(START, STOP) + fault(START + 20 * S, STOP, label="second", index=1)
    answer = judged(
        move(START + 19 * S, "firing"), move(START + 20 * S, "firing", i="b"), faults=plan
    )
    assert [len(one.alerts) for one in answer.faults] == [1, 1]


def test_a_false_doubt_that_never_fired_is_no_false_alert():
    assert judged(move(S, "pending"), move(2 * S, "inactive")).false_alerts == ()


def test_pages_are_counted_per_receiver():
    answer = judged(
        events=[page(START + S), page(START + 2 * S, "resolved"), page(START + 3 * S, to="boss")]
    )
    rows = [(r.receiver, r.firing, r.resolved, r.failed, r.first_ns) for r in answer.receivers]
    assert rows == [("on-call", 1, 1, 0, START + S), ("boss", 1, 0, 0, START + 3 * S)]


def test_a_page_by_two_integrations_is_one_by_each():
    ways = [
        event(START + S, "page_sent", "on-call", alerts=["Down"], status="firing", integration=way)
        for way in ("email[0]", "pagerduty[0]")
    ]
    rows = [(r.receiver, r.integration, r.firing) for r in judged(events=ways).receivers]
    assert rows == [("on-call", "email[0]", 1), ("on-call", "pagerduty[0]", 1)]


def test_the_budget_burned_is_bad_requests_over_what_a_month_allows():
    requests = [request(n, START + n * S, RequestOutcome.FAILED) for n in range(3)]
    requests += [request(3 + n, S * n) for n in range(7)]
    (one,) = judged(requests=requests).faults
    assert one.budget_burned == pytest.approx(3 / (10 / END * 30 * NS_PER_DAY * 0.001))


def test_the_budget_is_that_of_the_objective():
    requests = [request(n, START + n * S, RequestOutcome.FAILED) for n in range(3)]
    requests += [request(3 + n, S * n) for n in range(7)]
    record = small_run(requests=requests, events=fault(START, STOP))
    record = replace(record, objective=RequestObjective(0.9, 7 * NS_PER_DAY))
    (one,) = paging(record).faults
    assert one.budget_burned == pytest.approx(3 / (10 / END * 7 * NS_PER_DAY * 0.1))


def test_one_fault_that_was_told_one_missed_and_one_alert_about_nothing():
    plan = fault(START, STOP) + fault(250 * S, 260 * S, label="second", index=1)
    answer = judged(
        move(10 * S, "firing", i="early"),
        move(START + 5 * S, "firing"),
        move(STOP, "resolved"),
        events=[page(START + 6 * S)],
        faults=plan,
    )
    assert [one.is_missed for one in answer.faults] == [False, True]
    assert [dict(one.labels)["i"] for one in answer.false_alerts] == ["early"]
    assert (answer.missed, answer.fired) == (1, 2)


def test_a_run_without_requests_burns_nothing_that_could_be_told():
    assert judged().faults[0].budget_burned is None


def test_a_run_that_nobody_watches_says_so():
    assert not judged().is_watched
    assert judged(move(S, "pending")).is_watched
