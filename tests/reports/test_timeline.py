"""The incident in words."""

import pytest

from models.base.outcome import RequestOutcome
from reports.timeline import named, timeline
from tests.reports.small_run import WARM_UP_END, S, event, fault, request, small_run

START = 120 * S


def told(*events, **given):
    return [moment.text for moment in timeline(small_run(events=[*events], **given))]


def test_moments_stand_in_order_of_time():
    alert = (START + S, "Errors", "firing", "{}", 1.0)
    moments = timeline(small_run(events=fault(START, START + 9 * S), alerts=[alert]))
    assert [moment.kind for moment in moments] == ["fault", "alert", "fault"]


def test_a_crowd_of_events_is_one_line_with_its_length():
    events = [event(START + i * S, "lease_expired", f"cart-{i}", incarnation=1) for i in range(6)]
    (moment,) = timeline(small_run(events=events))
    assert moment.text == "6 leases expired at the registry: cart-0, cart-1, cart-2 and 3 more"
    assert (moment.lasted, moment.when(WARM_UP_END)) == ("over 5 s", "T+01:00.0")


def test_faults_are_told_by_title_and_deed():
    assert told(*fault(START, START + S, label="faults[0]")) == [
        "Fault starts: zone outage of cart-1 (faults[0])",
        "Fault ends: zone outage of cart-1",
    ]
    assert told(*fault(START, None, label="b lost")) == [
        "Fault starts: b lost (zone outage of cart-1)"
    ]


def test_a_single_event_of_a_crowd_has_no_length():
    (moment,) = timeline(small_run(events=[event(START, "instance_crashed", "web-1", cause="x")]))
    assert (moment.text, moment.lasted) == ("1 instance crashed: web-1", "")


def test_crowds_before_and_after_a_turning_point_are_two_lines():
    events = [
        *fault(START, START + 30 * S),
        event(START + S, "view_added", "cart-1", caller="web-0"),
        event(START + 30 * S, "view_added", "cart-1", caller="web-0"),
    ]
    lines = [text for text in told(*events) if text.startswith("1 entry")]
    assert lines == ["1 entry added to callers' endpoint views: cart-1"] * 2


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            event(START, "page_sent", "on-call", alerts=["Errors", "Down"], status="firing"),
            "Notification sent to on-call: Errors, Down firing",
        ),
        (
            event(START, "page_failed", "on-call", reason="timeout"),
            "Notification to on-call failed: timeout",
        ),
        (
            event(START, "page_muted", "web", alerts=["Slow"], reason="silenced", cause="tests"),
            "web not notified of Slow: silenced (tests)",
        ),
        (
            event(START, "lock_acquired", "leader", owner="a", token=3),
            "a acquired the lock leader with token 3",
        ),
        (event(START, "lock_lost", "leader", owner="a"), "a lost the lock leader"),
        (event(START, "job_skipped", "bill", reason="overlap"), "Job bill skipped: overlap"),
        (event(START, "job_skipped", "bill"), "Job bill skipped: not recorded"),
        (event(START, "budget_exhausted", "events"), "Run stopped: budget of events exhausted"),
        (event(START, "note", "cache flushed by hand"), "cache flushed by hand"),
    ],
)
def test_single_events_in_words(given, text):
    assert told(given) == [text]


def test_events_that_say_too_little_alone_have_no_line():
    assert told(event(START, "instance_registered", "web-0", incarnation=1)) == []


@pytest.mark.parametrize(
    ("state", "words"),
    [("pending", "is pending"), ("firing", "fires"), ("resolved", "is resolved")],
)
def test_alerts_in_words(state, words):
    alert = (START, "Errors", state, '{"service":"web"}', 1.0)
    assert told(alerts=[alert]) == [f"Errors{{service=web}} {words}"]


def test_one_alert_for_many_instances_is_one_line():
    alerts = [
        (START + wait + i * S, "Down", state, f'{{"instance":"web-{i}"}}', 1.0)
        for i in range(3)
        for wait, state in ((0, "pending"), (S // 2, "firing"))
    ]
    assert told(alerts=alerts) == [
        "Down is pending for 3 label sets",
        "Down fires for 3 label sets",
    ]


def test_an_alert_that_comes_back_is_told_each_time():
    moves = [(START + i * S, "Down", state, "{}", 1.0) for i, state in enumerate(["firing"] * 2)]
    assert told(alerts=moves) == ["Down fires", "Down fires"]


def test_alerts_before_and_after_a_turning_point_are_told_apart():
    alerts = [
        (START + i * S, "Down", "firing", f'{{"instance":"web-{i % 2}"}}', 1.0) for i in range(4)
    ]
    lines = told(*fault(START + 2 * S, None), alerts=alerts)
    assert lines.count("Down fires for 2 label sets") == 2


def test_what_users_felt_is_part_of_the_story():
    rows = [
        request(0, START + S, RequestOutcome.FAILED),
        request(1, START + 6 * S),
    ]
    moments = timeline(small_run(events=fault(START, None), requests=rows))
    felt = [(moment.text, moment.time_ns) for moment in moments if moment.kind == "impact"]
    assert felt == [
        ("Users notice: error ratio leaves its usual band", START),
        ("Users are served as before the fault", START + 5 * S),
    ]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (list("abcd"), "a, b, c and d"),
        (list("abcde"), "a, b, c and 2 more"),
    ],
)
def test_names_are_listed_up_to_a_bound(names, text):
    assert named(names) == text
