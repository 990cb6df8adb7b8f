"""The failover chapter: times, their words, and the spread of endpoint views."""

import pytest

from models.base.outcome import RequestOutcome
from reports.pages.failover import PLOT_WIDTH, fault_stories
from tests.reports.small_run import S, event, fault, request, small_run

START = 120 * S


def story(*events, requests=()):
    (told,) = fault_stories(small_run(events=[*events], requests=[*requests]))
    return told


def drop(after_ns, caller, target="cart-1"):
    return event(START + after_ns, "view_dropped", target, caller=caller)


def test_spreads_are_by_service_and_the_slowest_stands_first():
    told = story(
        *fault(START, None, targets=("cart-1", "web-1")),
        drop(3 * S, "web-0"),
        drop(5 * S, "shop", target="web-1"),
    )
    assert [(s.service, s.last_ns) for s in told.spreads] == [("web", 5 * S), ("cart", 3 * S)]


def test_the_plot_ends_at_a_round_delay_that_holds_the_last_drop():
    told = story(*fault(START, None), drop(3 * S, "web-0"), drop(5 * S, "web-1"))
    assert told.scale_ns == 8 * S
    assert told.spreads[0].positions == (PLOT_WIDTH * 3 / 8, PLOT_WIDTH * 5 / 8)
    assert [delay for _, delay in told.ticks] == [0, 2 * S, 4 * S, 6 * S, 8 * S]


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([], "no caller dropped a target"),
        ([drop(S, "web-0")], "only 1 of 2 endpoint view entries dropped, the last after 1 s"),
        ([drop(S, "web-0"), drop(S, "web-1")], "2 of 2 endpoint view entries dropped"),
    ],
)
def test_how_complete_the_failover_was_is_said(events, words):
    assert story(*fault(START, None), *events).failover_text == words


def test_a_fault_without_targets_has_nothing_to_fail_over():
    assert (
        story(*fault(START, None, targets=())).failover_text == "the fault has no target instance"
    )


def test_detection_says_whether_anybody_was_notified():
    assert story(*fault(START, None)).detect_text == "nobody was notified"
    page = event(START + S, "page_sent", "on-call", alerts=["A"], status="firing")
    assert story(*fault(START, None), page).detect_text == "until the first notification left"


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ((0, 0), "the error ratio never left its usual band"),
        ((RequestOutcome.FAILED, 0), "until the error ratio stayed in its usual band"),
        ((0, RequestOutcome.FAILED), "not before the next fault or the end of the run"),
        ((), "no request shows it"),
    ],
)
def test_recovery_says_what_the_users_saw(outcomes, words):
    rows = [request(i, START + i * 10 * S, outcome) for i, outcome in enumerate(outcomes)]
    assert story(*fault(START, None), requests=rows).recovery_text == words


def test_a_quiet_run_has_no_story():
    assert fault_stories(small_run()) == ()
